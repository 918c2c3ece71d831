from odoo import fields, models

from .loyalty_ledger_proof import CHECKS


class LoyaltyLedgerProofLine(models.Model):
    """One figure that differs."""

    _name = "loyalty.ledger.proof.line"
    _description = "Difference in the Points Ledger"
    _order = "id"
    _log_access = False

    proof_id = fields.Many2one(
        "loyalty.ledger.proof", required=True, readonly=True, ondelete="cascade", index=True
    )
    kind = fields.Selection(CHECKS, string="What", required=True, readonly=True)
    card_id = fields.Many2one("loyalty.card", readonly=True, ondelete="set null", index=True)
    res_id = fields.Integer(string="Number", readonly=True)
    day = fields.Date(readonly=True)
    expected = fields.Float(string="Should Be", digits=(16, 4), min_display_digits=2, readonly=True)
    found = fields.Float(string="Is", digits=(16, 4), min_display_digits=2, readonly=True)
