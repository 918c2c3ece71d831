from odoo import api, fields, models
from odoo.exceptions import UserError


class LoyaltyLedgerLot(models.Model):
    """Points that came together and expire together; what remains of them is the only mutable
    figure of the ledger. A lot below zero is a debt: points taken back after they were spent,
    which the next earnings repay.

    ``remaining`` = ``initial`` - sum of its allocations, and points of an entry = sum of
    ``initial`` of its lots - sum of its allocations; so balance = sum of ``remaining``.
    """

    _name = "loyalty.ledger.lot"
    _description = "Lot of Points"
    _order = "expires_on, id"
    _log_access = False

    card_id = fields.Many2one("loyalty.card", readonly=True, ondelete="set null", index=True)
    entry_id = fields.Many2one(
        "loyalty.ledger.entry", required=True, readonly=True, ondelete="restrict", index=True
    )
    initial = fields.Float(digits=(16, 4), min_display_digits=2, required=True, readonly=True)
    remaining = fields.Float(digits=(16, 4), min_display_digits=2, required=True, readonly=True)
    expires_on = fields.Date(readonly=True)
    rule_id = fields.Many2one(
        "loyalty.earning.rule",
        string="Earned by",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
        help="Of points that came from another card: the rule that gave them there. It says how "
        "long they last.",
    )
    allocation_ids = fields.One2many(
        "loyalty.ledger.allocation", "lot_id", string="Used by", readonly=True
    )

    _remaining_check = models.Constraint(
        "CHECK ((initial > 0 AND remaining BETWEEN 0 AND initial)"
        " OR (initial < 0 AND remaining BETWEEN initial AND 0))",
        "What remains of a lot lies between nothing and what it began with.",
    )
    _open_idx = models.Index("(card_id, expires_on, id) WHERE remaining > 0")
    _debt_idx = models.Index("(card_id, id) WHERE remaining < 0")
    _expiry_idx = models.Index("(expires_on, id) WHERE remaining > 0 AND expires_on IS NOT NULL")

    @api.depends("initial", "remaining")
    def _compute_display_name(self):
        for lot in self:
            lot.display_name = f"{lot.remaining:.2f} / {lot.initial:.2f}"

    @api.model_create_multi
    def create(self, vals_list):
        """Refused: lots come from entries."""
        if vals_list:
            raise UserError(self.env._("Lots are not created by hand."))
        return super().create(vals_list)

    def write(self, vals):
        if self and vals:
            raise UserError(self.env._("Lots are not edited by hand."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Lots are not deleted."))
