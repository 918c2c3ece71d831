from odoo import api, models
from odoo.tools import SQL

from .loyalty_earning_rule_query import RULES

#: An order that was lowered since it earned deserves points for what it holds by now. A credit
#: note takes nothing for what was lowered after it had been invoiced: it only follows that.
DESERVED = """
    SELECT wanted.entry_id,
           CASE WHEN %(stands)s AND NOT wanted.former THEN least(wanted.given, %(kept)s) ELSE 0 END
      FROM (
          SELECT found.*,
                 CASE WHEN share.lowered THEN greatest(held.now, 0) ELSE found.base END AS gross,
                 CASE WHEN share.lowered THEN share.back ELSE coalesce(document.amount_back, 0)
                 END AS amount_back,
                 CASE WHEN share.lowered THEN share.back ELSE coalesce(document.units_back, 0)
                 END AS units_back
            FROM (
                SELECT rule.*, entry.id AS entry_id, entry.points AS given, entry.earned_on,
                       entry.base_amount AS base, coalesce(entry.multiplier, 1) AS multiplier,
                       entry.origin_model AS res_model, entry.origin_id AS res_id,
                       sold.company_id AS sold_by,
                       entry.id <= coalesce(sold.loyalty_former_entry, 0) AS former
                  FROM loyalty_ledger_entry entry
                  JOIN (%(rules)s) rule ON rule.id = entry.rule_id
                  LEFT JOIN sale_order sold ON entry.origin_model = 'sale.order'
                   AND sold.id = entry.origin_id
                 WHERE entry.id = ANY(%(entries)s)
            ) found
            LEFT JOIN LATERAL (
                SELECT document.* FROM (%(named)s) wanted CROSS JOIN LATERAL (%(document)s) document
            ) document ON true
           CROSS JOIN LATERAL (
                SELECT CASE WHEN found.mode = 'unit' THEN document.units ELSE document.amount
                       END AS own,
                       CASE WHEN found.mode = 'unit' THEN document.back_units
                            ELSE document.back_amount END AS back,
                       round(CASE WHEN found.mode = 'unit' THEN document.units
                                  ELSE %(converted)s END, 4) AS now
           ) held
           CROSS JOIN LATERAL (
                SELECT lowered.lowered,
                       CASE WHEN NOT lowered.lowered THEN 0
                            WHEN held.now <= 0 THEN 1
                            ELSE least(greatest(held.back - least(
                                     held.own * (found.base / held.now - 1),
                                     greatest((%(billed)s) - held.own, 0)), 0) / held.own, 1)
                       END AS back
                  FROM (SELECT found.res_model = 'sale.order'
                               AND coalesce(held.now < found.base, false) AS lowered) lowered
           ) share
      ) wanted
"""
#: a document of an entry, as the SQL of documents wants it
NAMED = "SELECT found.res_model, found.res_id, found.categories"


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
        """Return {entry: points that a rule's earning deserves by its document as it is now}.

        Worked out anew for what was not refunded and what the order still holds, never more than
        was earned; nothing for a document that no longer stands, or for an earlier confirmation.
        """
        if not self:
            return {}
        self.env.flush_all()
        rules = self.rule_id
        rows = self.env.execute_query(
            SQL(
                DESERVED,
                entries=self.ids,
                rules=SQL(RULES, rules=rules.ids),
                stands=rules._sql_stands(),
                kept=rules._sql_kept(),
                named=SQL(NAMED),
                document=rules._sql_document_kept(),
                converted=rules._sql_converted(
                    *map(
                        SQL,
                        (
                            "document.amount",
                            "document.currency_id",
                            "found.currency_id",
                            "found.sold_by",
                            "found.earned_on",
                        ),
                    )
                ),
                billed=SQL(
                    "SELECT coalesce(CASE WHEN found.mode = 'unit' THEN billed.units"
                    " ELSE billed.amount END, 0) FROM (%s) wanted CROSS JOIN LATERAL (%s) billed",
                    SQL(NAMED),
                    rules._sql_billed(),
                ),
            )
        )
        deserved = {self.browse(entry): float(points) for entry, points in rows}
        return {entry: deserved.get(entry, 0.0) for entry in self}

    def _status_of(self, points):
        """Return how many status points came with so many points of this earning."""
        self.ensure_one()
        return round(points * self.status_points / self.points, 4) if self.points else 0.0

    def _prepare_instead(self, points, status_points):
        """Return what the entry says that comes instead of this pending one, or of its end.

        Its key is the next of a chain: that of the first entry and a number. Where nothing is left
        an entry without points ends the chain, so that it tells what documents have taken.
        """
        self.ensure_one()
        first, _sign, number = self.key.partition(";")
        return {
            "kind": "earn",
            "points": points,
            "status_points": status_points,
            "state": "pending" if points else "cancelled",
            "available_on": self.available_on,
            "expires_on": self.expires_on,
            "base_amount": self.base_amount,
            "multiplier": self.multiplier,
            "earned_on": self.earned_on,
            "key": f"{first};{int(number or 0) + 1}",
        }

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
            back = {"points": -excess, "status_points": -entry._status_of(excess)}
            return [{**cause, **back, "kind": "reverse", "reverses_id": entry.id}]
        return [{**cause, **entry._prepare_instead(points, entry._status_of(points))}]

    @api.model
    def _cancel_entries(self, ids, by_hand=False):
        """Cancel pending entries: their points never come.

        :param bool by_hand: whether the user decided so, not what became of a document
        """
        self._write_down()
        self.env.cr.execute(
            SQL(
                "UPDATE loyalty_ledger_entry SET state = 'cancelled', cancelled_by_id = %s,"
                " cancelled_at = date_trunc('second', now() AT TIME ZONE 'UTC')"
                " WHERE id = ANY(%s) AND state = 'pending'",
                self.env.uid if by_hand else None,
                ids,
            )
        )
        self._forget()
