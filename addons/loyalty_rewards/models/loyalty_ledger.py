from uuid import uuid4

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.relationship_crm.sql_rows import rows_query

from ..lib import rounds

#: the buffer of a transaction
BUFFER = "loyalty.ledger"
#: what a posting may say, with the types PostgreSQL reads it as
COLUMNS = {
    "seq": "int",
    "card_id": "int",
    "kind": "text",
    "points": "numeric(16,4)",
    "status_points": "numeric(16,4)",
    "state": "text",
    "available_on": "date",
    "expires_on": "date",
    "origin_model": "text",
    "origin_id": "int",
    "rule_id": "int",
    "base_amount": "numeric(16,4)",
    "multiplier": "numeric(8,4)",
    "earned_on": "date",
    "interaction_id": "int",
    "key": "text",
    "reverses_id": "int",
    "reason": "text",
    "user_id": "int",
}
#: kinds that are told to everybody who listens to interactions
TOLD = {"earn": "points_earned", "redeem": "points_redeemed"}


class LoyaltyLedger(models.AbstractModel):
    """The one way in which entries, lots and allocations come to be.

    Changes of ``points`` made through core are buffered and posted by one set of statements when
    the transaction commits (:meth:`_buffer`); our own postings are made at once (:meth:`_post`).
    Either way the first thing done is an UPDATE of the cards: two transactions on one card meet
    there, and the later one is run again by Odoo on what the former left.
    """

    _name = "loyalty.ledger"
    _description = "Points Ledger"
    _inherit = "relationship.job"

    # ------------------------------------------------------------ what core changed

    @api.model
    def _buffer(self, postings):
        """Post these changes, which the cards hold already, when the transaction commits.

        :param list postings: dicts as for :meth:`_post`, ``key`` optional; ``undo`` (a kind) asks
            to take back what was posted with that kind for the same cause; of those with ``net``
            only the sum over the transaction for the same card and cause is posted
        """
        buffer = self.env.cr.precommit.data.setdefault(BUFFER, [])
        if not buffer:
            self.env.cr.precommit.add(self.env(su=True)[self._name]._flush_buffer)
        for posting in postings:
            posting.setdefault("user_id", self.env.uid)
            self._net(buffer, posting)

    @api.model
    def _net(self, buffer, posting):
        """Add a posting to the buffer, or to the one there that it only corrects."""
        if posting.get("net"):
            cause = ("card_id", "origin_model", "origin_id")
            for other in buffer:
                if other.get("net") and all(other[name] == posting[name] for name in cause):
                    other["points"] = round(other["points"] + posting["points"], 4)
                    return
        buffer.append(posting)

    @api.model
    def _flush_buffer(self):
        """Post what this transaction has changed so far."""
        buffer = self.env.cr.precommit.data.pop(BUFFER, [])
        postings = [row for row in map(self._prepare_corrected, buffer) if row]
        if postings:
            self._post(postings)

    @api.model
    def _prepare_corrected(self, posting):
        """Return the posting of a corrected cause: more redeemed, or some of it taken back."""
        if not posting.pop("net", False):
            return posting
        if not posting["points"]:
            return None
        if posting["points"] > 0:
            return {**posting, "kind": "reverse", "undo": "redeem"}
        return {**posting, "kind": "redeem"}

    # ------------------------------------------------------------ post

    @api.model
    def _post(self, postings, move=False):
        """Post entries, with their lots, for all postings whose key is new.

        :param list postings: dicts with ``card_id``, ``kind``, ``points`` (signed, four decimals),
            and optionally ``key`` (default: a new one), ``state`` (``pending`` moves no points),
            ``status_points``, ``available_on``, ``expires_on``, ``origin_model``, ``origin_id``,
            ``interaction_id``, ``reverses_id``, ``reason``, ``user_id``
        :param bool move: whether the points of the cards are still to be changed
        :return: dict of key → (entry id, points of the card after it), of what was new
        """
        self._write_down()
        order = rounds.rounds([self._phase(posting) for posting in postings])
        batches = {}
        for posting, number in zip(postings, order, strict=True):
            batches.setdefault(number, []).append(posting)
        posted = {}
        for number in sorted(batches):
            posted.update(self._post_round(batches[number], move))
        self._forget()
        return posted

    @api.model
    def _write_down(self):
        """Write what the cache holds of cards and entries, before a statement reads them."""
        self.env["loyalty.card"].flush_model()
        self.env["loyalty.ledger.entry"].flush_model()

    @api.model
    def _forget(self):
        """Forget what the cache holds of the figures that a statement has changed."""
        figures = ["points", "ledger_entry_ids", "loyalty_entry_count", "loyalty_pending"]
        self.env["loyalty.card"].invalidate_model(figures, flush=False)
        for name in ("entry", "lot", "allocation"):
            self.env[f"loyalty.ledger.{name}"].invalidate_model(flush=False)

    @api.model
    def _phase(self, posting):
        """Return what decides in which round a posting is settled: (card, phase, looks back)."""
        back = bool(posting.get("undo"))
        phase = rounds.phase(posting["points"], back or bool(posting.get("reverses_id")))
        return posting["card_id"], phase, back

    @api.model
    def _prepare_row(self, seq, posting):
        """Return a posting as a row of the statement that inserts."""
        cause = f"{posting.get('origin_model') or 'loyalty.card'}"
        number = posting.get("origin_id") or posting["card_id"]
        row = {name: posting.get(name) or None for name in COLUMNS}
        row.update(
            seq=seq,
            points=f"{posting['points']:.4f}",
            status_points=f"{posting.get('status_points') or 0:.4f}",
            state=row["state"] or "posted",
            key=row["key"] or f"{cause},{number},{posting['kind']},{uuid4().hex}",
            user_id=row["user_id"] or self.env.uid,
        )
        for name in ("available_on", "expires_on", "earned_on"):
            row[name] = row[name] and str(fields.Date.to_date(row[name]))
        return row

    @api.model
    def _post_round(self, postings, move):
        """Post a round: its entries, then what they give back, bring, and take."""
        postings = self._resolve_undone(postings)
        rows = [self._prepare_row(seq, posting) for seq, posting in enumerate(postings)]
        inserted = self._insert_entries(rows, move)
        posted = [row for row in inserted if row["state"] == "posted"]
        credits = [row for row in posted if row["points"] > 0]
        debits = [row for row in posted if row["points"] < 0]
        self._return_to_lots([row["id"] for row in credits if row["reverses_id"]])
        self._credit([row["id"] for row in credits])
        self._take_own([row["id"] for row in debits if row["reverses_id"]])
        self._debit([row["id"] for row in debits])
        self._forward({row["card_id"] for row in posted if row["merged_into"]})
        self._tell(posted)
        return {row["key"]: (row["id"], row["balance"]) for row in inserted}

    @api.model
    def _insert_entries(self, rows, move):
        """Bump the cards and insert the entries whose key is new; return them as dicts."""
        columns = [SQL.identifier(name) for name in COLUMNS if name != "seq"]
        first = {}
        for row in rows:
            first.setdefault(row["key"], row)
        self.env.cr.execute(
            SQL(
                INSERT_ENTRIES,
                given=rows_query([tuple(row.values()) for row in first.values()], COLUMNS),
                moved=SQL("points") if move else SQL("0"),
                columns=SQL(", ").join(columns),
                values=SQL(", ").join(SQL("fresh.%s", name) for name in columns),
            )
        )
        return self.env.cr.dictfetchall()

    @api.model
    def _resolve_undone(self, postings):
        """Tie what takes back a cause to the entries it takes back, the newest first."""
        wanted = {
            (row["card_id"], row["origin_model"], row["origin_id"], row["undo"])
            for row in postings
            if row.get("undo")
        }
        if not wanted:
            return postings
        left = self._reversible(wanted)
        result = []
        for row in postings:
            undo = row.get("undo")
            if not undo:
                result.append(row)
                continue
            shares = left.get((row["card_id"], row["origin_model"], row["origin_id"], undo), [])
            sign = 1 if row["points"] > 0 else -1
            parts = rounds.split(abs(row["points"]), shares)
            taken = {owner: points for owner, points in parts if owner}
            shares[:] = [(owner, round(room - taken.get(owner, 0), 4)) for owner, room in shares]
            result += [
                {**row, "points": sign * points, "reverses_id": owner} for owner, points in parts
            ]
        return result

    @api.model
    def _reversible(self, causes):
        """Return {cause: [(entry id, points not yet taken back)]}, the newest entry first.

        What rules gave is none of core's: they take it back themselves.

        :param causes: set of (card id, origin model, origin id, kind)
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT entry.card_id, entry.origin_model, entry.origin_id, entry.kind, entry.id,
                       abs(entry.points) - abs(coalesce(sum(back.points), 0))
                  FROM loyalty_ledger_entry entry
                  LEFT JOIN loyalty_ledger_entry back
                    ON back.reverses_id = entry.id AND back.state = 'posted'
                 WHERE entry.state = 'posted' AND entry.rule_id IS NULL
                   AND (entry.card_id, entry.origin_model, entry.origin_id, entry.kind) IN %s
                 GROUP BY entry.id ORDER BY entry.id DESC
                """,
                tuple(causes),
            )
        )
        result = {}
        for *cause, entry, points in self.env.cr.fetchall():
            result.setdefault(tuple(cause), []).append((entry, points))
        return result

    @api.model
    def _cancel_pending(self, cards):
        """Cancel the points that wait for these cards."""
        self._write_down()
        self.env.cr.execute(
            SQL(
                "UPDATE loyalty_ledger_entry SET state = 'cancelled'"
                " WHERE card_id = ANY(%s) AND state = 'pending'",
                cards.ids,
            )
        )

    @api.model
    def _tell(self, posted):
        """Record earned and redeemed points as interactions of their owner."""
        events = [
            {
                "kind": TOLD[row["kind"]],
                "contact_id": row["partner_id"],
                "company_id": row["company_id"],
                "res_model": "loyalty.card",
                "res_id": row["card_id"],
                "external_ref": f"loyalty.ledger.entry,{row['id']}",
                "payload": {"points": row["points"], "program_id": row["program_id"]},
                "summary": f"{row['points']:+.12g} {row['point_name'] or ''}".strip(),
            }
            for row in posted
            if row["kind"] in TOLD and row["partner_id"]
        ]
        if events:
            self.env["relationship.interaction"].sudo()._record(events)


INSERT_ENTRIES = """
    WITH fresh AS (
        SELECT given.* FROM (%(given)s) AS given
         WHERE NOT EXISTS (SELECT FROM loyalty_ledger_entry entry WHERE entry.key = given.key)
    ),
    bumped AS (
        UPDATE loyalty_card card
           SET points = coalesce(card.points, 0) + change.points,
               write_date = now() AT TIME ZONE 'UTC'
          FROM (SELECT card_id,
                       coalesce(sum(%(moved)s) FILTER (WHERE state = 'posted'), 0) AS points
                  FROM fresh GROUP BY card_id) change
         WHERE card.id = change.card_id
        RETURNING card.id, card.code, card.program_id, card.partner_id, card.company_id,
                  card.points, card.loyalty_merged_into_id
    ),
    inserted AS (
        INSERT INTO loyalty_ledger_entry (%(columns)s, card_code, program_id, partner_id,
                                          company_id, recorded_at, posted_at)
        SELECT %(values)s, bumped.code, bumped.program_id, bumped.partner_id, bumped.company_id,
               date_trunc('second', now() AT TIME ZONE 'UTC'),
               CASE WHEN fresh.state = 'posted'
                    THEN date_trunc('second', now() AT TIME ZONE 'UTC') END
          FROM fresh JOIN bumped ON bumped.id = fresh.card_id
         ORDER BY fresh.seq
            ON CONFLICT (key) DO NOTHING
        RETURNING id, key, card_id, kind, points, state, reverses_id, partner_id, company_id,
                  program_id
    )
    SELECT inserted.*, bumped.points AS balance, bumped.loyalty_merged_into_id AS merged_into,
           program.portal_point_name->>'en_US' AS point_name
      FROM inserted
      JOIN bumped ON bumped.id = inserted.card_id
      JOIN loyalty_program program ON program.id = inserted.program_id
     ORDER BY inserted.id
"""
