from odoo import models

from ..models.loyalty_card import CAUSE, Cause


class LoyaltyGenerateWizard(models.TransientModel):
    _inherit = "loyalty.generate.wizard"

    def generate_coupons(self):
        """Hand the description of what is given on to the ledger."""
        cause = Cause(kind="adjust", reason=self[:1].description or None)
        caused = self.with_context(**{CAUSE: cause})
        return super(LoyaltyGenerateWizard, caused).generate_coupons().with_env(self.env)
