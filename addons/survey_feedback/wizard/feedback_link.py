from odoo import api, fields, models


class FeedbackLink(models.TransientModel):
    """A link to one person's question, shown once to whoever hands it over."""

    _name = "feedback.link"
    _description = "Link to a Question"

    invitation_id = fields.Many2one("feedback.invitation", readonly=True)
    contact_id = fields.Many2one(related="invitation_id.contact_id", related_sudo=False)
    link = fields.Char(readonly=True)
    qr = fields.Binary(string="QR Code", readonly=True, attachment=False)

    @api.constrains("invitation_id")
    def _check_invitation(self):
        """Nobody is shown whom they may not read."""
        self.invitation_id.sudo(False).check_access("read")
