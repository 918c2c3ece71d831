"""Interviews: whom to call, what came of it, and filling in for the contact."""

import base64
from datetime import timedelta
from io import BytesIO

from PIL import Image

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common import FeedbackCommon


class InterviewCommon(FeedbackCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program.channel_ids = [Command.create({"channel": "phone"})]
        for number, person in enumerate(cls.customers):
            person.phone = f"+84 24 3826 000{number}"

    def outcome(self, code):
        return self.env["feedback.disposition"].search([("code", "=", code)])

    def called(self, wave, contact, code, user=None, **values):
        """Log a call as its interviewer does, in the dialog."""
        env = self.env(user=user or self.users["user"])
        log = env["feedback.call.log"].create(
            {
                "invitation_id": self.invitation(wave, contact).id,
                "disposition_id": self.outcome(code).id,
                **values,
            }
        )
        log.action_log()
        return self.invitation(wave, contact)


@tagged("post_install", "-at_install")
class TestCallList(InterviewCommon):
    def setUp(self):
        super().setUp()
        self.wave = self.new_wave()
        self.send(self.wave)
        self.ada, self.bao, self.cleo, self.dina = self.customers

    def to_call(self, user):
        return (
            self.env["feedback.invitation"]
            .with_user(user)
            .search(self.env["feedback.invitation"]._to_call_domain())
            .filtered(lambda row: row.wave_id == self.wave)
        )

    def test_dialogs_of_people_whom_one_may_not_read(self):
        stranger = new_test_user(
            self.env, "feedback_stranger", groups="base.group_user,relationship_crm.group_user"
        )
        row = self.invitation(self.wave, self.ada)
        self.ada.user_id = self.manager
        self.env.flush_all()
        readable = self.env["feedback.invitation"].with_user(stranger)
        self.assertFalse(readable.search([("id", "=", row.id)]))
        for model, values in (
            ("feedback.call.log", {"disposition_id": self.outcome("2.21").id}),
            ("feedback.link", {"link": "x"}),
        ):
            dialog = self.env[model].with_user(stranger)
            with self.assertRaises(AccessError):
                dialog.create({"invitation_id": row.id, **values})

    def test_link_and_code(self):
        """The code is made without core's drawing library, which not every machine has."""
        row = self.invitation(self.wave, self.ada).with_user(self.users["user"])
        shown = row.action_link()["context"]
        self.assertIn("/feedback/", shown["default_link"])
        picture = Image.open(BytesIO(base64.b64decode(shown["default_qr"])))
        self.assertEqual((picture.format, picture.width), ("PNG", picture.height))
        # light around it, and the dark corner of the mark in it
        self.assertEqual((picture.getpixel((0, 0)) > 0, picture.getpixel((26, 26))), (True, 0))

    def test_whoever_looks_after_the_customer_calls(self):
        rows = self.to_call(self.users["user"])
        self.assertEqual(rows.contact_id, self.customers)
        self.assertEqual(rows.interviewer_id, self.users["user"])
        self.assertEqual(set(rows.mapped("attempts")), {0})
        mails = self.env["mail.mail"].search(
            [("model", "=", "feedback.invitation"), ("res_id", "in", rows.ids)]
        )
        self.assertFalse(mails, "a call is no e-mail")

    def test_interviewers_in_turn(self):
        team = self.env["res.users"]
        for login in ("feedback_caller_a", "feedback_caller_b"):
            team |= new_test_user(self.env, login, "relationship_crm.group_user")
        self.program.interviewer_ids = team
        self.env.cr.execute("UPDATE feedback_invitation SET sent_at = sent_at - interval '1 year'")
        self.env.invalidate_all()
        wave = self.new_wave()
        self.send(wave)
        self.assertEqual([len(self.to_call(user)) for user in team], [0, 0])
        rows = wave.invitation_ids
        self.assertEqual(sorted(rows.grouped("interviewer_id").keys(), key=lambda u: u.id), [*team])
        self.assertEqual({len(own) for own in rows.grouped("interviewer_id").values()}, {2})
        mine = rows.with_user(team[0]).search([("wave_id", "=", wave.id)])
        self.assertEqual(len(mine), 2, "whom one calls one may see, though others look after them")

    def test_no_number_is_skipped(self):
        self.ada.phone = False
        self.env.cr.execute("UPDATE feedback_invitation SET sent_at = sent_at - interval '1 year'")
        self.env.invalidate_all()
        self.assertEqual(self.skipped(self.new_wave())[self.ada][0], "no_phone")

    def test_busy_stays_on_the_list(self):
        row = self.called(self.wave, self.ada, "3.12", note="Try in the morning")
        self.assertEqual((row.state, row.attempts), ("sent", 1))
        self.assertEqual(row.attempt_ids.note, "Try in the morning")
        self.assertEqual(row.attempt_ids.user_id, self.users["user"])
        self.assertIn(row, self.to_call(self.users["user"]))

    def test_call_back(self):
        later = fields.Datetime.now() + timedelta(days=2)
        row = self.called(self.wave, self.ada, "2.21", callback_at=later)
        self.assertEqual(row.callback_at, later)
        with self.assertRaises(UserError):
            self.called(self.wave, self.bao, "2.21", callback_at="2020-01-01 10:00:00")
        row = self.called(self.wave, self.ada, "3.12", callback_at=later)
        self.assertFalse(row.callback_at, "the next call settles it")

    def test_refusal_is_final(self):
        row = self.called(self.wave, self.ada, "2.11")
        self.assertEqual(row.state, "refused")
        self.assertNotIn(row, self.to_call(self.users["user"]))
        self.assertEqual(self.ada._relationship_consent("survey", "email")[self.ada], "granted")
        with self.assertRaises(UserError):
            self.called(self.wave, self.ada, "3.12")

    def test_no_more_surveys(self):
        self.called(self.wave, self.ada, "2.111")
        self.assertEqual(self.ada._relationship_consent("survey", "email")[self.ada], "refused")

    def test_not_for_ever(self):
        self.program.call_limit = 3
        states = [self.called(self.wave, self.ada, "3.13").state for _call in range(3)]
        self.assertEqual(states, ["sent", "sent", "expired"])

    def test_only_calls_count_as_calls(self):
        self.program.call_limit = 2
        self.invitation(self.wave, self.ada).sudo().attempts = 3  # an e-mail and two reminders
        states = [self.called(self.wave, self.ada, "3.13").state for _call in range(2)]
        self.assertEqual(states, ["sent", "expired"])

    def test_agreed_call_comes_before_the_next_channel(self):
        row = self.invitation(self.wave, self.ada).sudo()
        now = fields.Datetime.now()
        row.next_at = soon = now + timedelta(days=1)
        later = now + timedelta(days=5)
        self.called(self.wave, self.ada, "2.21", callback_at=now + timedelta(minutes=5))
        self.assertEqual(row.next_at, soon + timedelta(minutes=5))
        self.called(self.wave, self.ada, "2.21", callback_at=later)
        self.assertEqual(row.next_at, later + timedelta(days=1))
        self.called(self.wave, self.ada, "2.21", callback_at=now + timedelta(days=2))
        self.assertEqual(row.next_at, later + timedelta(days=1), "never earlier")
        self.called(self.wave, self.bao, "2.21", callback_at=later)
        self.assertFalse(self.invitation(self.wave, self.bao).next_at, "no further channel")

    def test_rates_of_the_wave(self):
        """One interview, one refusal, one not reached, one not called."""
        row = self.invitation(self.wave, self.ada).with_user(self.users["user"])
        row.action_interview()
        key = self.env["feedback.token"].search([("invitation_id", "=", row.id)])
        answer = row.sudo()._begin_interview(key)
        answer._save_lines(self.question, "9")
        answer._mark_done()
        self.called(self.wave, self.bao, "2.11")
        self.called(self.wave, self.cleo, "2.22")
        self.env.invalidate_all()
        self.assertEqual((self.wave.call_count, self.wave.called_count), (4, 3))
        self.assertAlmostEqual(self.wave.aapor_rr2, 1 / 4)
        self.assertAlmostEqual(self.wave.aapor_coop2, 1 / 2)
        self.assertAlmostEqual(self.wave.aapor_con1, 2 / 4)
        self.assertAlmostEqual(self.wave.aapor_ref1, 1 / 4)

    def test_others_may_not(self):
        row = self.invitation(self.wave, self.ada)
        stranger = new_test_user(self.env, "feedback_stranger", "relationship_crm.group_user")
        auditor = self.users["auditor"]
        for user, error in ((stranger, AccessError), (auditor, UserError)):
            for action in ("action_interview", "action_log_call", "action_take"):
                with self.subTest(user=user.login, action=action), self.assertRaises(error):
                    getattr(row.with_user(user), action)()

    def test_attempts_are_history(self):
        self.called(self.wave, self.ada, "3.12")
        attempt = self.invitation(self.wave, self.ada).attempt_ids.with_user(self.manager)
        for act in (lambda: attempt.write({"note": "x"}), attempt.unlink):
            with self.assertRaises(AccessError):
                act()


@tagged("post_install", "-at_install")
class TestInterviewPage(InterviewCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.wave = self.new_wave()
        self.send(self.wave)
        self.ada = self.customers[0]
        self.caller = new_test_user(
            self.env, "feedback_caller", "relationship_crm.group_user", password="feedback_caller"
        )
        self.ada.user_id = self.caller
        self.row = self.invitation(self.wave, self.ada)
        self.url = self.row.with_user(self.caller).action_interview()["url"]

    def begin(self, url=None):
        """Press the button of the page; return the answer of the server."""
        page = self.url_open(url or self.url)
        csrf = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        return self.url_open(
            url or self.url, data={"csrf_token": csrf}, method="POST", allow_redirects=False
        )

    def test_filled_in_for_the_contact_with_the_name(self):
        self.authenticate("feedback_caller", "feedback_caller")
        page = self.url_open(self.url)
        self.assertIn("Ada", page.text)
        self.env.invalidate_all()
        self.assertFalse(self.row.user_input_id, "looking begins nothing")
        response = self.begin()
        self.assertEqual(response.status_code, 303)
        self.env.invalidate_all()
        answer = self.row.user_input_id
        self.assertEqual(answer.partner_id, self.ada)
        self.assertEqual(answer.feedback_interviewer_id, self.caller)
        self.assertEqual(answer.feedback_channel, "phone")
        page = self.url_open(response.headers["Location"])
        self.assertIn("Would you recommend us?", page.text, "core does not refuse the interviewer")
        result = self.make_jsonrpc_request(
            f"/survey/submit/{self.survey.access_token}/{answer.access_token}",
            {str(self.question.id): "4", str(self.survey.question_ids[1].id): "Late"},
        )
        self.assertIn("survey_content", result[1])
        self.env.invalidate_all()
        self.assertEqual((self.row.state, self.row.disposition_id.code), ("done", "1.1"))
        self.assertEqual(self.row.attempt_ids.user_id, self.caller)
        self.assertEqual(answer.feedback_disposition, "1.1")
        score = self.env["feedback.score"].search([("user_input_id", "=", answer.id)])
        self.assertEqual((score.value, score.channel, score.contact_id), (4, "phone", self.ada))
        self.assertEqual(self.url_open(self.url).status_code, 404, "the key has ended")

    def test_only_the_interviewer_has_the_key(self):
        self.authenticate("feedback_caller", "feedback_caller")
        location = self.begin().headers["Location"]
        for login in ("relationship_manager", None):
            with self.subTest(login=login):
                user = login and self._other()
                self.authenticate(*([user.login, user.login] if user else [None, None]))
                page = self.url_open(self.url, allow_redirects=False)
                self.assertIn(page.status_code, (303, 404))
                if user:
                    self.assertIn("Survey Access Error", self.url_open(location).text)

    def _other(self):
        return new_test_user(
            self.env, "feedback_other", "relationship_crm.group_manager", password="feedback_other"
        )

    def test_after_the_interview_nobody_of_ours(self):
        self.authenticate("feedback_caller", "feedback_caller")
        location = self.begin().headers["Location"]
        self.row._end_interviews()
        self.env.flush_all()
        self.assertIn("Survey Access Error", self.url_open(location).text)

    def test_key_of_an_interview_is_no_link_of_the_contact(self):
        token = self.url.rsplit("/", 1)[1]
        self.authenticate(None, None)
        self.assertEqual(self.url_open(f"/feedback/{token}").status_code, 404)

    def test_in_person(self):
        self.authenticate("feedback_caller", "feedback_caller")
        url = self.row.with_user(self.caller).action_interview_in_person()["url"]
        self.begin(url)
        self.env.invalidate_all()
        self.assertEqual(self.row.user_input_id.feedback_channel, "in_person")

    def test_no_key_is_stored(self):
        token = self.url.rsplit("/", 1)[1]
        key = self.env["feedback.token"].search([("invitation_id", "=", self.row.id)])
        self.assertNotIn(token, str(key.sudo().read()))
