from odoo import fields, models

#: who may be named on a document: companies, and persons who belong to none
COMMERCIAL_DOMAIN = "['|', ('is_company', '=', True), ('parent_id', '=', False)]"


class SaleOrder(models.Model):
    _inherit = "sale.order"

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

    def _prepare_invoice(self):
        return {
            **super()._prepare_invoice(),
            "prm_partner_id": self.prm_partner_id.id,
            "prm_end_customer_id": self.prm_end_customer_id.id,
        }

    def _get_invoice_grouping_keys(self):
        """Orders through different partners never share an invoice."""
        return [*super()._get_invoice_grouping_keys(), "prm_partner_id", "prm_end_customer_id"]
