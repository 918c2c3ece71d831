from odoo import api, models


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
        deserved = {
            (card.id, document._name, document.id, kind): points
            for document in documents
            for (card, kind), points in document._loyalty_deserved().items()
            if card.program_id.loyalty_has_ledger
        }
        if not deserved:
            return
        self.env["loyalty.card"].browse({cause[0] for cause in deserved})._bump()
        left = self._reversible(set(deserved))
        postings = []
        for cause, points in deserved.items():
            excess = round(float(sum(room for _id, room in left.get(cause, ()))) - abs(points), 2)
            if excess > 0:
                postings.append(self._prepare_refunded(cause, excess))
        self._post(postings, move=True)

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
