from html import unescape

from odoo.tests import HttpCase, new_test_user, tagged

from .common import FeedbackCommon

#: what mail gateways, phones and browsers send when they look at a link before anybody does
SCANNERS = (
    {},
    {"Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"X-Moz": "prefetch"},
    {"User-Agent": "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.1) SafeLinks"},
)


@tagged("post_install", "-at_install")
class TestAnswerPage(FeedbackCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.wave = self.new_wave()
        self.tokens = self.send(self.wave)
        self.ada, self.bao = self.customers[:2]
        self.url = f"/feedback/{self.tokens[self.ada]}"
        self.authenticate(None, None)

    def mine(self):
        self.env.invalidate_all()
        return self.invitation(self.wave, self.ada)

    def post(self, url, **data):
        return self.url_open(url, data=data, method="POST", allow_redirects=False)

    # ------------------------------------------------------------ looking keeps nothing

    def test_scanners_do_not_vote(self):
        for headers in SCANNERS:
            for score in (0, 10):
                for method in ("GET", "HEAD"):
                    response = self.url_open(
                        f"{self.url}?score={score}", headers=headers, method=method
                    )
                    self.assertEqual(response.status_code, 200)
        self.url_open(f"{self.url}/stop")
        self.url_open(f"{self.url}/stop", method="HEAD")
        self.assertEqual(self.mine().state, "sent")
        self.assertFalse(self.mine().user_input_id)
        self.assertFalse(self.env["feedback.score"].search([("wave_id", "=", self.wave.id)]))
        self.assertFalse(self.survey.user_input_ids)

    def test_number_of_the_link_is_chosen(self):
        page = self.url_open(f"{self.url}?score=9").text
        self.assertIn("Would you recommend us?", page)
        self.assertRegex(page, r'value="9"\s+checked="checked"')
        self.assertEqual(page.count('checked="checked"'), 1)
        self.assertRegex(self.url_open(f"{self.url}?score=0").text, r'value="0"\s+checked')
        for odd in ("11", "-1", "x", "9&score=3&score=", "%00", "９"):
            page = self.url_open(f"{self.url}?score={odd}")
            self.assertEqual(page.status_code, 200, odd)
        self.assertNotIn('checked="checked"', self.url_open(f"{self.url}?score=11").text)

    def test_pages_are_one_persons(self):
        for url in (self.url, f"{self.url}/stop", "/feedback/nothing"):
            headers = self.url_open(url).headers
            self.assertIn("no-store", headers["Cache-Control"])
            self.assertEqual(headers["Referrer-Policy"], "no-referrer")
            self.assertIn("noindex", headers["X-Robots-Tag"])

    # ------------------------------------------------------------ answering

    def test_a_person_answers(self):
        response = self.post(self.url, score="9")
        self.assertEqual(response.status_code, 303)
        answer = self.mine().user_input_id
        self.assertEqual(self.mine().state, "started")
        self.assertEqual(answer.partner_id, self.ada)
        self.assertEqual((answer.feedback_wave_id, answer.feedback_channel), (self.wave, "email"))
        self.assertEqual(answer.user_input_line_ids.value_scale, 9)
        page = self.url_open(response.headers["Location"])
        self.assertIn("Why?", page.text, "core's page asks the rest")
        self.assertRegex(page.text, r'checked="checked"[^>]*value="9"')
        self._submit(answer, {str(self.question.id): "10"})
        score = self.env["feedback.score"].search([("user_input_id", "=", answer.id)])
        self.assertEqual((score.value, score.band), (10, "high"), "may be changed until the end")
        self.assertEqual(self.mine().state, "done")
        self.assertIn("we have your answer", self.url_open(self.url).text)

    def test_no_second_answer(self):
        """Core offers everybody to take a survey again; whoever is invited answers once."""
        anonymous = self.new_wave(self._new_program("Quiet", anonymity="anonymous"))
        for wave in (self.wave, anonymous):
            with self.subTest(anonymity=wave.anonymity):
                answer = self.invitation(wave, self.ada).sudo()._answer(9)
                answer._mark_done()
                self.env.flush_all()
                self.authenticate("relationship_portal", "relationship_portal")
                tokens = f"{self.survey.access_token}/{answer.access_token}"
                done = self.url_open(f"/survey/{tokens}", timeout=60)
                self.assertIn("Review your answers", done.text)
                self.assertNotIn("/survey/retry/", done.text)
                given = self.survey.user_input_ids
                again = self.url_open(f"/survey/retry/{tokens}", timeout=60)
                self.assertEqual(again.url, done.url)
                self.env.invalidate_all()
                self.assertEqual(self.survey.user_input_ids, given)

    def test_other_surveys_may_be_taken_again(self):
        survey = self._new_survey(title="Core's own", access_mode="public")
        answer = survey._create_answer(email="x@feedback.example")
        answer._mark_done()
        tokens = f"{survey.access_token}/{answer.access_token}"
        self.assertIn("/survey/retry/", self.url_open(f"/survey/{tokens}", timeout=60).text)
        self.url_open(f"/survey/retry/{tokens}", timeout=60)
        self.env.invalidate_all()
        self.assertEqual(len(survey.user_input_ids), 2)

    def _submit(self, answer, answers):
        return self.make_jsonrpc_request(
            f"/survey/submit/{self.survey.access_token}/{answer.access_token}", answers
        )

    def test_zero_is_an_answer(self):
        self.post(self.url, score="0")
        line = self.mine().user_input_id.user_input_line_ids
        self.assertEqual((line.value_scale, line.skipped), (0, False))

    def test_pressing_twice_is_one_answer(self):
        first = self.post(self.url, score="9").headers["Location"]
        second = self.post(self.url, score="3").headers["Location"]
        self.assertEqual(first, second)
        answer = self.mine().user_input_id
        self.assertEqual(answer.user_input_line_ids.value_scale, 3, "the last one counts")
        self.assertEqual(len(self.survey.user_input_ids), 1)
        answer._mark_done()
        self.post(self.url, score="10")
        answer._mark_done()
        score = self.env["feedback.score"].search([("wave_id", "=", self.wave.id)])
        self.assertEqual(score.mapped("value"), [3], "one score, and it stays")

    def test_what_is_no_answer(self):
        for odd in ("", "11", "-1", "x", "9.5", "9" * 400):
            response = self.post(self.url, score=odd)
            self.assertEqual(response.status_code, 303, odd)
            self.assertTrue(response.headers["Location"].endswith(self.url))
        self.assertEqual(self.post(self.url).status_code, 303)
        self.assertFalse(self.mine().user_input_id)

    def test_question_by_question(self):
        """Core goes on after the question that the e-mail asked."""
        self.survey.questions_layout = "page_per_question"
        answer_url = self.post(self.url, score="7").headers["Location"]
        page = self.url_open(answer_url).text
        self.assertIn("Why?", page)
        self.assertNotIn("Would you recommend us?", page)

    def test_nothing_more_to_ask(self):
        self.survey.question_ids[1].unlink()
        self.post(self.url, score="7")
        self.assertEqual(self.mine().state, "done")
        self.assertEqual(
            self.env["feedback.score"].search([("wave_id", "=", self.wave.id)]).value, 7
        )

    # ------------------------------------------------------------ who holds the link

    def test_logged_in_as_somebody_else(self):
        """A shared portal account answers for the invited person, to the end."""
        self.authenticate("relationship_portal", "relationship_portal")
        response = self.post(self.url, score="9")
        page = self.url_open(response.headers["Location"])
        self.assertIn("Why?", page.text)
        self._submit(self.mine().user_input_id, {str(self.question.id): "9"})
        self.assertEqual(self.mine().state, "done")
        score = self.env["feedback.score"].search([("wave_id", "=", self.wave.id)])
        self.assertEqual(score.contact_id, self.ada)

    def test_our_own_people_do_not_answer_for_customers(self):
        new_test_user(self.env, "feedback_clerk", groups="base.group_user")
        self.authenticate("feedback_clerk", "feedback_clerk")
        for response in (self.url_open(self.url), self.post(self.url, score="10")):
            self.assertEqual(response.status_code, 200)
            self.assertIn("for somebody else", response.text)
            self.assertNotIn("Ada", response.text)
        self.assertFalse(self.mine().user_input_id)

    def test_core_answers_of_others_stay_closed(self):
        """What core refuses for its own invitations is refused as before."""
        answer = self.survey._create_answer(partner=self.bao)
        self.authenticate("relationship_portal", "relationship_portal")
        page = self.url_open(f"/survey/{self.survey.access_token}/{answer.access_token}")
        self.assertIn("Survey Access Error", page.text)

    def test_unknown_links(self):
        real = self.tokens[self.ada]
        tried = (
            real[:-1],
            real + "x",
            real.swapcase(),
            self.mine().sudo().token_hash,
            "nothing",
            "0" * 32,
            "%F0%9F%98%80",
            "' OR 1=1 --",
            "x" * 5000,
        )
        for token in tried:
            for url in (f"/feedback/{token}", f"/feedback/{token}/stop"):
                shown, sent = self.url_open(url), self.post(url, score="9")
                self.assertEqual((shown.status_code, sent.status_code), (404, 404), token)
                self.assertIn("We can't find this question", unescape(shown.text))
                self.assertRegex(shown.text, r"<title>\s*\w", "read aloud, a page has a name")
                self.assertNotIn("Would you recommend", shown.text)
        self.assertFalse(self.survey.user_input_ids)

    def test_pages_tell_nothing_about_the_person(self):
        page = self.url_open(self.url).text
        for secret in ("Ada", "ada@", self.wave.name, self.program.name, self.manager.name):
            self.assertNotIn(secret, page)

    # ------------------------------------------------------------ when it is over

    def test_closed_wave(self):
        self.wave.action_close()
        self.assertIn("This question is closed", self.url_open(self.url).text)
        self.assertIn("This question is closed", self.post(self.url, score="9").text)
        self.assertFalse(self.mine().user_input_id)

    def test_late_before_the_wave_is_closed(self):
        self.wave.closes_at = "2020-01-01 00:00:00"
        self.assertIn("This question is closed", self.post(self.url, score="9").text)
        self.assertFalse(self.mine().user_input_id)

    def test_do_not_ask_again(self):
        self.assertIn("Shall we stop asking?", self.url_open(f"{self.url}/stop").text)
        page = unescape(self.post(f"{self.url}/stop").text)
        self.assertIn("We won't ask you again", page)
        self.assertEqual(self.mine().state, "refused")
        said = self.ada._relationship_consent("survey", "email")
        self.assertEqual(said[self.ada], "refused")
        self.env["feedback.contact.rule"].search([]).active = False
        self.env.cr.execute("UPDATE feedback_invitation SET sent_at = sent_at - interval '2 days'")
        self.env.invalidate_all()
        self.assertEqual(self.skipped(self.new_wave()), {self.ada: ("consent", "Refused surveys")})
        self.assertIn("We won't ask you again", unescape(self.url_open(self.url).text))
        self.post(self.url, score="9")
        self.assertFalse(self.mine().user_input_id)

    def test_language_of_the_person(self):
        self.env["res.lang"]._activate_lang("ar_001")
        self.ada.lang = "ar_001"
        self.question.with_context(lang="ar_001").title = "هل توصي بنا؟"
        self.env.flush_all()
        page = self.url_open(self.url).text
        self.assertIn("هل توصي بنا؟", page)
        self.assertIn("rtl.min.css", page)
        self.post(self.url, score="9")
        self.assertEqual(self.mine().user_input_id.lang_id.code, "ar_001")

    def test_the_link_of_somebody_whose_contact_was_deleted(self):
        invitation, consents = self.mine(), self.env["relationship.consent"]
        before = consents.search_count([])
        self.ada.unlink()
        self.assertEqual(self.post(f"{self.url}/stop").status_code, 200)
        self.env.invalidate_all()
        self.assertEqual(invitation.state, "refused")
        self.assertEqual(consents.search_count([]), before)
        url = f"/feedback/{self.tokens[self.bao]}"
        self.bao.unlink()
        response = self.post(url, score=9)
        self.assertEqual(response.status_code, 303)
