"""Asking some days after something happened."""

from datetime import datetime

from freezegun import freeze_time
from psycopg2.errors import CheckViolation, UniqueViolation

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import FeedbackCommon

NOW = "2026-05-10 09:00:00"


class OccasionCommon(FeedbackCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.partner_id.tz = "Asia/Ho_Chi_Minh"
        cls.kind = cls.env["relationship.interaction.kind"].create(
            {"code": "feedback_test_visit", "name": "Visit of ours"}
        )
        cls.ada, cls.bao, cls.cleo, cls.dina = cls.customers
        cls.count = 0

    def start(self, **vals):
        """Let the program ask seven days after a visit, from now on."""
        self.program.write(
            {"rhythm": "after", "after_kind_id": self.kind.id, "after_days": 7, **vals}
        )
        self.program.action_run()
        self.env.flush_all()  # what begins today is worked out today

    def happen(self, contact, at, **vals):
        """Note a visit at a moment (UTC); return its id."""
        type(self).count += 1
        event = {
            "kind": self.kind.code,
            "contact_id": contact.id,
            "occurred_at": datetime.fromisoformat(at),
            "external_ref": f"feedback-test-{self.count}",
            **vals,
        }
        with freeze_time(event["occurred_at"]):
            return self.env["relationship.interaction"]._insert([event])[0]

    def complain(self, contact):
        """Return an open complaint, made and told to the history at this moment."""
        case = self.env["relationship.case"].create(
            {"name": "Late again", "partner_id": contact.id, "kind": "complaint"}
        )
        self.commit_hooks()
        return case

    def night(self, day):
        """Do what the server does in the morning of a day, and send; return {contact: token}."""
        with freeze_time(f"{day} 02:00:00"):
            while self.env["feedback.program"]._job_waves(10):
                pass
            before = self.env["feedback.invitation"].search([("state", "=", "sent")])
            while self.env["feedback.invitation"]._job_send(100):
                pass
            self.env.flush_all()
        sent = self.env["feedback.invitation"].search([("state", "=", "sent")]) - before
        return sent.contact_id

    @property
    def wave(self):
        return self.program.wave_ids.sorted("id")[-1:]


@tagged("post_install", "-at_install")
class TestOccasion(OccasionCommon):
    def test_on_its_day_and_once(self):
        with freeze_time(NOW):
            self.start()
            self.happen(self.ada, "2026-05-10 08:00:00")
        self.assertFalse(self.night("2026-05-16"))
        self.assertFalse(self.program.wave_ids, "nothing is due: no wave")
        self.assertEqual(self.night("2026-05-17"), self.ada)
        self.assertFalse(self.night("2026-05-17"), "twice in a day")
        self.env["feedback.contact.rule"].search([("hours", ">", 0)]).active = False
        for day in range(18, 32):
            self.assertFalse(self.night(f"2026-05-{day}"), day)
        self.assertFalse(self.night("2026-06-01"), "the next month makes nothing of it")
        self.assertEqual(len(self.program.wave_ids), 1)
        self.assertEqual(self.program.state, "running")

    def test_the_day_is_that_of_the_company(self):
        """18:00 UTC is the next day in Vietnam."""
        with freeze_time(NOW):
            self.start()
            self.happen(self.ada, "2026-05-10 16:30:00")
            self.happen(self.bao, "2026-05-10 17:30:00")
        self.assertEqual(self.night("2026-05-17"), self.ada)
        self.assertEqual(self.night("2026-05-18"), self.bao)

    def test_the_past_is_left_alone(self):
        with freeze_time(NOW):
            for day, person in zip((1, 2, 3, 4), self.customers, strict=True):
                self.happen(person, f"2026-05-0{day} 08:00:00")
            self.start()
        self.assertEqual(self.night("2026-05-10"), self.cleo, "due today")
        self.assertEqual(self.night("2026-05-11"), self.dina)
        with freeze_time("2026-05-20 09:00:00"):
            self.happen(self.ada, "2026-05-12 08:00:00")
            self.program.after_days = 8
            self.env.flush_all()
            self.assertEqual(str(self.program.after_since), "2026-05-20")
        self.assertEqual(self.night("2026-05-20"), self.ada)

    def test_a_server_that_stood_still(self):
        with freeze_time(NOW):
            self.start()
            self.happen(self.ada, "2026-05-10 08:00:00")
            self.happen(self.bao, "2026-05-16 08:00:00")
        self.assertEqual(self.night("2026-05-31"), self.ada | self.bao)

    def test_told_late(self):
        """What another system reports days later is asked about, too."""
        with freeze_time(NOW):
            self.start()
        self.assertFalse(self.night("2026-05-18"))
        with freeze_time("2026-05-18 10:00:00"):
            self.happen(self.ada, "2026-05-10 08:00:00")
        self.assertEqual(self.night("2026-05-19"), self.ada)

    def test_one_wave_a_month(self):
        with freeze_time(NOW):
            self.start(open_days=10)
            self.happen(self.ada, "2026-05-11 08:00:00")
            self.happen(self.bao, "2026-05-15 08:00:00")
            self.happen(self.cleo, "2026-05-25 08:00:00")
        self.night("2026-05-18")
        may = self.program.wave_ids
        self.assertEqual((may.state, may.population, may.name), ("open", 1, "Relationship 2026-05"))
        # midnight of Vietnam, ten days after the month
        self.assertEqual(str(may.closes_at), "2026-06-10 17:00:00")
        self.assertEqual(self.night("2026-05-22"), self.bao)
        self.assertEqual(may.invitation_ids.contact_id, self.ada | self.bao)
        self.assertEqual((may.population, may.stratum_ids.population), (2, 2))
        self.assertEqual(may.invitation_ids.sorted("seed_rank").mapped("seed_rank"), [1, 2])
        self.assertEqual(self.night("2026-06-01"), self.cleo)
        june = self.program.wave_ids - may
        self.assertEqual((len(june), str(june.month), may.state), (1, "2026-06-01", "open"))
        with freeze_time("2026-06-10 18:00:00"):
            self.answer(may, self.ada, 9)
            self.env["feedback.wave"]._close_expired()
        self.assertEqual((may.state, may.nps_answers), ("closed", 1))
        score = self.env["feedback.score"].search([("wave_id", "=", may.id)])
        self.assertEqual(score.weight, 2, "two people, one answer")
        self.assertEqual(june.state, "open")

    def test_rules_hold_as_for_every_wave(self):
        self.env["relationship.consent"].create(
            {"contact_id": self.ada.id, "purpose": "survey", "state": "refused", "source": "Call"}
        )
        with freeze_time(NOW):
            self.complain(self.bao)
            self.send(self.new_wave(self._new_program("Other", domain="[('name', '=', 'Cleo')]")))
            self.start()
            for person in self.customers:
                self.happen(person, "2026-05-10 08:00:00")
        self.assertEqual(self.night("2026-05-17"), self.dina)
        reasons = {person: why for person, (why, _note) in self.skipped(self.wave).items()}
        self.assertEqual(reasons, {self.ada: "consent", self.bao: "hold", self.cleo: "recent"})

    def test_who_was_left_out_is_asked_about_the_next_one(self):
        with freeze_time(NOW):
            case = self.complain(self.ada)
            self.start()
            self.happen(self.ada, "2026-05-10 08:00:00")
            self.happen(self.ada, "2026-05-12 08:00:00")
        self.assertFalse(self.night("2026-05-17"))
        self.assertEqual(self.skipped(self.wave)[self.ada][0], "hold")
        self.assertFalse(self.night("2026-05-18"), "the same event is not looked at again")
        case.active = False
        case.kind = "question"
        self.assertEqual(self.night("2026-05-19"), self.ada)
        row = self.wave.invitation_ids
        self.assertEqual((len(row), row.skip_reason), (1, False))
        self.assertEqual(len(row.occasion_ids), 2, "both events led here")

    def test_filters_of_the_program(self):
        stranger = self.env["res.partner"].create({"name": "X", "email": "x@feedback.example"})
        with freeze_time(NOW):
            self.start()
            self.happen(stranger, "2026-05-10 08:00:00")
        self.assertFalse(self.night("2026-05-17"))
        self.assertFalse(self.program.wave_ids, "no empty wave")
        stranger.ref = "feedback-test"
        self.assertFalse(self.night("2026-05-18"), "decided on its day")

    def test_person_of_the_event(self):
        """The one it happened with, not the one last heard from; of an invoice, the role."""
        company = self.env["res.partner"].create(
            {"name": "Firm", "is_company": True, "ref": "feedback-test"}
        )
        buyer, payer = self.env["res.partner"].create(
            [
                {"name": name, "parent_id": company.id, "email": f"{name}@firm.example"}
                for name in ("buyer", "payer")
            ]
        )
        role = self.env["relationship.role"].search([], limit=1)
        payer.relationship_role_ids = role
        with freeze_time(NOW):
            self.start(role_ids=[Command.set(role.ids)])
            self.happen(buyer, "2026-05-10 08:00:00")
            self.happen(company, "2026-05-11 08:00:00")
        self.assertEqual(self.night("2026-05-17"), buyer)
        self.assertEqual(self.night("2026-05-18"), payer)
        asked = self.wave.invitation_ids
        self.assertEqual(asked.partner_id, company)
        by_person = {row.contact_id: row.occasion_ids.interaction_id.contact_id for row in asked}
        self.assertEqual(by_person, {buyer: buyer, payer: company})

    def test_quotas_of_a_month(self):
        more = self.env["res.partner"].create([self._person_vals(f"More{n}") for n in range(4)])
        with freeze_time(NOW):
            self.start(
                sample_size=3,
                quota_ids=[
                    Command.create(
                        {"name": "A", "domain": "[('name', '=', 'Ada')]", "sample_size": 1}
                    )
                ],
            )
            for person in self.ada | self.bao | self.cleo:
                self.happen(person, "2026-05-10 08:00:00")
            for person in self.dina | more:
                self.happen(person, "2026-05-11 08:00:00")
        self.assertEqual(self.night("2026-05-17"), self.ada | self.bao | self.cleo)
        self.assertEqual(len(self.night("2026-05-18")), 1, "one place of three is left")
        wave = self.wave
        left = {why for why, _note in self.skipped(wave).values()}
        self.assertEqual((left, len(self.skipped(wave))), ({"quota"}, 4))
        self.assertEqual([row.population for row in wave.stratum_ids], [1, 7])
        self.program.quota_ids.unlink()
        with freeze_time("2026-05-18 09:00:00"):
            self.happen(self._one_more("Late"), "2026-05-12 08:00:00")
        self.assertFalse(self.night("2026-05-19"))

    def _one_more(self, name):
        return self.env["res.partner"].create(self._person_vals(name))

    def test_one_inbox(self):
        self.bao.email = self.ada.email
        with freeze_time(NOW):
            self.start()
            self.happen(self.ada, "2026-05-10 08:00:00")
            self.happen(self.bao, "2026-05-11 08:00:00")
        self.assertEqual(self.night("2026-05-17"), self.ada)
        self.assertFalse(self.night("2026-05-18"))
        self.assertEqual(self.skipped(self.wave)[self.bao][0], "same_address")

    def test_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        with freeze_time(NOW):
            self.start()
            self.happen(self.ada, "2026-05-10 08:00:00", company_id=other.id)
        self.assertFalse(self.night("2026-05-17"))

    def test_a_closed_month_goes_on_anew(self):
        with freeze_time(NOW):
            self.start()
            self.happen(self.ada, "2026-05-10 08:00:00")
            self.happen(self.bao, "2026-05-11 08:00:00")
        self.night("2026-05-17")
        with freeze_time("2026-05-17 09:00:00"):
            self.program.wave_ids.action_close()
        self.assertEqual(self.night("2026-05-18"), self.bao)
        self.assertEqual(self.program.wave_ids.mapped("state"), ["open", "closed"])

    def test_what_can_be_asked_about(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.program.rhythm = "after"
            self.env.flush_all()
        self.program.invalidate_recordset()
        for code in ("survey_completed", "mail_out", "sms_out"):
            kind = self.env["relationship.interaction.kind"].search([("code", "=", code)])
            with self.assertRaises(ValidationError, msg=code):
                self.program.after_kind_id = kind

    def test_days_are_bounded(self):
        for days in (0, -1, 366):
            with (
                self.subTest(days=days),
                self.assertRaises(CheckViolation),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.program.after_days = days
                self.env.flush_all()
            self.program.invalidate_recordset()

    def test_nobody_draws_everybody(self):
        self.start()
        wave = self.env["feedback.wave"].create({"program_id": self.program.id})
        for refused in (self.program.action_new_wave, wave.action_draw):
            with self.assertRaises(UserError):
                refused()

    def test_taken_once_in_the_database(self):
        event = self.happen(self.ada, "2026-01-10 08:00:00")
        vals = {
            "program_id": self.program.id,
            "company_id": self.program.company_id.id,
            "interaction_id": event,
        }
        self.env["feedback.occasion"].create(vals)
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            self.env["feedback.occasion"].create(vals)

    def test_queries_do_not_grow(self):
        with freeze_time(NOW):
            self.start()
            self.happen(self.ada, "2026-05-10 08:00:00")
            for person in self.env["res.partner"].create(
                [self._person_vals(f"More{n}") for n in range(40)]
            ):
                self.happen(person, "2026-05-12 08:00:00")
        counts = []
        for day in ("2026-05-17", "2026-05-18", "2026-05-19"):
            with freeze_time(f"{day} 02:00:00"):
                counts.append(self.queries(lambda: self.env["feedback.program"]._job_waves(10)))
        self.assertEqual(len(self.wave.invitation_ids), 41)
        self.assertLessEqual(counts[2], counts[0] + 3)

    def test_who_may_see_what_led_to_it(self):
        with freeze_time(NOW):
            self.start()
            self.happen(self.ada, "2026-05-10 08:00:00")
        self.night("2026-05-17")
        occasion = self.wave.invitation_ids.occasion_ids
        self.assertEqual(occasion.occurred_at, datetime(2026, 5, 10, 8))
        found = self.env["feedback.occasion"]
        self.assertIn(occasion, found.with_user(self.users["user"]).search([("id", ">", 0)]))
        self.ada.user_id = self.manager
        self.assertNotIn(occasion, found.with_user(self.users["user"]).search([("id", ">", 0)]))
        self.assertIn(occasion, found.with_user(self.manager).search([("id", ">", 0)]))
