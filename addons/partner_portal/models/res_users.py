from odoo import models


class ResUsers(models.Model):
    _inherit = "res.users"

    def _update_last_login(self):
        """A partner's person who logs in for the first time has accepted the invitation."""
        res = super()._update_last_login()
        if self.env.user.share:
            members = self.env["prm.member"].sudo()
            members.search([("user_id", "=", self.env.uid), ("accepted_on", "=", False)])._accept()
        return res

    def _prm_revoke_portal(self):
        """Take portal access away, as core does it, with the keys of their systems."""
        portal, public = self.env.ref("base.group_portal"), self.env.ref("base.group_public")
        people = self.sudo().filtered("share")
        people.partner_id.signup_type = False
        people.api_key_ids._remove()
        people.write({"group_ids": [(3, portal.id), (4, public.id)], "active": False})
