"""The clock of a decision: working hours, pauses, escalation."""

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import FRIDAY, MONDAY, VAT, LifeCommon


@tagged("post_install", "-at_install")
class TestDealClock(LifeCommon):
    def test_due_by_the_same_hour_of_the_next_working_day(self):
        with freeze_time(FRIDAY):
            deal = self._deal(submit=True, customer_vat=VAT)
        self.assertEqual(deal.decision_due, self._at(MONDAY))

    def test_it_runs_in_working_hours_only(self):
        """Whenever a deal comes in, its decision takes eight hours of work."""
        for submitted, due in (
            ("2026-03-09 07:00:00", "2026-03-09 17:00:00"),  # before work on Monday
            ("2026-03-09 12:30:00", "2026-03-10 12:00:00"),  # over lunch
            ("2026-03-06 19:00:00", "2026-03-09 17:00:00"),  # after work on Friday
            ("2026-03-07 11:00:00", "2026-03-09 17:00:00"),  # on Saturday
        ):
            self.assertEqual(self._due(submitted), self._at(due), submitted)

    def _due(self, submitted):
        return self.env["prm.deal"]._decision_due(self.company, self._at(submitted))

    def test_a_day_without_work_does_not_count(self):
        """A public holiday of the company counts, that of another doesn't."""
        other = self.env["res.company"].create({"name": "Other"})
        holiday = {
            "name": "Holiday",
            "calendar_id": False,
            "date_from": "2026-03-09 00:00:00",
            "date_to": "2026-03-09 23:59:59",
        }
        leaves = self.env["resource.calendar.leaves"]
        self.assertEqual(leaves.with_company(other).create(holiday).company_id, other)
        self.assertEqual(self._due(FRIDAY), self._at(MONDAY))
        leaves.create(holiday)
        self.assertEqual(self._due(FRIDAY), self._at("2026-03-10 14:00:00"))
        leaves.create({**holiday, "date_to": "2026-04-09 23:59:59"})
        self.assertEqual(self._due(FRIDAY), self._at("2026-04-10 14:00:00"), "a month later")

    def test_hours_are_those_where_the_company_works(self):
        """Eight o'clock is eight in the calendar's zone, also where the clock was changed."""
        calendar = self.company.resource_calendar_id
        calendar.tz = "Asia/Ho_Chi_Minh"  # seven hours ahead: work from 1 to 10 UTC
        self.assertEqual(self._due("2026-03-06 07:00:00"), self._at("2026-03-09 07:00:00"))
        calendar.tz = "Europe/Brussels"  # summer time begins on Sunday, 29 March
        self.assertEqual(self._due("2026-03-27 13:00:00"), self._at("2026-03-30 12:00:00"))

    def test_a_working_day_is_as_long_as_the_calendar_says(self):
        calendar = self.company.resource_calendar_id
        calendar.attendance_ids.filtered(lambda one: one.day_period != "morning").unlink()
        self.assertEqual(calendar.hours_per_day, 4)
        self.assertEqual(self._due("2026-03-06 10:00:00"), self._at("2026-03-09 10:00:00"))
        self.company.resource_calendar_id = False
        self.assertEqual(self._due(FRIDAY), self._at("2026-03-07 14:00:00"), "around the clock")

    def test_the_clock_stops_while_we_wait_for_the_partner(self):
        with freeze_time(FRIDAY):
            deal = self._deal(submit=True, customer_vat=VAT)
        with freeze_time("2026-03-06 20:00:00"):
            deal.action_ask_info("Which products?")
            self.assertEqual((deal.state, deal.decision_due), ("info_needed", False))
            self.assertEqual(deal.clock_left, 5)
            self.assertEqual(deal.info_until, self._at("2026-03-13 20:00:00"))
            told = self.env["prm.deal"].with_user(self.alpha_user)._portal_read(deal.id)["clock"]
            self.assertEqual((told["decide_until"], told["hours_left"]), ("", "05:00"))
        self.assertFalse(deal.activity_ids)
        with freeze_time("2026-03-10 09:00:00"):
            self.assertFalse(deal.is_late)
            deal.action_back_to_review()
        self.assertEqual(deal.decision_due, self._at("2026-03-10 15:00:00"))
        self.assertTrue(deal.activity_ids)

    def test_a_late_decision_is_late_at_once_after_the_answer(self):
        """Nothing is won by a question when the time is over."""
        with freeze_time(FRIDAY):
            deal = self._deal(submit=True, customer_vat=VAT)
        with freeze_time("2026-03-09 15:00:00"):
            deal.action_ask_info("Which products?")
            self.assertEqual(deal.clock_left, 0)
        with freeze_time("2026-03-14 15:00:00"):
            deal.action_back_to_review()
        with freeze_time("2026-03-14 15:00:01"):
            deal.invalidate_recordset()
            self.assertTrue(deal.is_late)

    def test_a_question_without_an_answer_lapses_and_frees_the_next(self):
        with freeze_time(FRIDAY):
            first = self._deal(submit=True, customer_vat=VAT)
            second = self._deal(self.beta, submit=True, customer_vat=VAT)
            first.action_ask_info("Which products?")
        deals = self.env["prm.deal"]
        with freeze_time("2026-03-13 13:00:00"):
            deals._job_lapse(10)
            with self.assertRaisesRegex(UserError, first.name):
                second.action_approve()
        with freeze_time("2026-03-13 15:00:00"):
            self.assertEqual(deals._job_lapse(10), 0)
            self.assertEqual(first.state, "withdrawn")
            self.assertIn("first for its customer", second.message_ids[0].body)
            self.assertEqual(second.verdict, "clear")
            second.action_approve()
        self.assertEqual(second.state, "approved")
        subjects = self._mails(first).mapped("subject")
        self.assertTrue(any("was withdrawn" in subject for subject in subjects), subjects)

    def test_a_late_decision_is_escalated_once_then_approved_where_allowed(self):
        deals = self.env["prm.deal"]
        manager = self.users["manager"]
        self.program.user_id = manager
        with freeze_time(FRIDAY):
            deal = self._deal(submit=True, customer_vat=VAT)
        with freeze_time("2026-03-09 13:00:00"):
            deals._job_escalate(10)
            self.assertFalse(deal.escalated_on)
        with freeze_time("2026-03-09 15:00:00"):
            self.assertIn(deal, deals.search([("is_late", "=", True)]))
            deals._job_escalate(10)
            self.assertTrue(deal.escalated_on)
            self.assertIn(manager, deal.activity_ids.user_id)
            count = len(deal.activity_ids)
            deals._job_escalate(10)
            self.assertEqual(len(deal.activity_ids), count)
        with freeze_time("2026-03-10 16:00:00"):
            deals._job_approve_late(10)
            self.assertEqual(deal.state, "in_review", "the program does not say so")
            self.program.deal_auto_approve = True
            deals._job_approve_late(10)
        self.assertEqual((deal.state, deal.decided_by.id), ("approved", False))

    def test_never_approved_by_itself_where_several_people_approve(self):
        """Nor when all but one have: what the rule asks for, nobody's silence gives."""
        self.program.deal_auto_approve = True
        rule = self.env["prm.deal.rule"].create({"name": "Two of us", "approvals": 2})
        deals = self.env["prm.deal"]
        with freeze_time(FRIDAY):
            deal = self._deal(submit=True, customer_vat=VAT)
            half = self._deal(submit=True, customer_domain="half.example", customer_name="Half")
            half.action_approve()
        with freeze_time("2026-03-09 15:00:00"):
            deals._job_escalate(10)
        with freeze_time("2026-03-20 15:00:00"):
            self.assertEqual(deals._job_approve_late(10), 0)
            self.assertEqual((deal | half).mapped("state"), ["in_review", "in_review"])
            self.assertIn(rule.name, deal.message_ids[0].body)
            half.with_user(self.other_channel).action_approve()
        self.assertEqual(half.state, "approved", "people still may")

    def test_never_approved_by_itself_when_another_partner_asks_too(self):
        self.program.deal_auto_approve = True
        deals = self.env["prm.deal"]
        with freeze_time(FRIDAY):
            deal = self._deal(submit=True, customer_vat=VAT)
            self._deal(self.beta, submit=True, customer_vat=VAT)
        with freeze_time("2026-03-09 15:00:00"):
            deals._job_escalate(10)
        with freeze_time("2026-03-20 15:00:00"):
            deals._job_approve_late(10)
        self.assertEqual(deal.state, "in_review")
