from odoo import models

#: whose purchase an order is
OWNER = {"partner_id", "company_id"}


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "relationship.need.shown"]

    def write(self, vals):
        """A purchase that is given to another customer leaves the former one."""
        if OWNER & vals.keys():
            self._touch_customers()
        return super().write(vals)

    def _action_cancel(self):
        """A cancelled order is no purchase any more."""
        self._touch_customers()
        return super()._action_cancel()

    def _touch_customers(self):
        """Let the profiles of the customers of confirmed orders be refreshed."""
        self.env["relationship.profile"]._touch(
            {(order.partner_id.id, order.company_id.id) for order in self if order.state == "sale"}
        )
