from odoo import fields, models

from odoo.addons.relationship_crm.models.relationship_interaction import CHANNELS


class FeedbackAttempt(models.Model):
    """One try to reach somebody for an interview: written once, never changed."""

    _name = "feedback.attempt"
    _description = "Interview Attempt"
    _order = "at desc, id desc"
    _rec_name = "invitation_id"

    invitation_id = fields.Many2one(
        "feedback.invitation", required=True, readonly=True, ondelete="cascade", index=True
    )
    wave_id = fields.Many2one(
        related="invitation_id.wave_id", store=True, index=True, precompute=True
    )
    company_id = fields.Many2one(
        related="invitation_id.company_id", store=True, index=True, precompute=True
    )
    user_id = fields.Many2one(
        "res.users",
        string="Interviewer",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    channel = fields.Selection(CHANNELS, required=True, readonly=True, default="phone")
    at = fields.Datetime(string="Date", required=True, readonly=True, default=fields.Datetime.now)
    disposition_id = fields.Many2one(
        "feedback.disposition", string="Outcome", required=True, readonly=True, ondelete="restrict"
    )
    callback_at = fields.Datetime(string="Call Back On", readonly=True)
    note = fields.Text(readonly=True)
