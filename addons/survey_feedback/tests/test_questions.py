from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .common import FeedbackCommon

RIGHT = {"nps": [(0, 10)], "csat": [(1, 5)], "ces": [(1, 7)], "dimension": [(1, 5), (0, 10)]}
TRIED = [(0, 10), (1, 5), (1, 7), (1, 10), (0, 5), (0, 7), (2, 5)]


@tagged("post_install", "-at_install")
class TestQuestions(FeedbackCommon):
    def vals(self, metric, low, high):
        return {
            "title": "Measured",
            "survey_id": self.survey.id,
            "question_type": "scale",
            "scale_min": low,
            "scale_max": high,
            "feedback_metric": metric,
            "feedback_dimension_id": self.env.ref("survey_feedback.feedback_dimension_brand").id,
        }

    def test_each_measure_has_its_scale(self):
        questions = self.env["survey.question"]
        for metric, scales in RIGHT.items():
            for low, high in TRIED:
                with self.subTest(metric=metric, low=low, high=high):
                    if (low, high) in scales:
                        self.assertTrue(questions.create(self.vals(metric, low, high)))
                        continue
                    with self.assertRaises(ValidationError) as refused:
                        questions.create(self.vals(metric, low, high))
                    self.assertIn(f"{low}–{high}", str(refused.exception), "says why")

    def test_scale_cannot_be_changed_under_a_measure(self):
        with self.assertRaises(ValidationError):
            self.question.scale_max = 9
        with self.assertRaises(ValidationError):
            self.question.question_type = "text_box"

    def test_dimension_is_named(self):
        with self.assertRaises(ValidationError):
            self.env["survey.question"].create(
                {**self.vals("dimension", 1, 5), "feedback_dimension_id": False}
            )

    def test_measure_brings_its_scale(self):
        question = self.env["survey.question"].create(
            {"title": "Easy?", "survey_id": self.survey.id, "question_type": "scale"}
        )
        with Form(question) as form:
            form.feedback_metric = "ces"
        self.assertEqual((question.scale_min, question.scale_max), (1, 7))

    def test_answer_off_the_scale(self):
        """Core takes any number for a scale; one that measures takes what it shows."""
        for wrong in ("11", "-1", "x", "5.5"):
            self.assertTrue(self.question.validate_question(wrong), wrong)
        for right in ("0", "10"):
            self.assertFalse(self.question.validate_question(right), right)

    def test_shipped(self):
        survey = self.env.ref("survey_feedback.survey_relationship_b2b")
        self.assertEqual(
            survey.question_ids.mapped("feedback_metric"),
            ["nps", False, "dimension", "dimension", "dimension", "dimension", False],
        )
        self.assertEqual(
            set(survey.question_ids.feedback_dimension_id.mapped("code")),
            {"quality", "contacts", "communication", "brand"},
        )
        self.assertFalse(survey.lang_ids, "asked in every language that is installed")
