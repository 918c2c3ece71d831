from odoo.exceptions import ValidationError
from odoo.fields import Command
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


@tagged("post_install", "-at_install")
class TestTemplates(FeedbackCommon):
    #: shipped survey → what it measures, in the order of its questions
    SHIPPED = {
        "survey_relationship_b2b": ["nps", *["dimension"] * 4],
        "survey_relationship_b2c": ["nps"],
        "survey_relationship_partner": ["nps"],
        "survey_csat": ["csat"],
        "survey_ces": ["ces"],
        "survey_four_dimensions": ["csat", *["dimension"] * 4],
        "survey_partner_program": ["nps", "ces", *["dimension"] * 4],
    }

    def test_each_can_be_sent(self):
        for name, metrics in self.SHIPPED.items():
            survey = self.env.ref(f"survey_feedback.{name}")
            measuring = survey.question_ids.filtered("feedback_metric")
            with self.subTest(survey=name):
                self.assertEqual(measuring.mapped("feedback_metric"), metrics)
                self.assertEqual(survey._feedback_question(), survey.question_ids[0])
                self._new_program(name, survey_id=survey.id)._check_survey()
                dimensions = measuring.feedback_dimension_id
                self.assertEqual(len(dimensions), metrics.count("dimension"), "each side once")


@tagged("post_install", "-at_install")
class TestNeeds(FeedbackCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.survey.question_and_page_ids = [
            Command.create(
                {
                    "title": "What would help?",
                    "question_type": "multiple_choice",
                    "feedback_topic": "Asks for",
                    "suggested_answer_ids": [
                        Command.create({"value": word}) for word in ("Training", "Leads")
                    ],
                }
            )
        ]
        cls.why, cls.help = cls.survey.question_ids[1:]
        cls.why.feedback_topic = "Better service"
        cls.training, cls.leads = cls.help.suggested_answer_ids
        cls.ada = cls.customers[0]

    def needs(self):
        return self.env["relationship.need"].search([("partner_id", "=", self.ada.id)])

    def tell(self, text="", choices=()):
        self.env.cr.execute("UPDATE feedback_invitation SET sent_at = sent_at - interval '1 year'")
        self.env.invalidate_all()
        wave = self.new_wave()
        self.send(wave)
        answer = self.invitation(wave, self.ada).sudo()._answer(9)
        answer._save_lines(self.why, text)
        answer._save_lines(self.help, [str(choice.id) for choice in choices])
        answer._mark_done()

    def test_an_answer_notes_and_confirms(self):
        self.tell("Call back sooner", [self.training, self.leads])
        found = self.needs()
        topics = {"Better service", "Asks for: Training", "Asks for: Leads"}
        self.assertEqual(set(found.mapped("topic")), topics)
        self.assertEqual(found.user_id, self.users["user"])
        self.assertIn("Call back sooner", str(found.mapped("description")))
        self.env.cr.execute("UPDATE relationship_need SET confirmed_on = NULL")
        self.env.invalidate_all()
        self.tell("", [self.training])
        self.assertEqual(self.needs(), found, "the same need is not noted twice")
        self.assertEqual(found.filtered("confirmed_on").mapped("topic"), ["Asks for: Training"])

    def test_silence_notes_nothing(self):
        self.tell()
        self.assertFalse(self.needs())
