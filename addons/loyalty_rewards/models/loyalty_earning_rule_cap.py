from odoo import fields, models


def cap(string, explanation):
    """Return a field for a limit in points; 0 is none."""
    return fields.Float(
        string=string, digits=(16, 4), min_display_digits=2, default=0, help=explanation
    )


class LoyaltyEarningRule(models.Model):
    """How many points a rule gives at most. What was taken back does not count."""

    _inherit = "loyalty.earning.rule"

    cap_event = cap("At Most at Once", "Points for one thing that happens; 0: no limit.")
    cap_day = cap("At Most a Day", "Points of one member for what happens in a day; 0: no limit.")
    cap_month = cap(
        "At Most a Month", "Points of one member for what happens in a month; 0: no limit."
    )
    cap_card = cap("At Most per Member", "Points of one member, in all; 0: no limit.")
    cap_program = cap(
        "At Most in the Program",
        "Points of all members of the program together, in all; 0: no limit.",
    )

    _caps_check = models.Constraint(
        "CHECK (coalesce(cap_event, 0) >= 0 AND coalesce(cap_day, 0) >= 0"
        " AND coalesce(cap_month, 0) >= 0 AND coalesce(cap_card, 0) >= 0"
        " AND coalesce(cap_program, 0) >= 0)",
        "A limit is at least 0; 0 is no limit.",
    )
