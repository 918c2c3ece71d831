from odoo.tests import HttpCase, tagged

from .common import FeedbackCommon


@tagged("post_install", "-at_install")
class TestRespondentTour(FeedbackCommon, HttpCase):
    browser_size = "360x740"
    touch_enabled = True

    def test_from_the_email_to_the_case(self):
        """An unhappy customer answers on a phone; whoever looks after them has a case."""
        wave = self.new_wave()
        contact = self.customers[0]
        token = self.send(wave)[contact]
        self.start_tour(f"/feedback/{token}?score=9", "feedback_respondent_tour")
        score = self.env["feedback.score"].search([("wave_id", "=", wave.id)])
        self.assertEqual((score.value, score.contact_id), (3, contact))
        case = self.env["relationship.case"].search([("feedback_score_id", "=", score.id)])
        self.assertEqual(case.user_id, self.users["user"])
        self.assertIn("The last delivery came late", case.description)

    def test_anonymous_to_the_receipt(self):
        """The browser itself brings the receipt; the answer has no name, the ballot no answer."""
        self.program.anonymity = "anonymous"
        wave = self.new_wave()
        contact = self.customers[0]
        token = self.send(wave)[contact]
        self.start_tour(f"/feedback/{token}?score=9", "feedback_anonymous_tour")
        answer = self.env["survey.user_input"].search([("feedback_wave_id", "=", wave.id)])
        self.assertEqual((answer.state, len(answer)), ("done", 1))
        self.assertFalse(answer.partner_id)
        score = self.env["feedback.score"].search([("wave_id", "=", wave.id)])
        self.assertEqual((score.value, score.contact_id.id), (3, False))
        handed = self.env["feedback.ballot"]._handed_among(wave.invitation_ids)
        self.assertEqual(handed, {self.invitation(wave, contact).id})
        self.assertEqual(self.env["feedback.receipt"].search_count([("wave_id", "=", wave.id)]), 1)
