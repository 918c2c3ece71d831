from odoo import models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _action_confirm(self):
        done = super()._action_confirm()
        self.env["relationship.interaction"]._record(
            [order._prepare_interaction("order_confirmed") for order in self]
        )
        return done

    def _prepare_interaction(self, kind):
        """Return what is recorded of this order: an event of this kind, once an order."""
        self.ensure_one()
        from_shop = "website_id" in self._fields and self.website_id
        return {
            "kind": kind,
            "contact_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "channel": "web" if from_shop else None,
            "amount": self.amount_untaxed,
            "currency_id": self.currency_id.id,
            "res_model": self._name,
            "res_id": self.id,
            "external_ref": f"sale.order,{self.id},{kind.removeprefix('order_')}",
            "payload": {"total": self.amount_total},
            "summary": self.name,
        }
