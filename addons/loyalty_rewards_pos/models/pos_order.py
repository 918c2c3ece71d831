from odoo import models

from .loyalty_card import TILL, Till


class PosOrder(models.Model):
    """Orders of the till: posted once however often they are sent, refunds follow by the line."""

    _inherit = "pos.order"

    def validate_coupon_programs(self, point_changes, new_codes):
        """What others keep for themselves cannot be spent at the till."""
        answer = super().validate_coupon_programs(point_changes, new_codes)
        changes = {int(card): points for card, points in point_changes.items()}
        cards = self.env["loyalty.card"].browse(changes).exists()
        for card in cards if answer["successful"] else ():
            if card.loyalty_held and card.loyalty_available < -changes[card.id]:
                return {
                    "successful": False,
                    "payload": {
                        "message": self.env._(
                            "There are not enough points for the coupon: %s.", card.code
                        ),
                        "updated_points": {one.id: one.loyalty_available for one in cards},
                    },
                }
        return answer

    def confirm_coupon_programs(self, coupon_data):
        """Move points once: two calls for one order meet on its row, the later finds it done."""
        self.flush_recordset()
        self.env.cr.execute(
            "UPDATE pos_order SET write_date = write_date WHERE id = ANY(%s)", [self.ids]
        )
        costs = self._loyalty_costs(refunds=True)
        data = {
            key: {**values, "points": values["points"] + costs.get(int(key), 0.0)}
            for key, values in coupon_data.items()
        }
        caused = self.with_context(**{TILL: Till(self.id)})
        return super(PosOrder, caused).confirm_coupon_programs(data)

    def action_pos_order_paid(self):
        """Let the points of refunded orders follow what was refunded."""
        result = super().action_pos_order_paid()
        refunded = self.lines.refunded_orderline_id.order_id
        if refunded:
            self.env["loyalty.ledger"].sudo()._follow_refunds(refunded.sudo())
        return result

    def _loyalty_costs(self, refunds=False):
        """Return {card id: points} that reward lines of this order cost.

        :param bool refunds: of the lines that refund others instead: a till asks for their points
            again, though they come back
        """
        costs = {}
        for line in self.lines:
            if line.points_cost and line.coupon_id and bool(line.refunded_orderline_id) == refunds:
                costs[line.coupon_id.id] = costs.get(line.coupon_id.id, 0.0) + line.points_cost
        return costs

    def _loyalty_deserved(self):
        """Return {(card, kind): points} that this order still deserves after its refunds."""
        self.ensure_one()
        entries = self.env["loyalty.ledger.entry"].search(
            [
                ("origin_model", "=", self._name),
                ("origin_id", "=", self.id),
                ("kind", "in", ("earn", "redeem")),
                ("rule_id", "=", False),
                ("card_id", "!=", False),
            ]
        )
        goods = self.lines.filtered(lambda line: not line.is_reward_line)
        rewards = self.lines.filtered("is_reward_line")
        result = {}
        for entry in entries:
            lines = goods
            if entry.kind == "redeem":
                lines = rewards.filtered(lambda line, card=entry.card_id: line.coupon_id == card)
            key = (entry.card_id, entry.kind)
            result[key] = result.get(key, 0.0) + entry.points * lines._loyalty_kept_share()
        return result


class PosOrderLine(models.Model):
    _inherit = "pos.order.line"

    def _loyalty_kept_share(self):
        """Return which share (0 to 1) of these lines was not refunded by paid orders, by value."""
        weigh = "points_cost" if all(self.mapped("is_reward_line")) else "price_subtotal_incl"
        total = kept = 0.0
        for line in self:
            back = sum(
                -refund.qty
                for refund in line.refund_orderline_ids
                if refund.order_id.state in ("paid", "done", "invoiced")
            )
            share = min(max(1 - back / line.qty, 0.0), 1.0) if line.qty else 1.0
            total += abs(line[weigh])
            kept += abs(line[weigh]) * share
        return kept / total if total else 1.0
