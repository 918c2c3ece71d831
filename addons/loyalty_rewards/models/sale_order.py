from odoo import models
from odoo.tools import SQL

from .loyalty_card import CAUSE, PARTS, Cause, Parts

#: states of an invoice that nobody owes anything of
PAID = ("paid", "in_payment", "reversed")

#: orders with a line that posted invoices have not billed in full, whatever was credited since
UNBILLED = """
    SELECT DISTINCT line.order_id
      FROM sale_order_line line
      JOIN sale_order document ON document.id = line.order_id
      LEFT JOIN product_product product ON product.id = line.product_id
      LEFT JOIN product_template template ON template.id = product.product_tmpl_id
      LEFT JOIN uom_uom ours ON ours.id = line.product_uom_id
      LEFT JOIN LATERAL (
          SELECT sum(part.quantity * coalesce(theirs.factor / ours.factor, 1)
                     * CASE WHEN move.move_type = 'out_invoice' THEN 1 ELSE -1 END) AS quantity
            FROM sale_order_line_invoice_rel link
            JOIN account_move_line part ON part.id = link.invoice_line_id
            JOIN account_move move ON move.id = part.move_id AND move.state = 'posted'
             AND (move.move_type = 'out_invoice' OR move.move_type = 'out_refund'
                  AND move.id <= coalesce(document.loyalty_former_move, 0))
            LEFT JOIN uom_uom theirs ON theirs.id = part.product_uom_id
           WHERE link.order_line_id = line.id
      ) billed ON true
     WHERE line.order_id = ANY(%(orders)s) AND line.display_type IS NULL
       AND NOT coalesce(line.is_downpayment, false) AND coalesce(template.type, '') <> 'combo'
       AND round((coalesce(billed.quantity, 0) - line.product_uom_qty)::numeric, 5) < 0
"""


class SaleOrder(models.Model):
    """Orders tell the ledger what a change of points consists of."""

    _inherit = "sale.order"

    def _get_point_changes(self):
        """Give core the cards with the parts of their change in the context.

        Core adds the changes when it confirms, and subtracts them when the orders are cancelled.
        """
        parts, less = {}, {}
        for order in self:
            for kind, card, points in order._loyalty_moves_left():
                parts.setdefault(card, []).append(order._prepare_loyalty_part(kind, points))
            for card, points in order._loyalty_taken_back().items():
                less[card] = less.get(card, 0.0) + points
        return {
            card.with_context(**{PARTS: Parts(parts.get(card, ()))}): change - less.get(card, 0.0)
            for card, change in super()._get_point_changes().items()
        }

    def _loyalty_taken_back(self):
        """Return {card: points} of a cancelled order that refunds have settled before.

        Core subtracts all that the order gave, and gives back all that it took; what a refund has
        taken back or returned already must not move a second time.
        """
        if self.state != "cancel":
            return {}
        moved, left = {}, {}
        for moves, total in ((self._loyalty_moves(), moved), (self._loyalty_moves_left(), left)):
            for _kind, card, points in moves:
                total[card] = total.get(card, 0.0) + points
        return {card: points - left.get(card, 0.0) for card, points in moved.items()}

    def _loyalty_moves_left(self):
        """Return the moves of :meth:`_loyalty_moves`, of a cancelled order those not settled yet.

        What the ledger does not know (orders from before it) counts in full.
        """
        moves = self._loyalty_moves()
        if self.state != "cancel" or not moves:
            return moves
        ledger = self.env["loyalty.ledger"].sudo()
        ledger._flush_buffer()
        causes = {(card.id, self._name, self.id, kind) for kind, card, _points in moves}
        known = ledger._reversible(causes)
        result = []
        for kind, card, points in moves:
            shares = known.get((card.id, self._name, self.id, kind))
            if shares is not None:
                room = float(sum(left for _entry, left in shares))
                points = min(points, room) if points > 0 else max(points, -room)
            result.append((kind, card, points))
        return result

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
            cause = Cause(kind="earn", origin_model=self._name, origin_id=self.id)
            coupon_points = {
                card.with_context(**{CAUSE: cause if points > 0 else None}): points
                for card, points in coupon_points.items()
            }
        return super()._add_points_for_coupon(coupon_points)

    def _program_check_compute_points(self, programs):
        """Programs that earn by events give no points in orders; their rewards stay.

        A wallet is still topped up: that is not earned, it was paid for.
        """
        result = super()._program_check_compute_points(programs)
        for program, status in result.items():
            if program._loyalty_earns_by_events() and "points" in status:
                status["points"] = [0]
        return result

    # ------------------------------------------------------------ refunds

    def _loyalty_deserved(self):
        """Return {(card, kind): points} that this order still deserves after its credit notes.

        What it earned stays for the share that was not refunded; a reward costs points as far as
        its line was not credited. Kind is ``earn`` (above zero) or ``redeem`` (below zero).
        """
        self.ensure_one()
        if self.state != "sale":
            return {}
        kept = 1 - self._loyalty_refunded_share()
        result = {}
        for entry in self.coupon_point_ids:
            key = (entry.coupon_id, "earn")
            result[key] = result.get(key, 0.0) + entry.points * kept
        for line in self.order_line.filtered(lambda line: line.reward_id and line.coupon_id):
            key = (line.coupon_id, "redeem")
            result[key] = result.get(key, 0.0) - line.points_cost * line._loyalty_kept_share()
        return result

    # ------------------------------------------------------------ earning rules

    def _action_cancel(self):
        """Take back what earning rules gave for orders that are cancelled."""
        result = super()._action_cancel()
        rules = self.env["loyalty.earning.rule"].sudo()
        rules._take_back_documents({(self._name, id_) for id_ in self.ids})
        return result

    def _loyalty_base_amount(self):
        """Return the amount that earns, in the currency of the order: paid for goods, no tax."""
        self.ensure_one()
        lines = self.order_line.filtered(
            lambda line: (
                not line.display_type
                and not line.is_downpayment
                and not line.reward_id.program_id.is_payment_program
            )
        )
        return max(sum(lines.mapped("price_subtotal")), 0.0)

    def _loyalty_refunded_share(self):
        """Return which share (0 to 1) of the order has been refunded by posted credit notes.

        An order that was lowered after it had been invoiced is refunded of what was invoiced: it
        only follows its credit notes. Those of earlier confirmations do not count, nor what moves
        bill or give back of other orders.
        """
        self.ensure_one()
        former = self.sudo().loyalty_former_move
        moves = self.invoice_ids
        invoices = moves.filtered(
            lambda move: move.move_type == "out_invoice" and move.state == "posted"
        )
        refunds = moves.filtered(lambda move: move.move_type == "out_refund")
        old = refunds.filtered(lambda move: move.id <= former)
        refunds -= old
        old = old.filtered(lambda move: move.state == "posted")
        currency = self.currency_id
        billed = invoices._loyalty_sum(currency, self) - old._loyalty_sum(currency, self)
        return refunds._loyalty_share_of(max(self._loyalty_base_amount(), billed), currency, self)

    def _loyalty_paid(self):
        """Return those of these orders of which all is invoiced, and all invoices are paid.

        A credit note does not make what it gave back wait for another invoice.
        """
        paid = self.filtered(lambda order: order.state == "sale" and order._loyalty_invoices_paid())
        return paid - paid._loyalty_unbilled()

    def _loyalty_invoices_paid(self):
        """Whether there are invoices of this order, and nobody owes anything of them."""
        self.ensure_one()
        invoices = self.invoice_ids.filtered(
            lambda move: move.move_type == "out_invoice" and move.state == "posted"
        )
        return bool(invoices) and all(move.payment_state in PAID for move in invoices)

    def _loyalty_unbilled(self):
        """Return those of these orders of which posted invoices have not billed all yet.

        What earlier confirmations billed and credited is billed anew. A product made of several is
        billed by those.
        """
        if not self:
            return self
        self.env.flush_all()
        rows = self.env.execute_query(SQL(UNBILLED, orders=self.ids))
        return self.browse(id_ for (id_,) in rows)
