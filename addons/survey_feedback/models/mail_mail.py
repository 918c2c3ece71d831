from odoo import models


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        """Note invitations that could not be delivered."""
        if failure_type:
            lost = self.filtered(lambda mail: mail.model == "feedback.invitation").mapped("res_id")
            if lost:
                self.env["feedback.invitation"].sudo()._mark_bounced(lost)
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )
