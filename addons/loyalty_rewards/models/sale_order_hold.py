from odoo import fields, models

#: context key: orders are being confirmed
CONFIRM = "loyalty_confirm"


class SaleOrder(models.Model):
    """A draft order keeps the points of the rewards claimed in it for half an hour."""

    _inherit = "sale.order"

    loyalty_hold_ids = fields.One2many(
        "loyalty.ledger.hold",
        "order_id",
        string="Holds on Points",
        readonly=True,
        copy=False,
        groups="relationship_crm.group_user,relationship_crm.group_auditor",
    )

    def _get_real_points_for_coupon(self, coupon, post_confirm=False):
        """What others keep for themselves cannot be spent in this order."""
        points = super()._get_real_points_for_coupon(coupon, post_confirm=post_confirm)
        if self.state in ("sale", "done") or not coupon.program_id.loyalty_has_ledger:
            return points
        if self.env.context.get(CONFIRM) and coupon not in self.order_line.coupon_id:
            # It takes none of them, so what others keep does not matter. Only core's hint that
            # rewards are left may count them too; whoever claims one is told.
            return points
        held = coupon.loyalty_held
        if held:
            held = coupon._loyalty_held_now(but=self.ids).get(coupon.id, 0.0)
        return coupon.currency_id.round(points - held)

    def _apply_program_reward(self, reward, coupon, **kwargs):
        status = super()._apply_program_reward(reward, coupon, **kwargs)
        self._loyalty_hold()
        return status

    def _update_programs_and_rewards(self):
        result = super()._update_programs_and_rewards()
        for order in self:
            order._loyalty_hold()
        return result

    def action_confirm(self):
        confirmed = super(SaleOrder, self.with_context(**{CONFIRM: True}))
        result = confirmed.action_confirm()
        self._loyalty_release()
        return result

    def _action_cancel(self):
        result = super()._action_cancel()
        self._loyalty_release()
        return result

    def _loyalty_hold(self):
        """Keep the points that this draft order takes beyond what it earns itself."""
        self.ensure_one()
        if self.state not in ("draft", "sent") or not self.id:
            return
        wanted = {}
        for line in self.order_line.filtered(lambda line: line.reward_id and line.coupon_id):
            wanted[line.coupon_id] = wanted.get(line.coupon_id, 0.0) + line.points_cost
        if not wanted and not self.sudo().loyalty_hold_ids:
            return
        for entry in self.coupon_point_ids:
            card = entry.coupon_id
            if card in wanted and card.program_id.applies_on != "future":
                wanted[card] -= entry.points
        covered = {
            card.sudo(): points
            for card, points in wanted.items()
            if card.sudo().program_id.loyalty_has_ledger
        }
        self.env["loyalty.ledger.hold"].sudo()._hold(covered, self.sudo())

    def _loyalty_release(self):
        """End the holds of orders that are drafts no more."""
        self.sudo().filtered(
            lambda order: order.state not in ("draft", "sent")
        ).loyalty_hold_ids.unlink()
