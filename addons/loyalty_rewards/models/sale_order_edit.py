from odoo import api, models

#: the orders whose lines this transaction has changed
EDITED = "loyalty.edited.orders"
#: what of a line decides about amount and units
MEASURES = frozenset(
    "product_id product_uom_qty product_uom_id price_unit discount tax_ids is_downpayment".split()
)


class SaleOrderLine(models.Model):
    """Lines of confirmed orders that change: what earning rules gave for the order follows."""

    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.order_id._loyalty_note_edited()
        return lines

    def write(self, vals):
        result = super().write(vals)
        if MEASURES & set(vals):
            self.order_id._loyalty_note_edited()
        return result

    def unlink(self):
        orders = self.order_id
        result = super().unlink()
        orders._loyalty_note_edited()
        return result


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _loyalty_note_edited(self):
        """Look at the points of those of these orders that are confirmed, once, at the commit."""
        confirmed = self.filtered(lambda order: order.state == "sale")
        if not confirmed:
            return
        precommit = self.env.cr.precommit
        if EDITED not in precommit.data:
            precommit.data[EDITED] = set()
            precommit.add(self.env(su=True)[self._name]._loyalty_follow_edited)
        precommit.data[EDITED].update(confirmed.ids)

    @api.model
    def _loyalty_follow_edited(self):
        """Let points follow the orders that this transaction has changed."""
        orders = self.browse(sorted(self.env.cr.precommit.data.pop(EDITED, ()))).exists()
        self.env["loyalty.ledger"]._follow_orders(orders)
