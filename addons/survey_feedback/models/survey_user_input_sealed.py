from odoo import api, fields, models

from .feedback_program_anonymity import ANONYMITY, SEALED


class SurveyUserInput(models.Model):
    """Answers given under a promise."""

    _inherit = "survey.user_input"

    feedback_anonymity = fields.Selection(
        ANONYMITY,
        string="Anonymity",
        compute="_compute_feedback_anonymity",
        precompute=True,
        store=True,
        help="What the person who answered was promised.",
    )
    feedback_is_sealed = fields.Boolean(
        string="Confidential",
        compute="_compute_feedback_anonymity",
        precompute=True,
        store=True,
        help="Only confidential readers see this answer.",
    )

    @api.depends("feedback_wave_id")
    def _compute_feedback_anonymity(self):
        """The promise stays with the answer, also when its wave is gone."""
        for answer in self:
            promise = answer.feedback_wave_id.anonymity or answer.feedback_anonymity
            answer.feedback_anonymity = promise or False
            answer.feedback_is_sealed = promise in SEALED

    def _notify_new_participation_subscribers(self):
        """A note on the survey would tell when somebody answered."""
        return super(
            SurveyUserInput, self.filtered(lambda answer: not answer.feedback_is_sealed)
        )._notify_new_participation_subscribers()


class SurveyUserInputLine(models.Model):
    _inherit = "survey.user_input.line"

    feedback_is_sealed = fields.Boolean(
        related="user_input_id.feedback_is_sealed", store=True, string="Confidential"
    )
