from odoo import models


class SurveySurvey(models.Model):
    _inherit = "survey.survey"

    def _feedback_question(self):
        """Return the question that stands in the invitation: the first recommendation asked for,
        else the first question that measures anything."""
        measuring = self.question_ids.filtered("feedback_metric")
        recommending = measuring.filtered(lambda question: question.feedback_metric == "nps")
        return (recommending or measuring)[:1]
