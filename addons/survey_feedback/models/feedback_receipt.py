from odoo import api, fields, models
from odoo.tools import SQL

from ..lib.receipt import spent


class FeedbackReceipt(models.Model):
    """A receipt that was brought, so that it is not brought again.

    A row names neither person nor answer, and receipts are made up when they are shown: that one
    was brought at some time tells only that somebody was.
    """

    _name = "feedback.receipt"
    _description = "Spent Receipt"
    _log_access = False
    _rec_name = "spent"

    wave_id = fields.Many2one("feedback.wave", required=True, readonly=True, ondelete="cascade")
    spent = fields.Char(string="Digest", required=True, readonly=True)

    _spent_unique = models.Constraint("UNIQUE (wave_id, spent)", "A receipt is brought once.")

    @api.model
    def _spend(self, wave, receipt):
        """Keep that a receipt was brought; return whether it was not before."""
        self.env.cr.execute(
            SQL(
                "INSERT INTO feedback_receipt (wave_id, spent) VALUES (%s, %s)"
                " ON CONFLICT DO NOTHING",
                wave.id,
                spent(receipt),
            )
        )
        return bool(self.env.cr.rowcount)
