from odoo import api, models
from odoo.exceptions import UserError

from .loyalty_card import CAUSE, Cause


class SaleOrderLine(models.Model):
    """Reward lines of a confirmed order take and give back points when they are edited."""

    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        self._loyalty_check_costs(vals_list)
        orders = {vals.get("order_id") for vals in vals_list if vals.get("points_cost")}
        if len(orders) != 1 or not all(orders):
            return super().create(vals_list)
        caused = self._loyalty_caused_by(orders.pop())
        return super(SaleOrderLine, caused).create(vals_list).with_env(self.env)

    def write(self, vals):
        self._loyalty_check_costs([vals])
        if "points_cost" not in vals or len(self.order_id) != 1:
            return super().write(vals)
        return super(SaleOrderLine, self._loyalty_caused_by(self.order_id.id)).write(vals)

    def unlink(self):
        if not self.coupon_id or len(self.order_id) != 1:
            return super().unlink()
        order = self.order_id
        result = super(SaleOrderLine, self._loyalty_caused_by(order.id)).unlink()
        order._loyalty_hold()
        return result

    def _loyalty_check_costs(self, vals_list):
        """Refuse rewards that cost less than nothing: they would give points to whoever sells."""
        if not self.env.su and any((vals.get("points_cost") or 0) < 0 for vals in vals_list):
            raise UserError(self.env._("A reward costs no less than 0 points."))

    def _loyalty_caused_by(self, order_id):
        """Return the lines so that changes of points name the order; the net of it is posted."""
        cause = Cause(kind="redeem", origin_model="sale.order", origin_id=order_id, net=True)
        return self.with_context(**{CAUSE: cause})

    def _loyalty_kept_share(self):
        """Return which share (0 to 1) of this line no posted credit note has given back.

        A line lowered after it had been invoiced only follows its credit notes.
        """
        self.ensure_one()
        credited = sum(
            line.quantity
            for line in self.invoice_lines
            if line.move_id.move_type == "out_refund" and line.move_id._loyalty_counts()
        )
        billed = sum(
            line.quantity
            for line in self.invoice_lines
            if line.move_id.move_type == "out_invoice" and line.move_id.state == "posted"
        )
        whole = max(self.product_uom_qty, billed)
        return min(max(1 - credited / whole, 0.0), 1.0) if whole else 1.0
