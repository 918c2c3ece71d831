from odoo import models


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "prm.sold.through"]

    def _prepare_invoice(self):
        return {
            **super()._prepare_invoice(),
            "prm_partner_id": self.prm_partner_id.id,
            "prm_end_customer_id": self.prm_end_customer_id.id,
        }

    def _get_invoice_grouping_keys(self):
        """Orders through different partners never share an invoice."""
        return [*super()._get_invoice_grouping_keys(), "prm_partner_id", "prm_end_customer_id"]
