from odoo import fields, models


class PrmDealClaim(models.Model):
    """A deal registration names its customer by this key."""

    _name = "prm.deal.claim"
    _description = "Deal Registration Claim"
    _rec_name = "key_id"

    deal_id = fields.Many2one(
        "prm.deal", "Deal Registration", required=True, index=True, ondelete="cascade"
    )
    key_id = fields.Many2one(
        "prm.claim.key", "Claim Key", required=True, index=True, ondelete="restrict"
    )
    kind = fields.Selection(related="key_id.kind")
    weight = fields.Integer(
        readonly=True,
        help="How surely the contact is the customer, where the deal is not linked to it.",
    )
    company_id = fields.Many2one(related="deal_id.company_id", store=True)

    _deal_key_unique = models.Constraint(
        "UNIQUE (deal_id, key_id)", "A deal registration claims a key once."
    )
