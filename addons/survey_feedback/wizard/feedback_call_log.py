from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError


class FeedbackCallLog(models.TransientModel):
    """What came of a call: picked from the code table, with a time to call back."""

    _name = "feedback.call.log"
    _description = "Log a Call"

    invitation_id = fields.Many2one("feedback.invitation", required=True, readonly=True)
    contact_id = fields.Many2one(related="invitation_id.contact_id", related_sudo=False)
    phone = fields.Char(related="invitation_id.phone", related_sudo=False)
    disposition_id = fields.Many2one(
        "feedback.disposition",
        string="Outcome",
        required=True,
        domain=[("outcome", "!=", "I")],
        help="A complete interview is noted by itself, with the last answer.",
    )
    asks_callback = fields.Boolean(related="disposition_id.callback")
    callback_at = fields.Datetime(
        string="Call Back On",
        compute="_compute_callback_at",
        store=True,
        readonly=False,
    )
    note = fields.Text()

    @api.constrains("invitation_id")
    def _check_invitation(self):
        """Nobody logs a call to people whom they may not read."""
        self.invitation_id.sudo(False).check_access("read")

    @api.depends("disposition_id")
    def _compute_callback_at(self):
        """Propose the same time tomorrow."""
        for log in self:
            if not log.disposition_id.callback:
                log.callback_at = False
            elif not log.callback_at:
                log.callback_at = fields.Datetime.now() + timedelta(days=1)

    def action_log(self):
        """Note what came of the call.

        :raise UserError: the time to call back is missing or past
        """
        self.ensure_one()
        disposition = self.disposition_id
        if disposition.callback and (
            not self.callback_at or self.callback_at <= fields.Datetime.now()
        ):
            raise UserError(self.env._("Say when to call back, at a time still to come."))
        self.invitation_id._check_may_interview()
        self.invitation_id.sudo()._log_attempt(disposition, self.note, self.callback_at)
        return {"type": "ir.actions.act_window_close"}
