from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

#: days before the expiry, by the kind of notice; a notice covers what expires within a week more,
#: so that points that came day by day are not announced day by day
DAYS = {"expiry_30": 30, "expiry_7": 7}
COVERS = 6
BATCH = 1000

EXPIRING = """
    WITH due AS (
        SELECT lot.card_id, lot.expires_on, lot.remaining AS points
          FROM loyalty_ledger_lot lot
         WHERE lot.remaining > 0 AND lot.expires_on BETWEEN %(begin)s AND %(end)s
         UNION ALL
        SELECT idle.card_id, idle.expires_on, lot.remaining
          FROM (%(idle)s) idle
          JOIN loyalty_ledger_lot lot ON lot.card_id = idle.card_id AND lot.remaining > 0
           AND coalesce(lot.expires_on > idle.expires_on, TRUE)
         WHERE idle.expires_on BETWEEN %(begin)s AND %(end)s
    )
    INSERT INTO loyalty_notice (kind, key, card_id, partner_id, program_id, company_id, date, state,
                                points, expires_on, covers_to, create_uid, create_date, write_uid,
                                write_date)
    SELECT %(kind)s, %(kind)s || ',' || card.id || ',' || min(due.expires_on), card.id,
           card.partner_id, card.program_id, card.company_id, %(today)s, 'waiting', sum(due.points),
           min(due.expires_on), %(end)s, 1, now() AT TIME ZONE 'UTC', 1, now() AT TIME ZONE 'UTC'
      FROM due
      JOIN loyalty_card card ON card.id = due.card_id AND card.active
      JOIN loyalty_program program ON program.id = card.program_id AND program.active
       AND program.program_type = 'loyalty'
      LEFT JOIN LATERAL (
           SELECT max(covers_to) AS until FROM loyalty_notice told
            WHERE told.card_id = card.id AND told.kind = %(kind)s AND told.covers_to IS NOT NULL
           ) told ON TRUE
     WHERE card.partner_id IS NOT NULL AND due.expires_on > coalesce(told.until, '-infinity')
     GROUP BY card.id
    HAVING min(due.expires_on) <= %(until)s
     ORDER BY card.id LIMIT %(limit)s
        ON CONFLICT (key) DO NOTHING
"""

#: the last day of the points of a card with which nothing happens; the same activity as for expiry
IDLE_DAY = """
    SELECT card.id AS card_id,
           (max(entry.posted_at)::date + make_interval(months => program.loyalty_idle_months))::date
               AS expires_on
      FROM loyalty_program program
      JOIN loyalty_card card ON card.program_id = program.id
      JOIN loyalty_ledger_entry entry ON entry.card_id = card.id AND entry.state = 'posted'
       AND (entry.kind IN ('open', 'earn', 'redeem')
            OR (entry.kind IN ('adjust', 'transfer', 'merge') AND entry.points > 0))
     WHERE program.loyalty_idle_months > 0
     GROUP BY card.id, program.id
"""


class LoyaltyNotice(models.Model):
    """Which notices are due."""

    _inherit = "loyalty.notice"

    @api.model
    def _cron_notify(self):
        """Write the notices about points that expire, and mail all that wait."""
        self._run_job("find", BATCH)
        self._run_job("send", BATCH)

    @api.model
    def _job_find(self, limit):
        """Write up to ``limit`` notices of each kind about points that expire.

        :return: whether there may be more
        """
        self.env.flush_all()
        today = self.env["loyalty.earning.rule"]._today()
        found = 0
        for kind, days in DAYS.items():
            # what expires sooner is told by the last notice
            begin = today + timedelta(days=DAYS["expiry_7"] + 1 if kind == "expiry_30" else 0)
            self.env.cr.execute(
                SQL(
                    EXPIRING,
                    kind=kind,
                    today=today,
                    begin=begin,
                    until=today + timedelta(days=days),
                    end=today + timedelta(days=days + COVERS),
                    idle=SQL(IDLE_DAY),
                    limit=limit,
                )
            )
            found = max(found, self.env.cr.rowcount)
        return limit if found >= limit else 0


class LoyaltyTier(models.Model):
    """The notices about tiers, written with what they tell of."""

    _inherit = "loyalty.tier"

    @api.model
    def _apply(self, program, today, decided, held_back=()):
        moves = super()._apply(program, today, decided, held_back)
        rows = [self._prepare_risk(program, today, *pair) for pair in decided if pair[1].tell]
        rows += [move._prepare_notice() for move in moves if move._asks_for_notice()]
        notices = self.env["loyalty.notice"].sudo()
        told = set(notices.search([("key", "in", [row["key"] for row in rows])]).mapped("key"))
        # who falls below again before the tier ran out was told of that day already
        notices.create([row for row in rows if row["key"] not in told])
        return moves

    @api.model
    def _prepare_risk(self, program, today, row, outcome):
        """Values of the notice that a tier may be lost."""
        tier = self.browse(outcome.held.tier)
        return {
            "kind": "tier_risk",
            # once for each time it runs out
            "key": f"tier_risk,{row['id']},{row['loyalty_tier_moves'] or 0},{outcome.held.until}",
            "card_id": row["id"],
            "partner_id": row["partner_id"],
            "program_id": program.id,
            "company_id": program.company_id.id,
            "date": today,
            "tier_id": tier.id,
            "last_day": program._tier_last_day(outcome.held, today),
            "missing": max(tier.keep_threshold - float(row["loyalty_tier_value"] or 0), 0),
        }


class LoyaltyTierMove(models.Model):
    _inherit = "loyalty.tier.move"

    def _asks_for_notice(self):
        """Whether the member is told: not of a first tier that asks for nothing."""
        self.ensure_one()
        return bool(self.from_tier_id or self.to_tier_id.entry_threshold)

    def _prepare_notice(self):
        """Values of the notice about this change."""
        self.ensure_one()
        kind = f"tier_{self.direction}"
        return {
            "kind": kind,
            "key": f"{kind},{self.card_id.id},{self.number}",
            "card_id": self.card_id.id,
            "partner_id": self.partner_id.id,
            "program_id": self.program_id.id,
            "company_id": self.company_id.id,
            "date": self.date,
            "tier_id": self.to_tier_id.id,
            "former_tier_id": self.from_tier_id.id,
        }
