"""The kiosk: anybody answers, each answer counts once, however often the tablet sends it."""

from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from .common import FeedbackCommon

KEY = "0123456789abcdef"


@tagged("post_install", "-at_install")
class TestKiosk(FeedbackCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.showroom = self.env["feedback.touchpoint"].create(
            {"name": "Showroom", "code": "showroom"}
        )
        self.kiosk = self.env["feedback.kiosk"].create(
            {
                "name": "Counter",
                "survey_id": self.survey.id,
                "touchpoint_id": self.showroom.id,
            }
        )
        self.url = self.kiosk._path()
        self.why = self.survey.question_ids[1]
        self.authenticate(None, None)

    def answers(self):
        self.env.invalidate_all()
        return self.survey.user_input_ids

    def take(self, value=9, key=KEY, **values):
        answers = {str(self.question.id): value} if value is not None else {}
        return self.make_jsonrpc_request(
            f"{self.url}/answer", {"key": key, "answers": answers, **values}
        )["state"]

    def test_looking_keeps_nothing(self):
        page = self.url_open(self.url)
        self.assertEqual(page.status_code, 200)
        self.assertIn("Would you recommend us?", page.text)
        self.assertEqual(self.url_open(self.url, method="HEAD").status_code, 200)
        self.url_open(f"{self.url}/answer")
        self.assertFalse(self.answers())

    def test_an_answer_of_nobody(self):
        self.assertEqual(self.take(3), "kept")
        answer = self.answers()
        self.assertFalse(answer.partner_id or answer.email)
        self.assertEqual((answer.state, answer.feedback_channel), ("done", "kiosk"))
        score = self.env["feedback.score"].search([("user_input_id", "=", answer.id)])
        self.assertEqual((score.value, score.touchpoint_id), (3, self.showroom))
        self.assertEqual(score.company_id, self.kiosk.company_id)
        self.assertFalse(score.partner_id)
        self.assertEqual(self.kiosk.answer_count, 1)

    def test_sent_twice_counts_once(self):
        self.assertEqual([self.take(), self.take(), self.take(2)], ["kept", "known", "known"])
        self.assertEqual(len(self.answers()), 1)
        self.assertEqual(self.take(key="f" * 16), "kept")
        self.assertEqual(len(self.answers()), 2)

    def test_sent_hours_later(self):
        given = fields.Datetime.now() - timedelta(hours=5)
        self.assertEqual(self.take(at=f"{given.isoformat()}.123Z"), "kept")
        self.assertEqual(self.answers().end_datetime, given)
        score = self.env["feedback.score"].search([("user_input_id", "=", self.answers().id)])
        self.assertEqual(score.answered_on, given)
        for number, odd in enumerate(("1970-01-01T00:00:00Z", "x", 7, None, "9999-12-31", [])):
            self.assertEqual(self.take(key=f"{number}" * 16, at=odd), "kept")
        self.assertGreater(min(self.answers().mapped("end_datetime")), given - timedelta(1))

    def test_what_is_no_answer(self):
        text = str(self.why.id)
        for odd in (11, -1, "9", 9.0, True, None, [9], {"a": 1}):
            self.assertEqual(self.take(odd), "refused", odd)
        for key in ("", "short", None, 5, "x" * 65, "ä" * 16, ["a"]):
            self.assertEqual(self.take(key=key), "refused", key)
        for answers in (
            None,
            [],
            "x",
            {},
            {text: "only words"},
            {str(self.question.id): 9, text: 5},
        ):
            self.assertEqual(self.take(None, answers=answers), "refused", answers)
        self.assertFalse(self.answers(), "no part of it is kept")

    def test_choices_and_words(self):
        self.survey.write(
            {
                "question_and_page_ids": [
                    Command.create(
                        {
                            "title": "What did you look for?",
                            "question_type": "multiple_choice",
                            "suggested_answer_ids": [
                                Command.create({"value": word}) for word in ("Tools", "Advice")
                            ],
                        }
                    )
                ]
            }
        )
        question = self.survey.question_ids[2]
        choices, base = question.suggested_answer_ids, {str(self.question.id): 9}
        wrong = {**base, str(question.id): [choices[0].id, 0]}
        self.assertEqual(self.take(None, answers=wrong), "refused")
        right = {**base, str(question.id): choices.ids, str(self.why.id): " Good\x00 advice "}
        self.assertEqual(self.take(None, answers=right), "kept")
        lines = self.answers().user_input_line_ids
        self.assertEqual(lines.suggested_answer_id, choices)
        self.assertIn("Good advice", lines.mapped("value_text_box"))

    def test_renewed_address(self):
        self.kiosk.action_renew()
        self.env.flush_all()
        self.assertEqual(self.url_open(self.url).status_code, 404)
        self.assertEqual(self.take(), "unknown")
        self.assertFalse(self.answers())

    def test_switched_off(self):
        self.kiosk.active = False
        self.env.flush_all()
        self.assertEqual(self.url_open(self.url).status_code, 404)
        self.assertEqual(self.take(), "unknown")
