from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..lib.earning import add_months

#: points a reward costs and what it is, the dearest first
REWARDS = ((600, "10 % off one order"), (250, "25 off your next order"))
#: days from having enough points to spending them
HESITATION = 6


class LoyaltyLedger(models.AbstractModel):
    """Demonstration data: points that were earned and spent in the past."""

    _inherit = "loyalty.ledger"

    @api.model
    def _demo_history(self, program_id, months, moves):
        """Let what was paid in the past have earned points, and some of them have been spent.

        :param int program_id: program with its earning rules
        :param int months: after how many months the points of ``moves`` expire
        :param list moves: further moves (partner id, days ago, points, reason), pending ones with
            days below zero
        """
        program = self.env["loyalty.program"].browse(program_id)
        self._demo_earn()
        self._demo_redeem(program)
        self._demo_moves(program, months, moves)
        self._demo_tell(program)

    # ------------------------------------------------------------ by the rules

    @api.model
    def _demo_earn(self):
        """Let the earning rules see what was paid before they were there."""
        rules = self.env["loyalty.earning.rule"].search([("active", "=", True)])
        events = self.env["relationship.interaction"].search(
            [("kind_id", "in", rules.kind_id.ids)], order="occurred_at, id"
        )
        rules._consume_interactions(events)
        while self._job_release(5000):
            pass
        self.env.cr.execute(
            """
            UPDATE loyalty_ledger_entry entry
               SET recorded_at = event.occurred_at,
                   posted_at = CASE WHEN entry.posted_at IS NOT NULL
                       THEN greatest(event.occurred_at, entry.available_on) END
              FROM relationship_interaction event
             WHERE event.id = entry.interaction_id
            """
        )
        self._forget()

    @api.model
    def _demo_redeem(self, program):
        """Let two of three who had enough points for a reward have taken it some days later."""
        entries = self.env["loyalty.ledger.entry"].search(
            [("program_id", "=", program.id), ("state", "=", "posted")], order="posted_at, id"
        )
        latest = fields.Datetime.now() - timedelta(days=2)
        postings, days = [], {}
        for card, earned in entries.grouped("card_id").items():
            balance, number = 0, 0
            for entry in earned:
                balance += entry.points
                moment = entry.posted_at + timedelta(days=HESITATION)
                reward = next((one for one in REWARDS if balance >= one[0]), None)
                if not reward or moment > latest or (card.id + number) % 3 == 0:
                    continue
                number += 1
                balance -= reward[0]
                key = f"demo,{card.id},reward,{number}"
                days[key] = moment
                postings.append(
                    {
                        "card_id": card.id,
                        "kind": "redeem",
                        "points": -reward[0],
                        "reason": reward[1],
                        "key": key,
                    }
                )
        self._post(postings, move=True)
        self._demo_date(days)

    # ------------------------------------------------------------ by hand

    @api.model
    def _demo_moves(self, program, months, moves):
        """Post moves as if they had happened some days ago, on the cards of these customers."""
        partners = self.env["res.partner"].browse(dict.fromkeys(move[0] for move in moves))
        cards = self.env["loyalty.earning.rule"]._cards({(program, one) for one in partners})
        today = fields.Date.today()
        postings, days = [], {}
        for partner_id, days_ago, points, reason in moves:
            card = cards[program, partners.browse(partner_id)]
            posting = self._prepare_demo(card, today, months, days_ago, points, reason)
            postings.append(posting)
            days[posting["key"]] = datetime.combine(
                today - timedelta(days=max(days_ago, 0)), time(0, 5)
            )
        self._post(postings, move=True)
        self._demo_date(days)

    @api.model
    def _prepare_demo(self, card, today, months, days, points, reason):
        """Return one move of the past as a posting."""
        return {
            "card_id": card.id,
            "kind": "earn" if points > 0 else "redeem",
            "points": points,
            "reason": reason,
            "state": "pending" if days < 0 else "posted",
            "available_on": today - timedelta(days=days) if days < 0 else None,
            "expires_on": add_months(today - timedelta(days=max(days, 0)), months)
            if points > 0
            else None,
            "key": f"demo,{card.id},{days},{points:g}",
        }

    # ------------------------------------------------------------ dates

    @api.model
    def _demo_date(self, moments):
        """Let the entries of these keys have been posted at these moments."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE loyalty_ledger_entry entry
                   SET recorded_at = past.moment,
                       posted_at = CASE WHEN entry.posted_at IS NOT NULL THEN past.moment END
                  FROM unnest(%s::text[], %s::timestamp[]) AS past(key, moment)
                 WHERE entry.key = past.key
                """,
                list(moments),
                list(moments.values()),
            )
        )
        self._forget()

    @api.model
    def _demo_tell(self, program):
        """Let the history of the customers tell of the points on the days they moved."""
        entries = self.env["loyalty.ledger.entry"].search([("program_id", "=", program.id)])
        self.env["relationship.demo"]._date_interactions(
            {
                f"loyalty.ledger.entry,{entry.id}": entry.posted_at
                for entry in entries
                if entry.posted_at
            }
        )
