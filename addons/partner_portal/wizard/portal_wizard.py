from odoo import models


class PortalWizardUser(models.TransientModel):
    _inherit = "portal.wizard.user"

    def action_grant_access(self):
        """Whoever gets access as a person of a partner becomes a portal member."""
        res = super().action_grant_access()
        users = self.partner_id.with_context(active_test=False).sudo().user_ids
        self.env["prm.member"].sudo()._make_members(users)
        return res
