"""Journeys in a browser: the kiosk without a connection, the interviewer, three languages."""

from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged

from .common import FeedbackCommon
from .test_interview import InterviewCommon

#: whether the page of a kiosk may be left: with nothing, with an answer, and again with nothing
LEAVING = """
    const name = 'feedback_kiosk_' + location.pathname.split('/').pop();
    const asks = () => {
        const leaving = new Event('beforeunload', {cancelable: true});
        window.dispatchEvent(leaving);
        return leaving.defaultPrevented;
    };
    const found = [asks()];
    localStorage.setItem(name, JSON.stringify([{key: 'x'.repeat(16), answers: {}}]));
    found.push(asks());
    localStorage.removeItem(name);
    found.push(asks());
    if (found.join() === 'false,true,false') {
        console.log('test successful');
    } else {
        console.error('asked: ' + found);
    }
"""


@tagged("post_install", "-at_install")
class TestKioskTour(FeedbackCommon, HttpCase):
    browser_size = "820x1180"
    touch_enabled = True

    def test_offline_and_back(self):
        kiosk = self.env["feedback.kiosk"].create({"name": "Fair", "survey_id": self.survey.id})
        self.start_tour(kiosk._path(), "feedback_kiosk_tour")
        answers = self.survey.user_input_ids.sorted("id")
        self.assertEqual(answers.mapped("state"), ["done"] * 3)
        scores = self.env["feedback.score"].search([("survey_id", "=", self.survey.id)])
        self.assertEqual(sorted(scores.mapped("value")), [3, 7, 9])
        self.assertEqual(len(set(answers.mapped("feedback_key"))), 3)
        words = answers.user_input_line_ids.filtered("value_text_box").mapped("value_text_box")
        self.assertEqual(set(words), {"Friendly", "Slow", "So so"})

    def test_asks_before_it_is_left_while_an_answer_waits(self):
        kiosk = self.env["feedback.kiosk"].create({"name": "Fair", "survey_id": self.survey.id})
        ready = "!!document.querySelector('.o_feedback_kiosk button[data-value]')"
        self.browser_js(kiosk._path(), LEAVING, ready, login=None)


@tagged("post_install", "-at_install")
class TestInterviewerTour(InterviewCommon, HttpCase):
    def test_call_list(self):
        """Nobody there, call back, interview: from the list, as an interviewer does it."""
        caller = new_test_user(
            self.env, "feedback_caller", "relationship_crm.group_user", password="feedback_caller"
        )
        self.program.interviewer_ids = caller
        wave = self.new_wave()
        self.send(wave)
        self.start_tour(
            "/odoo/feedback-calls",
            "feedback_call_list_tour",
            login="feedback_caller",
            timeout=240,
        )
        ada, bao, cleo, dina = (self.invitation(wave, person) for person in self.customers)
        self.assertEqual((ada.state, ada.attempts, ada.disposition_id.code), ("sent", 1, "3.13"))
        self.assertGreater(bao.callback_at, fields.Datetime.now())
        self.assertEqual((cleo.state, cleo.disposition_id.code), ("done", "1.1"))
        self.assertEqual(cleo.user_input_id.feedback_interviewer_id, caller)
        self.assertEqual(cleo.user_input_id.partner_id, cleo.contact_id)
        self.assertEqual((dina.state, dina.attempts), ("sent", 0))
        self.assertEqual((ada | bao | cleo).attempt_ids.user_id, caller)

    def test_call_list_and_interview(self):
        caller = new_test_user(
            self.env, "feedback_caller", "relationship_crm.group_user", password="feedback_caller"
        )
        self.program.interviewer_ids = caller
        wave = self.new_wave()
        self.send(wave)
        ada, bao = self.customers[:2]
        later = fields.Datetime.now() + timedelta(days=1)
        row = self.called(wave, ada, "2.21", user=caller, callback_at=later)
        self.assertEqual((row.disposition_id.code, row.attempts), ("2.21", 1))
        url = self.invitation(wave, bao).with_user(caller).action_interview()["url"]
        self.start_tour(url, "feedback_interview_tour", login="feedback_caller")
        row = self.invitation(wave, bao)
        self.assertEqual((row.state, row.disposition_id.code), ("done", "1.1"))
        self.assertEqual(row.user_input_id.feedback_interviewer_id, caller)
        self.assertEqual(row.user_input_id.partner_id, bao)


@tagged("post_install", "-at_install")
class TestLanguagesTour(FeedbackCommon, HttpCase):
    browser_size = "360x740"
    touch_enabled = True

    def test_respondent_in_three_languages(self):
        """The same journey on a phone; the page follows the language of the person."""
        titles = {"ar_001": "هل توصي بنا؟", "vi_VN": "Bạn có giới thiệu chúng tôi không?"}
        people = {"en_US": self.customers[2], **dict(zip(titles, self.customers, strict=False))}
        for code, title in titles.items():
            self.env["res.lang"]._activate_lang(code)
            people[code].lang = code
            self.question.with_context(lang=code).title = title
        wave = self.new_wave()
        tokens = self.send(wave)
        for code, person in people.items():
            with self.subTest(language=code):
                self.start_tour(f"/feedback/{tokens[person]}?score=9", "feedback_respondent_tour")
                row = self.invitation(wave, person)
                self.assertEqual(row.state, "done")
                self.assertEqual(row.user_input_id.lang_id.code, code)
                score = self.env["feedback.score"].search(
                    [("user_input_id", "=", row.user_input_id.id)]
                )
                self.assertEqual(score.value, 3)
