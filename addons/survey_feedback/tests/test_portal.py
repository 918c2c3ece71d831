"""The portal: the card that counts the questions of who is logged in, and the way to them."""

from odoo.http import Request
from odoo.tests import HttpCase, new_test_user, tagged

from .common import FeedbackCommon


@tagged("post_install", "-at_install")
class TestPortal(HttpCase, FeedbackCommon):
    def setUp(self):
        super().setUp()
        self.ada, self.bao = self.customers[:2]
        new_test_user(
            self.env,
            "feedback_ada",
            "base.group_portal",
            password="feedback_ada",
            partner_id=self.ada.id,
        )
        self.authenticate("feedback_ada", "feedback_ada")

    def waiting(self):
        """Return what the card on the home page counts."""
        counters = {"counters": ["feedback_count"]}
        return self.make_jsonrpc_request("/my/counters", counters)["feedback_count"]

    def press(self, invitation):
        """Press the button of a question."""
        return self.url_open(
            f"/my/surveys/{invitation.id}",
            data={"csrf_token": Request.csrf_token(self)},
            allow_redirects=False,
            timeout=60,
        )

    def test_from_the_card_to_the_answer(self):
        self.assertEqual(self.waiting(), 0)
        self.assertIn("No question waits for you", self.url_open("/my/surveys", timeout=60).text)
        wave = self.new_wave()
        self.send(wave)
        mine = self.invitation(wave, self.ada)
        self.assertEqual(self.waiting(), 1)
        self.assertIn("/my/surveys", self.url_open("/my", timeout=60).text)
        page = self.url_open("/my/surveys", timeout=60).text
        self.assertEqual(page.count('action="/my/surveys/'), 1)
        self.assertIn(self.survey.title, page)
        self.assertEqual(mine.state, "sent", "looking changes nothing")
        opened = self.press(mine)
        self.assertEqual((opened.status_code, mine.state), (303, "opened"))
        question = opened.headers["Location"]
        self.url_open(question, data={"score": "9"})
        self.assertEqual(mine.user_input_id.feedback_channel, "portal")
        self.assertIn("Go On", self.url_open("/my/surveys", timeout=60).text)
        mine.user_input_id._mark_done()
        self.assertEqual((mine.state, self.waiting()), ("done", 0))
        self.assertEqual(self.press(mine).status_code, 404)

    def test_questions_of_others(self):
        wave = self.new_wave()
        self.send(wave)
        other = self.invitation(wave, self.bao)
        keys = self.env["feedback.token"].search_count([("id", ">", 0)])
        self.assertEqual(self.press(other).status_code, 404)
        self.assertEqual(self.press(other.browse(2**31 - 1)).status_code, 404)
        self.assertEqual(other.state, "sent")
        self.assertEqual(self.env["feedback.token"].search_count([("id", ">", 0)]), keys)

    def test_anonymous_questions_wait_in_the_inbox_only(self):
        self.program.anonymity = "anonymous"
        wave = self.new_wave()
        self.send(wave)
        self.assertEqual(self.waiting(), 0)
        self.assertEqual(self.press(self.invitation(wave, self.ada)).status_code, 404)

    def test_closed_questions_wait_no_more(self):
        wave = self.new_wave()
        self.send(wave)
        wave.action_close()
        self.assertEqual(self.waiting(), 0)
        self.assertEqual(self.press(self.invitation(wave, self.ada)).status_code, 404)
