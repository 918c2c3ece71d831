from odoo import api, models
from odoo.tools import SQL


class LoyaltyLedgerEntry(models.Model):
    _inherit = "loyalty.ledger.entry"

    def _points_left(self):
        """Return {entry: points of it that were not taken back}, for posted and pending ones."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT entry.id, entry.points + coalesce(sum(back.points), 0)
                  FROM loyalty_ledger_entry entry
                  LEFT JOIN loyalty_ledger_entry back
                    ON back.reverses_id = entry.id AND back.state = 'posted'
                 WHERE entry.id = ANY(%s) AND entry.state IN ('pending', 'posted')
                 GROUP BY entry.id
                """,
                self.ids,
            )
        )
        return {self.browse(id_): points for id_, points in rows}

    def _points_deserved(self):
        """Return the points that a rule's earning deserves by its document as it is now."""
        self.ensure_one()
        document = self.env[self.origin_model].browse(self.origin_id).exists()
        if not document or not self.rule_id._may_earn(document):
            return 0.0
        return self.rule_id._points_kept(self, document._loyalty_refunded_share())

    def _api_is(self, row):
        """Whether this entry is what a posting of the API, given again, asked for."""
        self.ensure_one()
        asked = (row["card_id"], row["kind"], row["points"], row.get("origin_id") or 0)
        return asked == (self.card_id.id, self.kind, self.points, self.origin_id or 0)

    def _api_result(self, key, repeated=True):
        """Return what the API says of an entry, under the caller's key."""
        self.ensure_one()
        return {
            "key": key,
            "entry_id": self.id,
            "state": self.state,
            "points": self.points,
            "repeated": repeated,
            "balance": self.card_id.points,
        }


class LoyaltyLedger(models.AbstractModel):
    _inherit = "loyalty.ledger"

    @api.model
    def _take_back(self, deserved):
        """Take back what earnings exceed: posted ones by a reversal, pending ones by a new amount.

        :param list deserved: (entry, points that it deserves)
        """
        left = self.env["loyalty.ledger.entry"].union(*(row for row, _ in deserved))._points_left()
        postings, cancelled = [], []
        for entry, points in deserved:
            excess = round(left.get(entry, 0) - points, 4)
            if excess > 0:
                if entry.state == "pending":
                    cancelled.append(entry.id)
                postings += self._prepare_taken_back(entry, points, excess)
        if cancelled:
            self._post(postings, move=True)
            self._cancel_entries(cancelled)
        elif postings:
            self._post(postings, move=True)

    @api.model
    def _prepare_taken_back(self, entry, points, excess):
        """Return the postings that correct one earning to what it deserves."""
        cause = {
            "card_id": entry.card_id.id,
            "origin_model": entry.origin_model,
            "origin_id": entry.origin_id,
            "interaction_id": entry.interaction_id.id,
            "rule_id": entry.rule_id.id,
            "reason": entry.reason,
        }
        if not entry.card_id:
            return []
        if entry.state == "posted":
            return [{**cause, "kind": "reverse", "points": -excess, "reverses_id": entry.id}]
        if not points:
            return []
        return [
            {
                **cause,
                "kind": "earn",
                "points": points,
                "state": "pending",
                "available_on": entry.available_on,
                "expires_on": entry.expires_on,
                "base_amount": entry.base_amount,
                "key": f"{entry.key},less",
            }
        ]

    @api.model
    def _cancel_entries(self, ids):
        """Cancel pending entries: their points never come."""
        self._write_down()
        self.env.cr.execute(
            SQL(
                "UPDATE loyalty_ledger_entry SET state = 'cancelled'"
                " WHERE id = ANY(%s) AND state = 'pending'",
                ids,
            )
        )
        self._forget()
