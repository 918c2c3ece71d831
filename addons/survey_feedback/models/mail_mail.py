from odoo import api, models

from .feedback_invitation_bounce import SERVER


class MailMail(models.Model):
    _inherit = "mail.mail"

    @api.model_create_multi
    def create(self, vals_list):
        """Keep the text of an invitation, with its key, in the e-mail alone.

        Core copies it into a message for a discussion, which invitations have none of, and to clean
        that copy takes as long as to write the e-mail.
        """
        for vals in vals_list:
            if vals.get("model") == "feedback.invitation" and vals.get("body_html"):
                vals.pop("body", None)
        return super().create(vals_list)

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        """Note invitations that could not be delivered, and those that went out after all."""
        ours = self.filtered(lambda mail: mail.model == "feedback.invitation")
        if ours:
            invitations, ids = self.env["feedback.invitation"].sudo(), ours.mapped("res_id")
            if failure_type:
                note = failure_reason or ours[0].failure_reason
                invitations._mark_bounced(ids, note, server=failure_type in SERVER)
            else:
                invitations._mark_arrived(ids)
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )
