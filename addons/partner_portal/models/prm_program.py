from odoo import fields, models


class PrmProgram(models.Model):
    """What a program says about deal registrations."""

    _inherit = "prm.program"

    existing_customers = fields.Selection(
        [
            ("refuse", "Refuse"),
            ("new_category", "New Categories Only"),
            ("allow", "Allow"),
        ],
        string="Deals with Existing Customers",
        required=True,
        default="new_category",
        help="May partners register deals with customers that bought in the last 24 months? Refuse:"
        " refused at once, in neutral words. New Categories Only: a person looks at those for"
        " categories that the customer bought already, or for every product. Allow: it plays no"
        " part.",
    )
    deal_auto_approve = fields.Boolean(
        "Approve Late Deals",
        tracking=True,
        help="A deal that nobody decided a working day after it was escalated is approved by"
        " itself, if the conflict check found nothing and no rule asks for several approvals.",
    )
    deal_daily_limit = fields.Integer(
        "Registrations a Day",
        default=20,
        help="How many a partner may submit in the portal on one day, refused ones included."
        " 0: no limit.",
    )
    deal_resubmit_limit = fields.Integer(
        "Tries Again",
        default=2,
        help="How often a partner may register a customer again that was refused or withdrawn.",
    )

    _deal_limits = models.Constraint(
        "CHECK (deal_daily_limit >= 0 AND deal_resubmit_limit >= 0)",
        "The limits of deal registrations can't be negative.",
    )
