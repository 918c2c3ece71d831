from odoo import api, fields, models
from odoo.exceptions import UserError


class LoyaltyLedgerAllocation(models.Model):
    """Points of a lot that an entry used (above zero), gave back to it, or repaid of a debt."""

    _name = "loyalty.ledger.allocation"
    _description = "Use of a Lot of Points"
    _order = "id"
    _log_access = False

    entry_id = fields.Many2one(
        "loyalty.ledger.entry", required=True, readonly=True, ondelete="restrict", index=True
    )
    lot_id = fields.Many2one(
        "loyalty.ledger.lot", required=True, readonly=True, ondelete="restrict", index=True
    )
    lot_entry_id = fields.Many2one(related="lot_id.entry_id", string="Points From")
    expires_on = fields.Date(related="lot_id.expires_on")
    points = fields.Float(digits=(16, 4), min_display_digits=2, required=True, readonly=True)

    _points_check = models.Constraint("CHECK (points <> 0)", "An allocation moves points.")

    @api.model_create_multi
    def create(self, vals_list):
        """Refused: allocations come from entries."""
        if vals_list:
            raise UserError(self.env._("Allocations are not created by hand."))
        return super().create(vals_list)

    def write(self, vals):
        if self and vals:
            raise UserError(self.env._("Allocations are not edited."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Allocations are not deleted."))
