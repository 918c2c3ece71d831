from odoo import api, models


class RelationshipOverview(models.AbstractModel):
    """Steps of the feedback part."""

    _inherit = "relationship.overview"

    @api.model
    def _overview_steps(self):
        return [
            *super()._overview_steps(),
            self._overview_step_feedback_program(),
            self._overview_step_feedback_send(),
            self._overview_step_feedback_score(),
        ]

    def _overview_step_feedback_program(self):
        return self._overview_step(
            "feedback_program",
            sequence=310,
            area=self.env._("Feedback"),
            title=self.env._("Say whom to ask, and how often"),
            text=self.env._(
                "A program asks customers how the relationship is. A good survey is already there."
            ),
            model="feedback.program",
            domain=[],
            count_label=self.env._("Programs"),
            action="survey_feedback.feedback_program_action",
        )

    def _overview_step_feedback_send(self):
        return self._overview_step(
            "feedback_send",
            sequence=320,
            area=self.env._("Feedback"),
            title=self.env._("Send a first wave"),
            text=self.env._(
                "Draw the people, look at who is left out and why, and send the question."
            ),
            model="feedback.wave",
            domain=[("sent_at", "!=", False)],
            count_label=self.env._("Waves sent"),
            action="survey_feedback.feedback_wave_action",
        )

    def _overview_step_feedback_score(self):
        return self._overview_step(
            "feedback_score",
            sequence=330,
            area=self.env._("Feedback"),
            title=self.env._("Read what they say"),
            text=self.env._("Every answer gives a score; an unhappy one opens a case."),
            model="feedback.score",
            domain=[],
            access="write",
            access_model="relationship.case",
            count_label=self.env._("Scores"),
            action="survey_feedback.feedback_score_action",
        )
