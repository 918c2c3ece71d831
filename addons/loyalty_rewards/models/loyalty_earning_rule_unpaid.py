"""Points that waited for the payment of an order go again when that payment is undone."""

from datetime import timedelta

from odoo import api, models

#: what the keys of entries begin with that take back for an undone payment, and give again
UNPAID, PAID = "unpaid,", "paid,"


class LoyaltyEarningRule(models.Model):
    _inherit = "loyalty.earning.rule"

    @api.model
    def _consume_interactions(self, interactions):
        """Let points that were released at a payment follow what became of that payment."""
        result = super()._consume_interactions(interactions)
        invoices = self._documents(interactions, "account.move")
        orders = invoices.line_ids.sale_line_ids.order_id
        undone = interactions.filtered(lambda event: event.kind_id.code == "invoice_unpaid")
        self._take_back_unpaid(self._documents(undone, "account.move"))
        self._give_again(orders._loyalty_paid())
        return result

    @api.model
    def _take_back_unpaid(self, invoices):
        """Take back what orders gave once they were paid, as far as these invoices are not, now.

        Points that still wait simply wait on (see ``_set_available``).
        """
        unpaid = invoices.filtered(lambda move: move.payment_state in ("not_paid", "partial"))
        entries = self.env["loyalty.ledger.entry"].search(
            [
                ("state", "=", "posted"),
                ("kind", "=", "earn"),
                ("card_id", "!=", False),
                ("origin_model", "=", "sale.order"),
                ("origin_id", "in", unpaid.line_ids.sale_line_ids.order_id.ids),
                ("rule_id.pending_until", "=", "paid"),
            ]
        )
        left = entries._points_left()
        self.env["loyalty.ledger"]._post(
            [
                {
                    **entry._prepare_cause(),
                    "kind": "reverse",
                    "points": -left[entry],
                    "status_points": -entry._status_of(left[entry]),
                    "reverses_id": entry.id,
                    "key": f"{UNPAID}{entry.id}",
                    "reason": self.env._("Payment undone"),
                }
                for entry in entries
                if left.get(entry, 0) > 0
            ],
            move=True,
        )

    @api.model
    def _give_again(self, orders):
        """Give again, pending as at first, what undone payments took from orders now paid."""
        taken = self.env["loyalty.ledger.entry"].search(
            [
                ("key", "=like", f"{UNPAID}%"),
                ("card_id", "!=", False),
                ("origin_model", "=", "sale.order"),
                ("origin_id", "in", orders.ids),
            ]
        )
        postings, deserved = [], taken.reverses_id._points_deserved()
        for entry in taken:
            earned = entry.reverses_id
            points = min(-entry.points, deserved[earned])
            if points > 0:
                order = orders.browse(entry.origin_id)
                days = timedelta(days=earned.rule_id.pending_days)
                postings.append(
                    {
                        **earned._prepare_cause(),
                        "kind": "earn",
                        "points": points,
                        "status_points": earned._status_of(points),
                        "state": "pending",
                        "available_on": order.company_id._relationship_today() + days,
                        "expires_on": earned.expires_on,
                        "base_amount": earned.base_amount,
                        "multiplier": earned.multiplier,
                        "earned_on": earned.earned_on,
                        "key": f"{PAID}{entry.id}",
                    }
                )
        self.env["loyalty.ledger"]._post(postings, move=True)


class LoyaltyLedgerEntry(models.Model):
    _inherit = "loyalty.ledger.entry"

    def _prepare_cause(self):
        """Return what another posting of the same earning says of its cause."""
        self.ensure_one()
        return {
            "card_id": self.card_id.id,
            "origin_model": self.origin_model,
            "origin_id": self.origin_id,
            "interaction_id": self.interaction_id.id,
            "rule_id": self.rule_id.id,
            "reason": self.reason,
        }
