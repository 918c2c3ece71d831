from odoo import fields, models

#: how a limit in points is kept and shown
DIGITS = (16, 4)


class LoyaltyEarningRule(models.Model):
    """How many points a rule gives at most. What was taken back does not count."""

    _inherit = "loyalty.earning.rule"

    cap_event = fields.Float(
        "At Most at Once",
        digits=DIGITS,
        min_display_digits=2,
        default=0,
        help="Points for one thing that happens; 0: no limit.",
    )
    cap_day = fields.Float(
        "At Most a Day",
        digits=DIGITS,
        min_display_digits=2,
        default=0,
        help="Points of one member for what happens in a day; 0: no limit.",
    )
    cap_month = fields.Float(
        "At Most a Month",
        digits=DIGITS,
        min_display_digits=2,
        default=0,
        help="Points of one member for what happens in a month; 0: no limit.",
    )
    cap_card = fields.Float(
        "At Most per Member",
        digits=DIGITS,
        min_display_digits=2,
        default=0,
        help="Points of one member, in all; 0: no limit.",
    )
    cap_program = fields.Float(
        "At Most in the Program",
        digits=DIGITS,
        min_display_digits=2,
        default=0,
        help="Points of all members of the program together, in all; 0: no limit.",
    )

    _caps_check = models.Constraint(
        "CHECK (coalesce(cap_event, 0) >= 0 AND coalesce(cap_day, 0) >= 0"
        " AND coalesce(cap_month, 0) >= 0 AND coalesce(cap_card, 0) >= 0"
        " AND coalesce(cap_program, 0) >= 0)",
        "A limit is at least 0; 0 is no limit.",
    )
