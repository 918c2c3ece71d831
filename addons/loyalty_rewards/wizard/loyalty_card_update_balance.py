from odoo import models

from ..models.loyalty_card import CAUSE, Cause


class LoyaltyCardUpdateBalance(models.TransientModel):
    _inherit = "loyalty.card.update.balance"

    def action_update_card_point(self):
        """Hand the reason given in the dialog on to the ledger."""
        cause = Cause(kind="adjust", reason=self.description)
        caused = self.with_context(**{CAUSE: cause})
        return super(LoyaltyCardUpdateBalance, caused).action_update_card_point()
