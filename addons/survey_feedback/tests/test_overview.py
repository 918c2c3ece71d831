from odoo.tests import tagged

from .common import FeedbackCommon

OWN_STEPS = {"feedback_program", "feedback_send", "feedback_score"}


@tagged("post_install", "-at_install")
class TestFeedbackOverview(FeedbackCommon):
    def count(self, code):
        return self.overview(self.manager)[code]["count"]

    def test_who_sees_which_steps(self):
        """Managers ask; whoever works on cases reads what came back; auditors have no steps."""
        self.assertEqual(set(self.overview(self.manager)) & OWN_STEPS, OWN_STEPS)
        for role in ("user", "channel_manager"):
            steps = set(self.overview(self.users[role]))
            self.assertEqual(steps & OWN_STEPS, {"feedback_score"}, role)
        self.assertFalse(set(self.overview(self.users["auditor"])) & OWN_STEPS)

    def test_steps_follow_the_work(self):
        before = {code: self.count(code) for code in OWN_STEPS}
        wave = self.new_wave(self._new_program("Another"))
        self.assertEqual(self.count("feedback_program"), before["feedback_program"] + 1)
        self.assertEqual(self.count("feedback_send"), before["feedback_send"], "only drawn")
        self.send(wave)
        self.assertEqual(self.count("feedback_send"), before["feedback_send"] + 1)
        self.answer(wave, self.customers[0], 9)
        self.assertEqual(self.count("feedback_score"), before["feedback_score"] + 1)

    def test_menus(self):
        visible = {
            role: self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
            for role, user in self.users.items()
        }
        scores = self.env.ref("survey_feedback.feedback_score_menu").id
        surveys = self.env.ref("survey_feedback.survey_survey_menu").id
        for role in ("user", "channel_manager", "manager", "auditor"):
            self.assertIn(scores, visible[role], role)
        self.assertNotIn(scores, visible["integration"])
        self.assertIn(surveys, visible["manager"], "managers also work with surveys")
        self.assertNotIn(surveys, visible["user"])
