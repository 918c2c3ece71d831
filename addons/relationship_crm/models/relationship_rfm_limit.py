from odoo import fields, models

from .relationship_profile import KINDS


class RelationshipRfmLimit(models.Model):
    """Where the five classes of recency, frequency and amount part, fixed for a month."""

    _name = "relationship.rfm.limit"
    _description = "RFM Limits"
    _order = "month desc, company_id, kind"
    _rec_name = "month"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade", index=True
    )
    kind = fields.Selection(KINDS, required=True, readonly=True)
    month = fields.Date(required=True, readonly=True, help="First day of the month.")
    base = fields.Integer(string="Customers Ranked", readonly=True)
    limits = fields.Json(
        readonly=True,
        help="For each of r, f and m the highest value of the classes 1 to 4; r in days since "
        "1970-01-01.",
    )

    _month_unique = models.Constraint(
        "UNIQUE (company_id, kind, month)", "The limits of a month are fixed once."
    )
