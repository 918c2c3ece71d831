from typing import NamedTuple

from odoo import api, models
from odoo.fields import Domain


class Stake(NamedTuple):
    """What refunds do to a card by one cause.

    :ivar cause: what earned or redeemed the points
    :ivar card: the card, as superuser; of one that was merged, the card that stays
    :ivar excess: points to take, below zero: to give back
    :ivar refunded: points that all refunds take in the end, those settled before included
    """

    cause: tuple
    card: models.Model
    excess: float
    refunded: float


class LoyaltyLedger(models.AbstractModel):
    """What core's own rules gave and took for a document follows the refunds of that document."""

    _inherit = "loyalty.ledger"

    @api.model
    def _consume_refunds(self, interactions):
        """Let the points of orders follow the credit notes behind these interactions.

        :param interactions: recordset of relationship.interaction
        """
        ids = [event.res_id for event in interactions if event.res_model == "account.move"]
        moves = self.env["account.move"].browse(dict.fromkeys(ids)).exists()
        self._follow_refunds(moves.line_ids.sale_line_ids.order_id)

    @api.model
    def _follow_refunds(self, documents):
        """Take back what refunded documents earned and return what they redeemed, each once.

        Worked out from the documents as they are now and from what was settled before, so any
        number of refunds, told of in any order and any number of times, ends in the same figures.

        :param documents: recordset whose records have ``_loyalty_deserved``
        """
        self._flush_buffer()
        deserved = self._deserved(documents)
        if not deserved:
            return
        self.env["loyalty.card"].browse({cause[0] for cause in deserved})._bump()
        left = self._reversible(set(deserved))
        postings = []
        for cause, points in deserved.items():
            excess = self._excess(left.get(cause, ()), points)
            if excess > 0:
                postings.append(self._prepare_refunded(cause, excess))
        self._post(postings, move=True)

    @api.model
    def _deserved(self, documents):
        """Return {(card id, model, id, kind): points} that documents still deserve."""
        return {
            (card.id, document._name, document.id, kind): points
            for document in documents
            for (card, kind), points in document._loyalty_deserved().items()
            if card.program_id.loyalty_has_ledger
        }

    @api.model
    def _excess(self, shares, points):
        """Return by how much what is left of entries exceeds what their document deserves."""
        return round(float(sum(room for _id, room in shares)) - abs(points), 2)

    @api.model
    def _loyalty_at_stake(self, orders, invoices):
        """Return what refunds of documents do to cards, without doing it: a list of ``Stake``."""
        self._flush_buffer()
        deserved = self._deserved(orders)
        cards = self.env["loyalty.card"].browse({cause[0] for cause in deserved})
        entries = self._rule_entries(orders, invoices)
        (cards | entries.card_id | (cards | entries.card_id)._stays())._bump()
        left = self._reversible(set(deserved))
        stakes = []
        for cause, points in deserved.items():
            excess = max(self._excess(left.get(cause, ()), points), 0)
            card, kind = cards.browse(cause[0]), cause[-1]
            stakes.append(Stake(cause, card._stays(), excess if kind == "earn" else -excess, 0.0))
        for order in orders:
            share = order._loyalty_refunded_share()
            stakes += [
                Stake((row._name, row.id), row.coupon_id._stays(), 0.0, max(row.points * share, 0))
                for row in order.coupon_point_ids
            ]
        return stakes + self._stakes_of_rules(entries)

    @api.model
    def _stakes_of_rules(self, entries):
        """Return the stakes of earnings by rules."""
        rooms, deserved = entries._points_left(), entries._points_deserved()
        return [
            Stake(
                (entry._name, entry.id),
                entry.card_id._stays(),
                max(round(float(rooms.get(entry, 0)) - deserved[entry], 4), 0),
                max(entry.points - deserved[entry], 0),
            )
            for entry in entries
        ]

    @api.model
    def _rule_entries(self, orders, invoices, all_states=False):
        """Return the posted earnings by rules on these documents, or also pending and cancelled."""
        return self.env["loyalty.ledger.entry"].search(
            Domain.OR(
                Domain("origin_model", "=", documents._name)
                & Domain("origin_id", "in", documents.ids)
                for documents in (orders, invoices)
            )
            & Domain("rule_id", "!=", False)
            & Domain("kind", "=", "earn")
            & (Domain.TRUE if all_states else Domain("state", "=", "posted"))
            & Domain("card_id", "!=", False)
        )

    @api.model
    def _prepare_refunded(self, cause, points):
        """Return the posting that takes points back from an earning, or returns redeemed ones."""
        card, model, res_id, kind = cause
        return {
            "card_id": card,
            "kind": "reverse",
            "undo": kind,
            "points": -points if kind == "earn" else points,
            "origin_model": model,
            "origin_id": res_id,
            "reason": self.env._("Refunded"),
        }
