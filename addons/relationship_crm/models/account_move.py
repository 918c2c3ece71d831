from odoo import fields, models

from .sale_order import COMMERCIAL_DOMAIN


class AccountMove(models.Model):
    _inherit = "account.move"

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
