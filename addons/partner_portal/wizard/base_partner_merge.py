from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Let the registrations of a merged customer claim the one that stays."""
        deals = (
            self.env["prm.deal"]
            .sudo()
            .with_context(active_test=False)
            .search([("customer_id", "child_of", src_partners.ids)])
        )
        res = super()._update_foreign_keys(src_partners, dst_partner)
        if deals:
            self.env.invalidate_all()
            deals._follow_merged_customer()
        return res
