from odoo import fields, models


class LoyaltyProgram(models.Model):
    """What the tiers of a program count, and how long a tier stays."""

    _inherit = "loyalty.program"

    loyalty_tier_ids = fields.One2many("loyalty.tier", "program_id", string="Tiers")
    loyalty_tier_basis = fields.Selection(
        [("status", "Status points"), ("spend", "Amount spent")],
        string="Tiers Count",
        default="status",
        help="Status points: every earned point gives one, unless its rule says otherwise. "
        "Amount spent: what was invoiced and paid, without taxes, less refunds.",
    )
    loyalty_tier_window = fields.Selection(
        [
            ("months", "The last months"),
            ("year", "This calendar year"),
            ("ever", "Since the beginning"),
        ],
        string="Counted in",
        default="months",
    )
    loyalty_tier_months = fields.Integer(
        string="Number of Months", default=12, help="Months that count, up to today."
    )
    loyalty_tier_validity = fields.Integer(
        string="A Tier Stays for",
        default=3,
        help="Months for which a member keeps the tier after its keep threshold is no longer met.",
    )
    loyalty_tier_grace = fields.Integer(
        string="Grace", default=14, help="Days after that in which the tier can still be saved."
    )
    loyalty_tier_notice = fields.Integer(
        string="Notice",
        default=30,
        help="Nobody loses a tier before having been told for so many days.",
    )
    loyalty_tier_policy = fields.Selection(
        [
            ("one_down", "To the next tier below"),
            ("to_earned", "To the tier that is earned"),
            ("none", "Never"),
        ],
        string="Members Drop",
        default="one_down",
    )

    _tier_window_check = models.Constraint(
        "CHECK (coalesce(loyalty_tier_months, 1) BETWEEN 1 AND 120)",
        "Tiers count 1 to 120 months.",
    )
    _tier_time_check = models.Constraint(
        "CHECK (coalesce(loyalty_tier_validity, 0) BETWEEN 0 AND 120"
        " AND coalesce(loyalty_tier_grace, 0) BETWEEN 0 AND 365"
        " AND coalesce(loyalty_tier_notice, 0) BETWEEN 0 AND 365)",
        "A tier stays for 0 to 120 months; grace and notice are 0 to 365 days.",
    )
