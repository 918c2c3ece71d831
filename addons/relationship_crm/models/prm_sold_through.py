from odoo import fields, models

#: who may be named on a document: companies, and persons who belong to none
COMMERCIAL_DOMAIN = "['|', ('is_company', '=', True), ('parent_id', '=', False)]"


class PrmSoldThrough(models.AbstractModel):
    """A document of a sale that a partner may have brought or made."""

    _name = "prm.sold.through"
    _description = "Sold Through a Partner"

    prm_partner_id = fields.Many2one(
        "res.partner",
        string="Sold Through",
        domain=COMMERCIAL_DOMAIN,
        check_company=True,
        groups="base.group_user",
        index="btree_not_null",
        help="The partner who brought or made this sale. It counts for that partner's sales.",
    )
    prm_end_customer_id = fields.Many2one(
        "res.partner",
        string="End Customer",
        domain=COMMERCIAL_DOMAIN,
        check_company=True,
        groups="base.group_user",
        index="btree_not_null",
        help="Who will use it, when that is not the customer of this document.",
    )
