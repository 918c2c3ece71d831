from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..lib.earning import add_months


class LoyaltyLedger(models.AbstractModel):
    """Demonstration data: points that were earned and spent in the past."""

    _inherit = "loyalty.ledger"

    @api.model
    def _demo_history(self, program_id, months, moves):
        """Post moves as if they had happened some days ago, on the cards of these customers.

        :param int program_id: program of the cards; a customer without one gets it
        :param int months: after how many months earned points expire
        :param list moves: (partner id, days ago, points, reason), pending ones with days below zero
        """
        program = self.env["loyalty.program"].browse(program_id)
        partners = self.env["res.partner"].browse(dict.fromkeys(move[0] for move in moves))
        cards = self.env["loyalty.earning.rule"]._cards({(program, one) for one in partners})
        today = fields.Date.today()
        postings = [
            self._prepare_demo(cards[program, partner], today, months, *move[1:])
            for move in moves
            for partner in partners.filtered(lambda one, id_=move[0]: one.id == id_)
        ]
        posted = self._post(postings, move=True)
        ages = [max(move[1], 0) for move in moves]
        self.env.cr.execute(
            SQL(
                """
                UPDATE loyalty_ledger_entry entry
                   SET recorded_at = entry.recorded_at - make_interval(days => past.days),
                       posted_at = entry.posted_at - make_interval(days => past.days)
                  FROM unnest(%s, %s) AS past(key, days) WHERE entry.key = past.key
                """,
                [posting["key"] for posting in postings],
                ages,
            )
        )
        self._forget()
        return posted

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
