from odoo import api, models

#: what the keys of reversals begin with that no document explains: other systems and staff, and
#: undone payments, which come again in their own way
OWN_WAY = ("api,", "in,api,", "unpaid,")


class LoyaltyLedger(models.AbstractModel):
    """A refund that is undone gives back what it took, and takes again what it returned."""

    _inherit = "loyalty.ledger"

    @api.model
    def _restore(self, orders, invoices):
        """Bring earnings and redemptions on documents to what they deserve, after fewer refunds.

        Never more than their refunds have moved before. Doing it again changes nothing.

        :param orders, invoices: recordsets, as superuser
        """
        self._flush_buffer()
        deserved = self._deserved(orders)
        entries = self.env["loyalty.ledger.entry"]
        causes = {cause: self._entries_of(cause) for cause in deserved}
        rules = self._rule_entries(orders, invoices)
        entries = entries.union(rules, *causes.values())
        entries.card_id._bump()
        left, moved = entries._points_left(), entries._points_moved_back()
        kept, postings = rules._points_deserved(), []
        for cause, own in causes.items():
            postings += self._prepare_restored(own, deserved[cause], left, moved)
        for own in rules.grouped(
            lambda row: (row.rule_id, row.origin_model, row.origin_id)
        ).values():
            postings += self._prepare_restored(own, kept[own[:1]], left, moved)
        self._post(postings, move=True)

    @api.model
    def _entries_of(self, cause):
        """Return the posted entries of a cause that no rule has made, the newest first."""
        card, model, res_id, kind = cause
        return self.env["loyalty.ledger.entry"].search(
            [
                ("card_id", "=", card),
                ("origin_model", "=", model),
                ("origin_id", "=", res_id),
                ("kind", "=", kind),
                ("state", "=", "posted"),
                ("rule_id", "=", False),
            ],
            order="id desc",
        )

    @api.model
    def _prepare_restored(self, entries, deserved, left, moved):
        """Return the postings that bring entries of one cause to what it deserves.

        :param float deserved: signed as the entries
        :param dict left: entry → what of it was not taken back
        :param dict moved: entry → what refunds have taken back of it
        """
        missing = round(abs(deserved) - abs(sum(float(left.get(row, 0)) for row in entries)), 2)
        postings = []
        for entry in entries.sorted("id", reverse=True):
            points = min(missing, round(abs(moved.get(entry, 0.0)), 4))
            if points > 0:
                missing = round(missing - points, 4)
                signed = points if entry.points > 0 else -points
                postings.append(
                    {
                        "card_id": entry.card_id.id,
                        "kind": "reverse",
                        "points": signed,
                        "status_points": entry._status_of(signed),
                        "reverses_id": entry.id,
                        "origin_model": entry.origin_model,
                        "origin_id": entry.origin_id,
                        "rule_id": entry.rule_id.id,
                        "reason": self.env._("Refund undone"),
                    }
                )
        return postings


class LoyaltyLedgerEntry(models.Model):
    _inherit = "loyalty.ledger.entry"

    def _points_moved_back(self):
        """Return {entry: points of it that documents took back}, signed against the entry."""
        result = {}
        for back in self.search([("reverses_id", "in", self.ids), ("state", "=", "posted")]):
            if not back.key.startswith(OWN_WAY):
                entry = back.reverses_id
                result[entry] = result.get(entry, 0.0) + back.points
        return result
