"""A certification that was passed is told to the history of the person, and no score with it."""

from odoo.fields import Command
from odoo.tests import tagged

from .common import FeedbackCommon


@tagged("post_install", "-at_install")
class TestTraining(FeedbackCommon):
    def test_passed_once_a_year(self):
        right = {"value": "Four", "is_correct": True, "answer_score": 10}
        survey = self.env["survey.survey"].create(
            {
                "title": "Selling chairs",
                "certification": True,
                "scoring_type": "scoring_without_answers",
                "scoring_success_min": 80,
                "question_and_page_ids": [
                    Command.create(
                        {
                            "title": "How many legs?",
                            "question_type": "simple_choice",
                            "suggested_answer_ids": [
                                Command.create(right),
                                Command.create({"value": "Five"}),
                            ],
                        }
                    )
                ],
            }
        )
        question = survey.question_ids
        ada, bao = self.customers[:2]
        for person, chosen in ((ada, 0), (ada, 0), (bao, 1)):
            answer = survey._create_answer(partner=person)
            answer._save_lines(question, question.suggested_answer_ids[chosen].id)
            answer._mark_done()
        self.env.cr.flush()
        events = self.env["relationship.interaction"].search(
            [("kind_id.code", "=", "training_passed"), ("partner_id", "in", self.customers.ids)]
        )
        self.assertEqual(events.contact_id, ada)
        self.assertEqual(len(events), 1)
        self.assertFalse(events.res_id or events.payload)
