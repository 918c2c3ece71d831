import re
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..lib.token import token_hash
from .common import LINK, FeedbackCommon


@tagged("post_install", "-at_install")
class TestWaveSend(FeedbackCommon):
    def mails(self, wave):
        return self.env["mail.mail"].search(
            [("model", "=", "feedback.invitation"), ("res_id", "in", wave.invitation_ids.ids)]
        )

    def test_each_gets_one_mail_with_the_scale(self):
        wave = self.new_wave()
        tokens = self.send(wave)
        self.assertEqual(set(tokens), set(self.customers))
        for mail in self.mails(wave):
            links = LINK.findall(mail.body_html)
            self.assertEqual([score for _token, score in links], [str(n) for n in range(11)])
            self.assertIn("Would you recommend us?", mail.body_html)
            self.assertIn(self.env.company.name, mail.subject)
        self.assertEqual(wave.state, "open")
        self.assertEqual((wave.asked_count, wave.answered_count), (4, 0))

    def test_only_the_hash_of_the_token_is_kept(self):
        wave = self.new_wave()
        for contact, token in self.send(wave).items():
            invitation = self.invitation(wave, contact)
            self.assertEqual(invitation.token_hash, token_hash(token))
            self.assertNotIn(token, str(invitation.read()))

    def test_language_of_the_contact(self):
        for code in ("ar_001", "vi_VN"):
            self.env["res.lang"]._activate_lang(code)
        self.env["mail.template"].browse(
            self.env.ref("survey_feedback.mail_template_invitation").id
        ).with_context(lang="vi_VN").subject = "Một câu hỏi"
        self.question.with_context(lang="vi_VN").title = "Bạn có giới thiệu chúng tôi không?"
        bao, cleo = self.customers[1:3]
        bao.lang, cleo.lang = "vi_VN", "ar_001"
        wave = self.new_wave()
        self.send(wave)
        by_contact = {
            self.env["feedback.invitation"].browse(mail.res_id).contact_id: mail
            for mail in self.mails(wave)
        }
        self.assertEqual(by_contact[bao].subject, "Một câu hỏi")
        self.assertIn("Bạn có giới thiệu", by_contact[bao].body_html)
        self.assertIn('dir="rtl"', by_contact[cleo].body_html)
        self.assertIn('dir="ltr"', by_contact[self.customers[0]].body_html)

    def test_sent_once(self):
        wave = self.new_wave()
        self.send(wave)
        self.assertEqual(self.env["feedback.invitation"]._job_send(100), 0)
        self.assertEqual(len(self.mails(wave)), 4)

    def test_batches_go_on_where_they_stopped(self):
        wave = self.new_wave()
        wave.action_send()
        left = [self.env["feedback.invitation"]._job_send(3)]
        self.assertEqual((left, wave.state), ([1], "sending"))
        self.assertEqual(self.env["feedback.invitation"]._job_send(3), 0)
        self.assertEqual((len(self.mails(wave)), wave.state), (4, "open"))

    def test_neither_state_nor_mail_when_it_fails(self):
        """A batch that breaks off leaves nothing behind, and is done by the next run."""
        wave = self.new_wave()
        wave.action_send()
        invitations = self.env["feedback.invitation"]
        with (
            patch.object(type(invitations), "_settle", side_effect=RuntimeError("crash")),
            self.assertRaises(RuntimeError),
            self.env.cr.savepoint(),
        ):
            invitations._job_send(100)
        self.env.invalidate_all()
        self.assertEqual(set(wave.invitation_ids.mapped("state")), {"queued"})
        self.assertFalse(self.mails(wave))
        invitations._job_send(100)
        self.assertEqual(len(self.mails(wave)), 4)

    def test_one_broken_mail_stops_no_other(self):
        wave = self.new_wave()
        wave.action_send()
        template = type(self.env["mail.template"])
        send, broken = template.send_mail_batch, self.invitation(wave, self.customers[2]).id

        def fails(records, res_ids, *args, **kwargs):
            if broken in res_ids:
                raise ValueError("no such picture")
            return send(records, res_ids, *args, **kwargs)

        with patch.object(template, "send_mail_batch", fails):
            self.env["feedback.invitation"]._job_send(100)
        self.assertEqual(len(self.mails(wave)), 3)
        reason, note = self.skipped(wave)[self.customers[2]]
        self.assertEqual(reason, "error")
        self.assertIn("no such picture", note)
        self.assertFalse(self.invitation(wave, self.customers[2]).token_hash)

    def test_mail_that_cannot_be_delivered(self):
        wave = self.new_wave()
        self.send(wave)
        mail = self.mails(wave)[0]
        invitation = self.env["feedback.invitation"].browse(mail.res_id)
        mail._postprocess_sent_message([], [], "no such host", "mail_email_invalid")
        self.assertEqual(invitation.state, "bounced")
        self.assertEqual(wave.asked_count, 4)

    def test_closing(self):
        wave = self.new_wave()
        self.send(wave)
        self.answer(wave, self.customers[0], 9)
        wave.closes_at = "2020-01-01 00:00:00"
        self.env["feedback.wave"]._close_expired()
        self.assertEqual(wave.state, "closed")
        self.assertEqual(
            sorted(wave.invitation_ids.mapped("state")), ["done", "expired", "expired", "expired"]
        )
        self.assertEqual(wave.response_rate, 0.25)

    def test_begun_answers_move_with_the_wave(self):
        wave = self.new_wave()
        self.send(wave)
        self.answer(wave, self.customers[0], 9)
        begun = self.invitation(wave, self.customers[1]).sudo()._answer(8)
        done = self.invitation(wave, self.customers[0]).user_input_id
        before = done.deadline
        self.assertEqual((begun.state, begun.deadline), ("in_progress", before))
        wave.closes_at = before + timedelta(days=7)
        self.assertEqual(begun.deadline, wave.closes_at, "postponed")
        wave.action_close()
        self.assertLessEqual(begun.deadline, fields.Datetime.now(), "closed early by the button")
        self.assertEqual(done.deadline, before, "who is done still sees the last page")
        other = self.late_wave()
        begun = self.invitation(other, self.customers[0]).user_input_id
        other.write({"state": "closed"})
        self.assertLessEqual(begun.deadline, fields.Datetime.now(), "closed early on the board")

    def late_wave(self):
        """Return a wave of another program to which the first customer has begun an answer."""
        self.env.cr.execute("UPDATE feedback_invitation SET sent_at = sent_at - interval '1 year'")
        self.env.invalidate_all()
        wave = self.new_wave(self._new_program("Another"))
        self.send(wave)
        self.invitation(wave, self.customers[0]).sudo()._answer(8)
        return wave

    def test_what_is_closed_is_not_asked(self):
        wave = self.new_wave()
        wave.action_send()
        closes_at = wave.closes_at
        wave.closes_at = "2020-01-01 00:00:00"
        self.env.flush_all()
        self.env["feedback.invitation"]._job_send(100)
        self.assertEqual(set(wave.invitation_ids.mapped("state")), {"queued"})
        self.assertFalse(self.mails(wave))
        wave.closes_at = closes_at
        self.env.flush_all()
        self.env["feedback.invitation"]._job_send(100)
        self.assertEqual(set(wave.invitation_ids.mapped("state")), {"sent"})

    def test_rhythm(self):
        self.program.write({"rhythm": "monthly", "next_on": "2020-01-31"})
        self.program.action_run()
        with mute_logger("odoo.addons.relationship_crm.models.relationship_job"):
            self.assertEqual(self.env["feedback.program"]._job_waves(1), 0)
        wave = self.program.wave_ids
        self.assertEqual((len(wave), wave.state), (1, "sending"))
        self.assertGreater(str(self.program.next_on), "2026")
        self.assertEqual(self.env["feedback.program"]._job_waves(1), 0)
        self.assertEqual(len(self.program.wave_ids), 1, "not before its day")

    def test_a_program_that_fails_keeps_no_other_waiting(self):
        broken = self._new_program("Broken", survey_id=self._new_survey().id)
        (broken | self.program).write({"next_on": "2020-01-31", "rhythm": "monthly"})
        broken.next_on = "2020-01-01"
        (broken | self.program).action_run()
        broken.survey_id.active = False
        while self.env["feedback.program"]._job_waves(1):
            pass
        self.assertFalse(broken.wave_ids, "nothing is left of what failed")
        self.assertEqual(len(self.program.wave_ids), 1)
        self.assertIn("archived", broken.activity_ids.note)
        self.assertEqual(broken.activity_ids.user_id, self.manager)
        self.assertFalse(self.env["feedback.program"]._job_waves(1), "tried again tomorrow")
        self.assertEqual(broken.state, "running")

    @freeze_time("2026-03-01 20:00:00")
    def test_the_day_is_that_of_the_company(self):
        self.program.write({"next_on": "2026-03-02", "rhythm": "monthly"})
        self.program.action_run()
        self.env.company.partner_id.tz = "UTC"
        self.env["feedback.program"]._job_waves(1)
        self.assertFalse(self.program.wave_ids)
        self.env.company.partner_id.tz = "Asia/Ho_Chi_Minh"
        self.env["feedback.program"]._job_waves(1)
        self.assertTrue(self.program.wave_ids)
        self.assertEqual(str(self.program.next_on), "2026-04-02")

    def test_no_step_is_left_out_at_the_beginning(self):
        vals = {"program_id": self.program.id, "state": "sending"}
        with self.assertRaises(UserError):
            self.env["feedback.wave"].create(vals)
        self.survey.active = False
        with self.assertRaises(UserError):
            self._new_program("Running", state="running")

    def test_once(self):
        self.program.write({"rhythm": "once", "next_on": "2020-01-31"})
        self.program.action_run()
        self.env["feedback.program"]._job_waves(1)
        self.assertEqual((self.program.state, len(self.program.wave_ids)), ("ended", 1))

    def many(self, count):
        """Return a drawn wave of a new program that asks so many people."""
        ref = f"feedback-many-{count}"
        self.env["res.partner"].create(
            [
                {**self._person_vals(f"Person{count}x{number}"), "ref": ref}
                for number in range(count)
            ]
        )
        program = self._new_program(ref, domain=f"[('ref', '=', '{ref}')]")
        return self.new_wave(program)

    def test_queries_do_not_grow_with_the_mails(self):
        """One e-mail takes as many queries as forty: all is read, written and noted in sets."""
        counts = []
        for people in (3, 10, 45):
            wave = self.many(people)
            wave.action_send()
            self.env.flush_all()
            self.env.invalidate_all()
            send = self.env["feedback.invitation"]._job_send
            counts.append(self.queries(lambda send=send: (send(100), self.env.flush_all())))
            self.assertEqual(len(self.mails(wave)), people)
        # the first one also fills the caches; 100 to read who, why not, what and in which words
        self.assertLessEqual(counts[2], counts[1])
        self.assertLessEqual(counts[1], 100)

    def test_the_text_is_translated_into_code_once_and_is_each_ones_own(self):
        self.env["res.lang"]._activate_lang("vi_VN")
        wave = self.many(12)
        wave.invitation_ids.contact_id[:6].lang = "vi_VN"
        compiled = []
        qweb = type(self.env["ir.qweb"])
        compile_ = qweb._generate_code

        def noted(records, template):
            if not isinstance(template, int | str):
                compiled.append(records.env.context.get("lang"))
            return compile_(records, template)

        with patch.object(qweb, "_generate_code", noted):
            tokens = self.send(wave)
        rendered = [lang for lang in compiled if lang]
        self.assertLessEqual(len(rendered), 6, "once a language, and what core does to check")
        self.assertEqual(len(set(tokens.values())), 12)
        for mail in self.mails(wave):
            contact = self.env["feedback.invitation"].browse(mail.res_id).contact_id
            found = set(re.findall(r"Person12x\d+", mail.body_html))
            self.assertEqual(found, {contact.name})
            self.assertEqual(
                {token for token, _score in LINK.findall(mail.body_html)}, {tokens[contact]}
            )
            self.assertFalse(mail.body, "the key stands in the e-mail alone")

    def test_own_template(self):
        template = self.env["mail.template"].create(
            {
                "name": "Short",
                "model_id": self.env["ir.model"]._get_id("feedback.invitation"),
                "subject": "Short",
                "body_html": "<a t-att-href=\"object.mail_content['link'] + '?score=1'\">x</a>",
                "partner_to": "{{ object.contact_id.id }}",
            }
        )
        self.program.template_id = template
        wave = self.new_wave()
        self.assertEqual(len(self.send(wave)), 4)
        self.assertEqual(set(self.mails(wave).mapped("subject")), {"Short"})


@tagged("post_install", "-at_install")
class TestMerge(FeedbackCommon):
    def merge(self, src, dst):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((src + dst).ids, dst)

    def test_two_of_one_wave(self):
        ada, bao = self.customers[:2]
        wave = self.new_wave()
        self.send(wave)
        self.answer(wave, ada, 3)
        done = self.invitation(wave, ada)
        self.merge(ada, bao)
        kept = self.invitation(wave, bao)
        self.assertEqual(kept, done, "the one that was answered")
        score = self.env["feedback.score"].search([("wave_id", "=", wave.id)])
        self.assertEqual((score.contact_id, score.partner_id), (bao, bao))
        self.assertEqual(
            self.env["feedback.contact.lock"].search_count([("contact_id", "=", bao.id)]), 1
        )

    def test_rest_of_the_merged(self):
        """Whoever was asked under the old contact is not asked again under the new one."""
        ada, bao = self.customers[:2]
        self.program.domain = f"[('id', '=', {ada.id})]"
        self.send(self.new_wave())
        self.merge(ada, bao)
        self.program.domain = f"[('id', '=', {bao.id})]"
        self.assertEqual(self.skipped(self.new_wave())[bao][0], "recent")

    def test_company_of_the_invited(self):
        """Contacts of a merged company keep their invitations."""
        firm = self.env["res.partner"].create(
            {
                "name": "Firm",
                "is_company": True,
                "child_ids": [Command.create({"name": "Eve", "email": "eve@firm.example"})],
            }
        )
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        self.program.domain = f"[('id', '=', {firm.id})]"
        wave = self.new_wave()
        self.merge(firm, other)
        self.assertEqual(wave.invitation_ids.partner_id, other)
