from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, float_compare


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    loyalty_adjust_limit = fields.Float(
        string="Adjustments Without Approval up to",
        digits=(16, 4),
        min_display_digits=2,
        default=1000,
        help="Points that one person may give to or take from a card by hand within a day. More "
        "needs a second person. 0: every adjustment does.",
    )

    _adjust_limit_check = models.Constraint(
        "CHECK (loyalty_adjust_limit >= 0)", "The limit of adjustments is not below zero."
    )


class LoyaltyCard(models.Model):
    """Points that people change by hand, up to a limit; above it somebody else approves."""

    _inherit = "loyalty.card"

    def _prepare_postings(self, before):
        """Refuse what one person changes by hand beyond the limit of the program."""
        postings = super()._prepare_postings(before)
        if self.env.su:
            return postings
        by_hand = sum(
            posting["points"]
            for posting in postings
            if posting["kind"] == "adjust" and not posting.get("origin_model")
        )
        if by_hand and self._adjusted_beyond(by_hand):
            raise UserError(
                self.env._(
                    "%(points)s by hand are more than one person may change within a day. "
                    "Ask for an adjustment of points: somebody else approves it.",
                    points=self.sudo()._format_points(abs(by_hand)),
                )
            )
        return postings

    def _adjusted_beyond(self, points):
        """Whether a change by hand, with those of this user of the last 24 hours, passes the limit.

        :param float points: signed
        """
        self.ensure_one()
        limit = self.sudo().program_id.loyalty_adjust_limit
        total = abs(points)
        if float_compare(total, limit, 4) <= 0:
            total += self._adjusted_today()
        return float_compare(total, limit, 4) > 0

    def _adjusted_today(self):
        """Return the points that this user moved on this card by hand in the last 24 hours."""
        ledger = self.env["loyalty.ledger"].sudo()
        ledger._flush_buffer()
        [(points,)] = self.env.execute_query(
            SQL(
                """
                SELECT coalesce(sum(abs(points)), 0) FROM loyalty_ledger_entry entry
                 WHERE card_id = %s AND kind = 'adjust' AND user_id = %s AND recorded_at > %s
                   AND NOT EXISTS (SELECT FROM loyalty_ledger_adjustment asked
                                    WHERE asked.entry_id = entry.id
                                      AND asked.approver_id <> asked.user_id)
                """,
                self.id,
                self.env.uid,
                fields.Datetime.now() - timedelta(days=1),
            )
        )
        return float(points)

    def action_adjust(self):
        """Open a new adjustment of this card."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Adjust Points"),
            "res_model": "loyalty.ledger.adjustment",
            "views": [(False, "form")],
            "context": {"default_card_id": self.id},
        }
