from odoo import models

from ..models.loyalty_card import CAUSE, Cause


class LoyaltyCardUpdateBalance(models.TransientModel):
    _inherit = "loyalty.card.update.balance"

    def action_update_card_point(self):
        """Hand the reason on to the ledger; above the limit of the program, ask for approval."""
        change = self.new_balance - self.old_balance
        if (
            not self.env.su
            and self.new_balance >= 0
            and self.card_id.loyalty_has_ledger
            and self.card_id._adjusted_beyond(change)
        ):
            return self._ask_for_adjustment(change)
        cause = Cause(kind="adjust", reason=self.description)
        caused = self.with_context(**{CAUSE: cause})
        return super(LoyaltyCardUpdateBalance, caused).action_update_card_point()

    def _ask_for_adjustment(self, change):
        """Ask for the change instead of making it; open what was asked for."""
        asked = self.env["loyalty.ledger.adjustment"].create(
            {"card_id": self.card_id.id, "points": change, "reason": self.description}
        )
        asked.action_request()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Waits for Approval"),
            "res_model": asked._name,
            "res_id": asked.id,
            "views": [(False, "form")],
        }
