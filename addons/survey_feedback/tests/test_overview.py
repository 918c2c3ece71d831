from odoo.tests import tagged

from .common import FeedbackCommon

OWN_STEPS = {"feedback_survey", "feedback_send", "feedback_answer"}


@tagged("post_install", "-at_install")
class TestFeedbackOverview(FeedbackCommon):
    def count(self, code):
        return self.overview(self.manager)[code]["count"]

    def test_who_sees_which_steps(self):
        """Only who may work with surveys in core."""
        self.assertEqual(set(self.overview(self.manager)) & OWN_STEPS, OWN_STEPS)
        for role in ("user", "channel_manager", "auditor"):
            self.assertFalse(set(self.overview(self.users[role])) & OWN_STEPS, role)

    def test_survey_step(self):
        before = self.count("feedback_survey")
        self.survey.copy()
        self.assertEqual(self.count("feedback_survey"), before + 1)
        self.assertTrue(self.overview(self.manager)["feedback_survey"]["done"])

    def test_test_entries_do_not_count(self):
        sent, answered = self.count("feedback_send"), self.count("feedback_answer")
        self.survey._create_answer(email="a@example.com", test_entry=True)
        self.assertEqual(self.count("feedback_send"), sent)
        answer = self.survey._create_answer(email="b@example.com")
        self.assertEqual(self.count("feedback_send"), sent + 1)
        self.assertEqual(self.count("feedback_answer"), answered)
        answer._mark_done()
        self.assertEqual(self.count("feedback_answer"), answered + 1)

    def test_restricted_surveys_stay_hidden(self):
        """The figures follow core's rule: a survey may be kept to some of its users."""
        before = self.count("feedback_survey")
        self.survey.restrict_user_ids = self.env.ref("base.user_admin")
        self.assertEqual(self.count("feedback_survey"), before - 1)

    def test_menu(self):
        menu = self.env.ref("survey_feedback.survey_feedback_menu")
        menus = self.env["ir.ui.menu"]
        self.assertIn(menu.id, menus.with_user(self.manager)._visible_menu_ids())
        self.assertNotIn(menu.id, menus.with_user(self.users["user"])._visible_menu_ids())
