"""Groups and quotas, channels in their order, reminders."""

from itertools import accumulate, pairwise
from unittest.mock import patch

from freezegun import freeze_time
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg2.errors import CheckViolation

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..lib.draw import rank
from ..lib.token import token_hash
from .common import FeedbackCommon


@tagged("post_install", "-at_install")
class TestQuotas(FeedbackCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        more = cls.env["res.partner"].create(
            [{**cls._person_vals(f"Large {n}"), "comment": "large"} for n in range(6)]
        )
        cls.large, cls.people = more, more | cls.customers
        cls.program.write(
            {
                "sample_size": 2,
                "quota_ids": [
                    Command.create(
                        {
                            "name": "Large",
                            "domain": "[('comment', 'ilike', 'large')]",
                            "sample_size": 3,
                        }
                    ),
                    Command.create({"name": "Nobody", "domain": "[('id', '=', 0)]"}),
                ],
            }
        )

    def test_each_group_in_the_order_of_the_seed(self):
        wave = self.new_wave(seed="tried")
        order = sorted(self.people, key=lambda person: rank("tried", person.id))
        expected = [one for one in order if one in self.large][:3]
        expected += [one for one in order if one not in self.large][:2]
        self.assertEqual(set(wave.invitation_ids.contact_id), set(expected))
        groups = {row.name: row for row in wave.stratum_ids}
        self.assertEqual(set(groups), {"Large", "Nobody", "All Others"})
        self.assertEqual([row.population for row in wave.stratum_ids], [6, 0, 4])
        self.assertEqual([row.asked_count for row in wave.stratum_ids], [3, 0, 2])
        self.assertEqual(wave.population, 10)
        again = wave.invitation_ids.contact_id
        wave.action_draw()
        self.assertEqual(wave.invitation_ids.contact_id, again, "drawn again, the same")

    def test_weight_is_population_by_answers(self):
        wave = self.new_wave()
        self.send(wave)
        asked = wave.invitation_ids.contact_id
        for person in list(asked & self.large)[:2] + list(asked - self.large)[:1]:
            score = self.answer(wave, person, 9)
            self.assertEqual(score.weight, 1)
        wave.action_close()
        scores = self.env["feedback.score"].search([("wave_id", "=", wave.id)])
        self.assertEqual(sorted(scores.mapped("weight")), [3, 3, 4])
        self.assertEqual(sum(scores.mapped("weight")), wave.population)
        self.assertEqual([row.weight for row in wave.stratum_ids], [3, 0, 4])

    def test_filters_of_groups_are_ones_own(self):
        quota = self.program.quota_ids[0]
        for odd in ("[('nothing', '=', 1)]", "no domain"):
            with self.assertRaises(ValidationError):
                quota.domain = odd

    def test_customers_and_partners(self):
        partner = self.large[0]
        self.env["prm.enrollment"].create(
            {
                "partner_id": partner.id,
                "program_id": self.env["prm.program"].create({"name": "Resellers"}).id,
            }
        ).state = "active"
        self.program.write({"quota_ids": [Command.clear()], "sample_size": 0})
        self.program.audience = "partners"
        self.assertEqual(self.new_wave().invitation_ids.contact_id, partner)
        self.program.audience = "customers"
        self.assertEqual(self.new_wave().invitation_ids.contact_id, self.people - partner)


@tagged("post_install", "-at_install")
class TestFollow(FeedbackCommon):
    def setUp(self):
        super().setUp()
        self.ada, self.bao, self.cleo, self.dina = self.customers
        self.program.write({"reminder_count": 2, "reminder_days": 5})

    def pass_days(self, wave, days):
        """Let days go by, as far as the wave is concerned, and do what is due."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE feedback_invitation SET next_at = next_at - make_interval(days => %s),"
            " sent_at = sent_at - make_interval(days => %s) WHERE wave_id = %s",
            [days, days, wave.id],
        )
        self.env.invalidate_all()
        while self.env["feedback.invitation"]._job_follow(2):
            pass
        self.env.flush_all()

    def mails(self, wave, contact):
        rows = wave.invitation_ids.filtered(lambda row: row.contact_id == contact)
        return self.env["mail.mail"].search(
            [("model", "=", "feedback.invitation"), ("res_id", "in", rows.ids)]
        )

    def test_reminded_at_most_twice(self):
        wave = self.new_wave()
        self.send(wave)
        self.answer(wave, self.bao, 9)
        counts = []
        for _day in range(5):
            self.pass_days(wave, 5)
            counts.append((len(self.mails(wave, self.ada)), len(self.mails(wave, self.bao))))
        self.assertEqual(counts, [(2, 1), (3, 1), (3, 1), (3, 1), (3, 1)])
        row = self.invitation(wave, self.ada)
        self.assertEqual((row.reminders, row.attempts, row.state), (2, 3, "sent"))
        self.assertIn("still missing", self.mails(wave, self.ada)[0].subject)

    def test_every_link_leads_to_the_one_answer(self):
        wave = self.new_wave()
        tokens = self.send(wave)
        self.pass_days(wave, 5)
        body = self.mails(wave, self.ada).sorted("id")[-1].body_html
        second = body.split("/feedback/")[1].split("?")[0]
        self.assertNotEqual(second, tokens[self.ada])
        find = self.env["feedback.invitation"]._find
        self.assertEqual(find(second), find(tokens[self.ada]))
        self.assertEqual(find(second)._answer(9), find(tokens[self.ada])._answer(3))

    def test_not_before_its_time_nor_after_the_end(self):
        wave = self.new_wave()
        self.send(wave)
        self.pass_days(wave, 4)
        self.assertEqual(len(self.mails(wave, self.ada)), 1)
        wave.closes_at = "2020-01-01 00:00:00"
        self.pass_days(wave, 10)
        self.assertEqual(len(self.mails(wave, self.ada)), 1)

    def test_reminders_ask_consent_and_holds_anew(self):
        wave = self.new_wave()
        self.send(wave)
        self.env["relationship.consent"].create(
            {"contact_id": self.ada.id, "purpose": "survey", "state": "refused", "source": "Test"}
        )
        self.env["relationship.case"].create(
            {"name": "Broken", "kind": "detractor", "contact_id": self.bao.id}
        )
        self.cleo.email = False
        self.pass_days(wave, 5)
        reminded = wave.invitation_ids.filtered("reminders").contact_id
        self.assertEqual(reminded, self.dina)
        self.assertFalse(self.invitation(wave, self.ada).next_at, "left alone for good")

    def test_reminders_are_no_second_invitation(self):
        """Another program may ask when the rest after the invitation is over, reminded or not."""
        wave = self.new_wave()
        self.send(wave)
        self.pass_days(wave, 95)
        self.assertEqual(self.invitation(wave, self.ada).reminders, 1)
        self.assertFalse(self.skipped(self.new_wave(self._new_program("Other"))))

    def test_one_that_fails_keeps_no_other_waiting(self):
        wave = self.new_wave()
        self.send(wave)
        broken = self.invitation(wave, self.cleo).id
        template = type(self.env["mail.template"])
        send = template.send_mail_batch

        def fails(records, res_ids, *args, **kwargs):
            if broken in res_ids:
                raise ValueError("no such picture")
            return send(records, res_ids, *args, **kwargs)

        with patch.object(template, "send_mail_batch", fails):
            self.pass_days(wave, 5)
        reminded = wave.invitation_ids.filtered("reminders").contact_id
        self.assertEqual(reminded, self.customers - self.cleo)
        later = self.invitation(wave, self.cleo).next_at
        self.assertTrue(later, "tried again")
        self.pass_days(wave, 1)
        self.assertIn(self.cleo, wave.invitation_ids.filtered("reminders").contact_id)

    def test_more_than_twice_is_refused(self):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(CheckViolation),
            self.env.cr.savepoint(),
        ):
            self.program.reminder_count = 3
            self.env.flush_all()

    # ------------------------------------------------------------ channels

    def channels(self, *steps):
        self.program.channel_ids = [
            Command.clear(),
            *[Command.create({"channel": channel, "wait_days": days}) for channel, days in steps],
        ]

    def test_first_channel_on_which_they_can_be_reached(self):
        self.channels(("portal", 3), ("email", 3), ("phone", 3))
        account = new_test_user(self.env, "feedback_ada", "base.group_portal")
        account.partner_id.write({"ref": "feedback-test", "email": "portal@feedback.example"})
        self.cleo.write({"email": False, "phone": "+84 24 3826 0002"})
        self.dina.email = False
        self.env["relationship.consent"].create(
            {
                "contact_id": self.bao.id,
                "purpose": "survey",
                "channel": "email",
                "state": "refused",
                "source": "Test",
            }
        )
        self.bao.phone = "+84 24 3826 0003"
        wave = self.new_wave()
        found = {row.contact_id: row.channel for row in wave.invitation_ids if row.state == "drawn"}
        self.assertEqual(
            found,
            {
                account.partner_id: "portal",
                self.ada: "email",
                self.bao: "phone",
                self.cleo: "phone",
            },
        )
        self.assertEqual(self.skipped(wave)[self.dina][0], "no_portal", "what the first lacks")

    def test_one_after_the_other(self):
        self.program.reminder_count = 1
        self.channels(("email", 3), ("phone", 4))
        self.ada.phone = "+84 24 3826 0001"
        wave = self.new_wave()
        self.send(wave)
        sent_at = self.invitation(wave, self.ada).sent_at
        row, seen = self.invitation(wave, self.ada), []
        for _step in range(3):
            self.pass_days(wave, 5)
            seen.append((row.channel, len(self.mails(wave, self.ada))))
        self.assertEqual(seen, [("email", 2), ("phone", 2), ("phone", 2)])
        self.assertEqual(row.interviewer_id, self.users["user"])
        self.assertLess(row.sent_at, sent_at, "still asked once, on the day of the invitation")
        self.assertEqual(self.invitation(wave, self.bao).channel, "email", "has no number")

    def test_on_to_email(self):
        self.program.reminder_count = 0
        self.channels(("phone", 3), ("email", 3))
        self.ada.phone = "+84 24 3826 0001"
        wave = self.new_wave()
        self.send(wave)
        row = self.invitation(wave, self.ada)
        self.assertEqual((row.channel, row.token_hash), ("phone", False))
        self.pass_days(wave, 4)
        self.assertEqual((row.channel, row.email), ("email", self.ada.email_formatted))
        body = self.mails(wave, self.ada).body_html
        token = body.split("/feedback/")[1].split("?")[0]
        self.assertEqual(token_hash(token), row.token_hash)
        answer = self.env["feedback.invitation"]._find(token)._answer(9)
        self.assertEqual(answer.feedback_channel, "email")

    def test_answer_by_the_first_email_when_it_is_the_turn_of_the_phone(self):
        self.program.reminder_count = 0
        self.channels(("email", 3), ("phone", 4))
        self.ada.phone = "+84 24 3826 0001"
        wave = self.new_wave()
        token = self.send(wave)[self.ada]
        self.pass_days(wave, 4)
        self.assertEqual(self.invitation(wave, self.ada).channel, "phone")
        answer = self.env["feedback.invitation"]._find(token)._answer(9)
        self.assertEqual(answer.feedback_channel, "email")

    def test_texts_of_many_at_once(self):
        wave = self.new_wave()
        rows = wave.invitation_ids
        rows._write_messages({row: f"key{row}" for row in rows.ids})
        written = self.env["sms.sms"].search([("partner_id", "in", rows.contact_id.ids)])
        self.assertEqual(written.partner_id, rows.contact_id)

    def test_text_messages(self):
        if not self.env["feedback.invitation"]._sms_ready():
            self.channels(("sms", 3))
            self.assertEqual(self.skipped(self.new_wave())[self.ada][0], "no_sms")
            return
        self.channels(("sms", 3), ("email", 3))
        self.ada.write({"phone": "+84 912 345 678", "country_id": self.env.ref("base.vn").id})
        wave = self.new_wave()
        self.send(wave)
        message = self.env["sms.sms"].search([("partner_id", "=", self.ada.id)])
        self.assertEqual(len(message), 1)
        token = message.body.rsplit("/", 1)[1]
        self.assertEqual(self.env["feedback.invitation"]._find(token).contact_id, self.ada)
        self.assertEqual(self.invitation(wave, self.bao).channel, "email", "the next channel")
        with patch.object(type(wave.invitation_ids), "_sms_ready", lambda _model: False):
            self.env.cr.execute("UPDATE feedback_invitation SET sent_at = sent_at - interval '1y'")
            self.env.invalidate_all()
            other = self.new_wave()
            self.assertEqual(self.invitation(other, self.ada).channel, "email")


@tagged("post_install", "-at_install")
class TestRulesHold(FeedbackCommon):
    """For every schedule of programs: nobody is asked before the rules allow it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._new_program("Other")
        cls.env["feedback.contact.rule"].search([]).active = False
        ada = cls.customers[0]
        cls.rules = cls.env["feedback.contact.rule"].create(
            [
                {"name": "Everybody", "hours": 72},
                {"name": "Ada", "hours": 240, "domain": f"[('id', '=', {ada.id})]"},
            ]
        )

    @settings(max_examples=12, deadline=None, derandomize=True)
    @given(
        st.lists(
            st.tuples(st.booleans(), st.integers(1, 130), st.booleans()), min_size=2, max_size=7
        )
    )
    def test_random_schedules(self, schedule):
        ada = self.customers[0]
        with self.env.cr.savepoint() as savepoint:
            hours = list(accumulate(step for _program, step, _draw in schedule))
            asked = {person: [] for person in self.customers}
            early = {}
            for (first, _step, drawn_before), hour in zip(schedule, hours, strict=True):
                program = self.program if first else self.other
                with freeze_time("2026-01-01 00:00:00") as clock:
                    clock.tick(hour * 3600)
                    wave = early.pop(program, None) or self.new_wave(program)
                    if drawn_before:
                        early[program] = self.new_wave(program)
                    for contact in self.send(wave):
                        asked[contact].append(hour)
            for person, moments in asked.items():
                rest = 240 if person == ada else 72
                gaps = [later - sooner for sooner, later in pairwise(moments)]
                self.assertTrue(moments, "the first wave reaches everybody")
                self.assertTrue(all(gap >= rest for gap in gaps), (schedule, moments))
            savepoint.rollback()
            self.env.invalidate_all()
