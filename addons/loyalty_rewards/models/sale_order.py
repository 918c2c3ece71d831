from odoo import models

from .loyalty_card import CAUSE, PARTS


class SaleOrder(models.Model):
    """Orders tell the ledger what a change of points consists of."""

    _inherit = "sale.order"

    def _get_point_changes(self):
        """Give core the cards with the parts of their change in the context.

        Core adds the changes when it confirms, and subtracts them when the orders are cancelled.
        """
        parts = {}
        for order in self:
            for kind, card, points in order._loyalty_moves():
                parts.setdefault(card, []).append(order._prepare_loyalty_part(kind, points))
        return {
            card.with_context(**{PARTS: tuple(parts.get(card, ()))}): change
            for card, change in super()._get_point_changes().items()
        }

    def _loyalty_moves(self):
        """Return what this order does to cards: (kind, card, points), earned before redeemed."""
        self.ensure_one()
        moves = [("earn", entry.coupon_id, entry.points) for entry in self.coupon_point_ids]
        costs = {}
        for line in self.order_line.filtered("reward_id"):
            if line.coupon_id:
                costs[line.coupon_id] = costs.get(line.coupon_id, 0.0) + line.points_cost
        return moves + [("redeem", card, -cost) for card, cost in costs.items()]

    def _prepare_loyalty_part(self, kind, points):
        """Return a part as a posting: of the order, or taking it back when it was cancelled."""
        part = {"kind": kind, "points": points, "origin_model": self._name, "origin_id": self.id}
        if self.state == "cancel":
            part.update(kind="reverse", points=-points, undo=kind)
        elif points * (1 if kind == "earn" else -1) < 0:
            part["kind"] = "adjust"
        return part

    def _add_points_for_coupon(self, coupon_points):
        """Name this order as the cause of points that core gives at once, once it is confirmed."""
        if self.state == "sale":
            cause = {"kind": "earn", "origin_model": self._name, "origin_id": self.id}
            coupon_points = {
                card.with_context(**{CAUSE: cause if points > 0 else None}): points
                for card, points in coupon_points.items()
            }
        return super()._add_points_for_coupon(coupon_points)

    def _program_check_compute_points(self, programs):
        """Programs that earn by events give no points in orders; their rewards stay."""
        result = super()._program_check_compute_points(programs)
        for program, status in result.items():
            if program.loyalty_earn_by == "event" and "points" in status:
                status["points"] = [0]
        return result
