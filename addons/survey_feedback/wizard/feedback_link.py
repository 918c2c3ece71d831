from odoo import fields, models


class FeedbackLink(models.TransientModel):
    """A link to one person's question, shown once to whoever hands it over."""

    _name = "feedback.link"
    _description = "Link to a Question"

    invitation_id = fields.Many2one("feedback.invitation", readonly=True)
    contact_id = fields.Many2one(related="invitation_id.contact_id")
    link = fields.Char(readonly=True)
    qr = fields.Binary(string="QR Code", readonly=True, attachment=False)
