from odoo import api, models


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
        """Note invitations that could not be delivered."""
        if failure_type:
            lost = self.filtered(lambda mail: mail.model == "feedback.invitation").mapped("res_id")
            if lost:
                self.env["feedback.invitation"].sudo()._mark_bounced(lost)
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )
