from odoo.tests import HttpCase, tagged

from .common import FeedbackCommon


@tagged("post_install", "-at_install")
class TestCaseTour(FeedbackCommon, HttpCase):
    def test_owner_closes_the_loop(self):
        """An unhappy customer is called, what was done and why is noted, the case is closed."""
        wave = self.new_wave()
        self.send(wave)
        owner = self.users["user"]
        self.answer(wave, self.customers[0], 3, "Late again")
        case = self.env["relationship.case"].search([("contact_id", "=", self.customers[0].id)])
        self.start_tour("/odoo/cases", "feedback_case_tour", login=owner.login)
        self.assertEqual((case.state, case.user_id), ("closed", owner))
        self.assertEqual(
            case.feedback_cause_id, self.env.ref("survey_feedback.feedback_cause_delivery_late")
        )
        self.assertIn("courier", case.resolution)
        asked = self.env["feedback.followup"].search([("case_id", "=", case.id)])
        self.assertEqual(asked.contact_id, self.customers[0])

    def test_manager_reads_a_wave(self):
        self.users["user"].name = "<b>Owner</b>"
        wave = self.new_wave()
        self.send(wave)
        for contact, value in zip(self.customers, (10, 9, 7, 2), strict=True):
            self.answer(wave, contact, value)
        self.start_tour(
            f"/odoo/feedback-waves/{wave.id}", "feedback_results_tour", login=self.manager.login
        )
