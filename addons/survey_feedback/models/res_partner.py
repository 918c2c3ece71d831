from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _message_receive_bounce(self, email, partner):
        """Note on the invitations of these people that the e-mail came back."""
        res = super()._message_receive_bounce(email, partner)
        self.env["feedback.invitation"]._mark_returned(self)
        return res
