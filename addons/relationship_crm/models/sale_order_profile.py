from odoo import models


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "relationship.need.shown"]

    def _action_cancel(self):
        """A cancelled order is no purchase any more."""
        confirmed = self.filtered(lambda order: order.state == "sale")
        self.env["relationship.profile"]._touch(
            {(order.partner_id.id, order.company_id.id) for order in confirmed}
        )
        return super()._action_cancel()
