from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..lib.scale import SCALES, scales_in_words, wrong_scale
from .feedback_score import METRICS


class SurveyQuestion(models.Model):
    _inherit = "survey.question"

    feedback_metric = fields.Selection(
        METRICS,
        string="Measures",
        help="What the answers are counted as. Each measure has its own scale.",
    )
    feedback_dimension_id = fields.Many2one(
        "feedback.dimension",
        string="Dimension",
        ondelete="restrict",
        index="btree_not_null",
        help="Side of the relationship that the question asks about.",
    )

    feedback_touchpoint_id = fields.Many2one(
        "feedback.touchpoint",
        string="Touchpoint",
        ondelete="restrict",
        index="btree_not_null",
        help="Where customers met us, if it is another place than the program's.",
    )

    feedback_topic = fields.Char(
        string="Notes the Need",
        translate=True,
        help="An answer notes or confirms this need of the customer; of choices, each one chosen.",
    )

    @api.onchange("feedback_metric")
    def _onchange_feedback_metric(self):
        """A measure brings its scale."""
        if self.feedback_metric:
            self.question_type = "scale"
            if wrong_scale(self.feedback_metric, self.scale_min, self.scale_max):
                self.scale_min, self.scale_max = SCALES[self.feedback_metric][0]

    @api.constrains(
        "feedback_metric", "feedback_dimension_id", "question_type", "scale_min", "scale_max"
    )
    def _check_feedback_metric(self):
        for question in self.filtered("feedback_metric"):
            metric = question.feedback_metric
            names = dict(question._fields["feedback_metric"]._description_selection(self.env))
            if question.question_type != "scale":
                raise ValidationError(
                    self.env._(
                        "“%(question)s” measures “%(measure)s”, so it needs answers on a scale.",
                        question=question.title,
                        measure=names[metric],
                    )
                )
            if wrong_scale(metric, question.scale_min, question.scale_max):
                raise ValidationError(
                    self.env._(
                        "“%(question)s” measures “%(measure)s”. That is asked on %(right)s, not on "
                        "%(low)s–%(high)s: scores of different scales can't be compared.",
                        question=question.title,
                        measure=names[metric],
                        right=scales_in_words(metric),
                        low=question.scale_min,
                        high=question.scale_max,
                    )
                )
            if metric == "dimension" and not question.feedback_dimension_id:
                raise ValidationError(
                    self.env._("Say which dimension “%s” asks about.", question.title)
                )

    def _scale_values(self):
        """Return the answers one can choose from, lowest first; none for other questions."""
        if not self or self.question_type != "scale":
            return range(0)
        return range(self.scale_min, self.scale_max + 1)

    def _validate_scale(self, answer):
        """Refuse what is not on the scale of a question that measures; core takes any number."""
        errors = super()._validate_scale(answer)
        if not errors and answer and self.feedback_metric:
            allowed = {str(value) for value in self._scale_values()}
            if str(answer) not in allowed:
                return {self.id: self.env._("Choose one of the answers shown.")}
        return errors
