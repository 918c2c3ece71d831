from odoo import fields, models


class FeedbackInvitation(models.Model):
    """What happened that somebody is asked about."""

    _inherit = "feedback.invitation"

    occasion_ids = fields.One2many(
        "feedback.occasion", "invitation_id", string="Asked About", readonly=True
    )
