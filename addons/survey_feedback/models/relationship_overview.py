from odoo import api, models


class RelationshipOverview(models.AbstractModel):
    """Steps of the feedback part."""

    _inherit = "relationship.overview"

    @api.model
    def _overview_steps(self):
        return [
            *super()._overview_steps(),
            self._overview_step_feedback_survey(),
            self._overview_step_feedback_send(),
            self._overview_step_feedback_answer(),
        ]

    def _overview_step_feedback_survey(self):
        return self._overview_step(
            "feedback_survey",
            sequence=310,
            area=self.env._("Feedback"),
            title=self.env._("Create a survey"),
            text=self.env._("Ask a few short questions that customers or partners answer gladly."),
            model="survey.survey",
            domain=[],
            count_label=self.env._("Surveys"),
            action="survey.action_survey_form",
        )

    def _overview_step_feedback_send(self):
        return self._overview_step(
            "feedback_send",
            sequence=320,
            area=self.env._("Feedback"),
            title=self.env._("Send it"),
            text=self.env._("Open the survey and choose Share to invite people by e-mail or link."),
            model="survey.user_input",
            domain=[("test_entry", "=", False)],
            count_label=self.env._("Invited or answering"),
            action="survey.action_survey_form",
        )

    def _overview_step_feedback_answer(self):
        return self._overview_step(
            "feedback_answer",
            sequence=330,
            area=self.env._("Feedback"),
            title=self.env._("Read the first answers"),
            text=self.env._("See who has answered and what they said."),
            model="survey.user_input",
            domain=[("test_entry", "=", False), ("state", "=", "done")],
            access="read",
            count_label=self.env._("Complete answers"),
            action="survey.action_survey_user_input",
        )
