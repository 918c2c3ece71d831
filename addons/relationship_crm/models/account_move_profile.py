from odoo import models

TYPES = ("out_invoice", "out_refund", "out_receipt")


class AccountMove(models.Model):
    _inherit = "account.move"

    def write(self, vals):
        """A posted invoice that is taken back, or given to another customer, leaves the former."""
        if "partner_id" in vals or vals.get("state") in ("draft", "cancel"):
            self.env["relationship.profile"]._touch(
                {
                    (move.partner_id.id, move.company_id.id)
                    for move in self
                    if move.state == "posted" and move.move_type in TYPES
                }
            )
        return super().write(vals)
