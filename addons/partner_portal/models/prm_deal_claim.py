from odoo import fields, models


class PrmDealClaim(models.Model):
    """A deal registration's hold on one strong key of its customer.

    `holder_id` is empty while the deal is undecided and the deal's partner while it is approved.
    The foreign key over (`key_id`, `holder_id`) then ties it to the one holder that the key can
    have. It is a plain number for the ORM, and follows a merge of partners by ON UPDATE CASCADE.
    """

    _name = "prm.deal.claim"
    _description = "Deal Registration Claim"
    _rec_name = "key_id"

    deal_id = fields.Many2one(
        "prm.deal", "Deal registration", required=True, index=True, ondelete="cascade"
    )
    key_id = fields.Many2one(
        "prm.claim.key", "Claim key", required=True, index=True, ondelete="restrict"
    )
    kind = fields.Selection(related="key_id.kind")
    company_id = fields.Many2one(related="deal_id.company_id", store=True)
    holder_id = fields.Integer(readonly=True)

    _deal_key_unique = models.Constraint(
        "UNIQUE (deal_id, key_id)", "A deal registration claims a key once."
    )
    # holder first: Odoo takes a foreign key whose first column is key_id for that field's own, and
    # would replace it
    _holder_fk = models.Constraint(
        "FOREIGN KEY (holder_id, key_id) REFERENCES prm_claim_key (holder_id, id)"
        " ON UPDATE CASCADE",
        "This customer is registered by another partner already.",
    )
