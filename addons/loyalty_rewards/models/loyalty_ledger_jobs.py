from odoo import api, models
from odoo.tools import SQL

RELEASE = """
    WITH due AS (
        SELECT id, card_id, points FROM loyalty_ledger_entry
         WHERE state = 'pending' AND available_on <= %(today)s AND card_id IS NOT NULL
         ORDER BY available_on, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ),
    bumped AS (
        UPDATE loyalty_card card
           SET points = coalesce(card.points, 0) + change.points,
               write_date = now() AT TIME ZONE 'UTC'
          FROM (SELECT card_id, sum(points) AS points FROM due GROUP BY card_id) change
         WHERE card.id = change.card_id
        RETURNING card.id
    )
    UPDATE loyalty_ledger_entry entry
       SET state = 'posted', posted_at = date_trunc('second', now() AT TIME ZONE 'UTC')
      FROM due JOIN bumped ON bumped.id = due.card_id
     WHERE entry.id = due.id
    RETURNING entry.id, entry.kind, entry.points, entry.card_id, entry.partner_id,
              entry.company_id, entry.program_id
"""

EXPIRED = """
    SELECT card_id, sum(remaining) FROM (
        SELECT lot.card_id, lot.remaining FROM loyalty_ledger_lot lot
         WHERE lot.remaining > 0 AND lot.expires_on < %(today)s AND lot.card_id IS NOT NULL
         ORDER BY lot.expires_on, lot.id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ) lot GROUP BY card_id ORDER BY card_id
"""


class LoyaltyLedger(models.AbstractModel):
    """What time does to points: pending ones become available, others expire."""

    _inherit = "loyalty.ledger"

    @api.model
    def _cron_release(self):
        """Post the pending points whose day has come."""
        self._run_job("release", 1000)

    @api.model
    def _cron_expire(self):
        """Take away the points whose last day is over."""
        self._run_job("expire", 1000)

    @api.model
    def _job_release(self, limit):
        """Post up to ``limit`` pending entries whose day has come; return how many remain."""
        today = self.env["loyalty.earning.rule"]._today()
        self._write_down()
        before = self._points_of_due(today, limit)
        self.env.cr.execute(SQL(RELEASE, today=today, limit=limit))
        rows = self.env.cr.dictfetchall()
        self._credit([row["id"] for row in rows])
        self._forward({row["card_id"] for row in rows})
        self._forget()
        self._tell([{**row, "point_name": None} for row in rows])
        self._send_reached({row["card_id"] for row in rows}, before)
        return self.env["loyalty.ledger.entry"].search_count(
            [("state", "=", "pending"), ("available_on", "<=", today), ("card_id", "!=", False)],
            limit=1000,
        )

    @api.model
    def _points_of_due(self, today, limit):
        """Return {card id: points} of the cards whose pending points come next."""
        due = self.env["loyalty.ledger.entry"].search(
            [("state", "=", "pending"), ("available_on", "<=", today)],
            order="available_on, id",
            limit=limit,
        )
        return {card.id: card.points for card in due.card_id}

    @api.model
    def _job_expire(self, limit):
        """Take away what remains of up to ``limit`` expired lots; return how many remain.

        The lots that expire soonest are used first, so the debit takes exactly the expired ones.
        """
        today = self.env["loyalty.earning.rule"]._today()
        self._write_down()
        rows = self.env.execute_query(SQL(EXPIRED, today=today, limit=limit))
        self._post(
            [{"card_id": card, "kind": "expire", "points": -points} for card, points in rows],
            move=True,
        )
        return self.env["loyalty.ledger.lot"].search_count(
            [("remaining", ">", 0), ("expires_on", "<", today), ("card_id", "!=", False)],
            limit=1000,
        )

    @api.model
    def _send_reached(self, card_ids, before):
        """Send core's mails to who reached a number of points, once a card.

        :param card_ids: ids of cards that changed
        :param dict before: card id → points until then
        """
        cards = self.env["loyalty.card"].browse(sorted(set(card_ids) & set(before)))
        plans = cards.program_id.communication_plan_ids
        if plans.filtered(lambda plan: plan.trigger == "points_reach"):
            cards._send_points_reach_communication(
                {card: {"old": before[card.id], "new": card.points} for card in cards}
            )

    # ------------------------------------------------------------ proof

    @api.model
    def _differences(self, limit=100):
        """Return the cards whose points, entries and lots do not agree, as far as there are any.

        :return: list of (card id, points of the card, of its posted entries, of its lots)
        """
        self.env["loyalty.card"].flush_model(["points"])
        return self.env.execute_query(
            SQL(
                """
                SELECT card.id, card.points, coalesce(entries.points, 0), coalesce(lots.points, 0)
                  FROM loyalty_card card
                  JOIN loyalty_program program ON program.id = card.program_id AND %s
                  LEFT JOIN (SELECT card_id, sum(points) AS points FROM loyalty_ledger_entry
                              WHERE state = 'posted' GROUP BY card_id) entries
                    ON entries.card_id = card.id
                  LEFT JOIN (SELECT card_id, sum(remaining) AS points FROM loyalty_ledger_lot
                              GROUP BY card_id) lots ON lots.card_id = card.id
                 WHERE coalesce(card.points, 0) <> coalesce(entries.points, 0)
                    OR coalesce(card.points, 0) <> coalesce(lots.points, 0)
                 ORDER BY card.id LIMIT %s
                """,
                self.env["loyalty.program"]._covered(),
                limit,
            )
        )
