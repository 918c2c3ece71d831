from odoo import api, fields, models
from odoo.exceptions import ValidationError

ANONYMITY = [
    ("identified", "Identified"),
    ("confidential", "Confidential"),
    ("anonymous", "Anonymous"),
]
#: channels on which nobody sees who answers
WRITING = {"email", "sms"}
#: answers that only confidential readers may see, and that are reported from five people on
SEALED = ("confidential", "anonymous")


class FeedbackProgram(models.Model):
    """Who may know who said what, and where in the relationship the program asks."""

    _inherit = "feedback.program"

    anonymity = fields.Selection(
        ANONYMITY,
        required=True,
        default="identified",
        tracking=True,
        help="Identified: whoever looks after the customer sees the answer. Confidential: only "
        "confidential readers see who said what; all others see figures of five people or more, "
        "once the wave is closed. Anonymous: nobody can find out who said what, not even from the "
        "database. A wave keeps what it was made with.",
    )
    touchpoint_id = fields.Many2one(
        "feedback.touchpoint",
        ondelete="restrict",
        index="btree_not_null",
        help="Where customers met us. A question may name another one.",
    )

    @api.constrains("anonymity", "channel_ids")
    def _check_anonymous_channels(self):
        """Whoever asks in person knows the answer; a page of one's own notes when it is opened."""
        for program in self.filtered(lambda one: one.anonymity == "anonymous"):
            if set(program.channel_ids.mapped("channel")) - WRITING:
                raise ValidationError(
                    self.env._("Anonymous questions are sent by e-mail or SMS only.")
                )

    @api.constrains("anonymity", "survey_id")
    def _check_anonymity(self):
        """An anonymous survey must not ask who somebody is, nor count seconds."""
        for program in self.filtered(lambda one: one.anonymity == "anonymous"):
            survey = program.survey_id.sudo()
            naming = survey.question_ids.filtered(
                lambda question: question.save_as_email or question.save_as_nickname
            )
            if naming:
                raise ValidationError(
                    self.env._(
                        "“%s” asks for a name or an address. Take that question out, or don't ask "
                        "anonymously.",
                        survey.title,
                    )
                )
            if survey.is_time_limited or survey.is_attempts_limited:
                raise ValidationError(
                    self.env._(
                        "“%s” has a limit of time or attempts, which can't be kept without noting "
                        "who answers when. Switch it off, or don't ask anonymously.",
                        survey.title,
                    )
                )
