import re
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common import FeedbackCommon

CASE_LINK = re.compile(r"/feedback/case/([\w-]{32})\?score=(\d)")


class CaseCommon(FeedbackCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rules = cls.env["feedback.case.rule"].with_context(active_test=False).search([])
        cls.rules.active = False
        cls.detractor = cls._new_rule("detractor")
        cls.cause = cls.env.ref("survey_feedback.feedback_cause_delivery_late")
        cls.ada, cls.bao = cls.customers[:2]

    def setUp(self):
        super().setUp()
        self.wave = self.new_wave()
        self.send(self.wave)

    @classmethod
    def _new_rule(cls, trigger, **vals):
        return cls.env["feedback.case.rule"].create({"name": trigger, "trigger": trigger, **vals})

    def case(self, contact=None):
        return self.env["relationship.case"].search(
            [("contact_id", "=", (contact or self.ada).id), ("feedback_rule_id", "!=", False)]
        )

    def close(self, case):
        case.write({"resolution": "<p>Called, mended</p>", "feedback_cause_id": self.cause.id})
        for step in ("action_contact", "action_start", "action_verify", "action_close"):
            getattr(case, step)()


@tagged("post_install", "-at_install")
class TestClock(CaseCommon):
    """When the first call is due, counted by hand: 48 hours of the days on which we work.

    Easter Sunday is the 5th of April 2026; clocks in the European Union are put forward on the
    29th of March 2026 and back on the 25th of October.
    """

    def work_in(self, zone, *leaves):
        """Let the company work from Monday to Friday, but on some days: (from, to) in UTC."""
        hours = {"hour_from": 8, "hour_to": 16, "day_period": "morning"}
        calendar = self.env["resource.calendar"].create(
            {
                "name": zone,
                "tz": zone,
                "attendance_ids": [
                    Command.clear(),
                    *[
                        Command.create({"name": str(day), "dayofweek": str(day), **hours})
                        for day in range(5)
                    ],
                ],
                "leave_ids": [
                    Command.create({"name": "Public", "date_from": first, "date_to": last})
                    for first, last in leaves
                ],
            }
        )
        self.env.company.resource_calendar_id = calendar

    def due(self, answered):
        """Return when a first call is due for an unhappy answer of that moment (UTC)."""
        with freeze_time(answered):
            self.answer(self.wave, self.ada, 3)
        return str(self.case().due)

    def test_over_a_weekend(self):
        """Friday 17:30 in Hanoi: 6½ hours, Monday 24, Tuesday 17½."""
        self.work_in("Asia/Ho_Chi_Minh")
        self.assertEqual(self.due("2026-11-20 10:30:00"), "2026-11-24 10:30:00")

    def test_answered_on_a_day_off(self):
        """Friday 18:00 UTC is Saturday in Hanoi: all of Monday and Tuesday there."""
        self.work_in("Asia/Ho_Chi_Minh")
        self.assertEqual(self.due("2026-11-20 18:00:00"), "2026-11-24 17:00:00")

    def test_over_easter(self):
        """Thursday 10:30: 13½ hours, Tuesday 24, Wednesday 10½; Friday and Monday are holidays."""
        self.work_in(
            "Europe/Berlin",
            ("2026-04-02 22:00:00", "2026-04-03 21:59:59"),
            ("2026-04-05 22:00:00", "2026-04-06 21:59:59"),
        )
        self.assertEqual(self.due("2026-04-02 08:30:00"), "2026-04-08 08:30:00")

    def test_while_clocks_are_put_forward(self):
        """Thursday 15:00 in winter is 14:00 UTC; Monday 15:00 in summer is 13:00 UTC."""
        self.work_in("Europe/Berlin")
        self.assertEqual(self.due("2026-03-26 14:00:00"), "2026-03-30 13:00:00")

    def test_while_clocks_are_put_back(self):
        """Friday noon in summer is 10:00 UTC; Tuesday noon in winter is 11:00 UTC."""
        self.work_in("Europe/Berlin")
        self.assertEqual(self.due("2026-10-23 10:00:00"), "2026-10-27 11:00:00")

    def test_late_from_the_next_moment_on(self):
        """It is escalated after the limit and not a second before."""
        self.work_in("Europe/Berlin")
        self.due("2026-10-23 10:00:00")
        late = self.env["relationship.case"]._search_late
        with freeze_time("2026-10-27 11:00:00"):
            self.assertNotIn(self.case(), late(100))
        with freeze_time("2026-10-27 11:00:01"):
            self.assertIn(self.case(), late(100))


@tagged("post_install", "-at_install")
class TestRules(CaseCommon):
    def test_first_rule_that_fits(self):
        gold = self.env["res.partner.grade"].create({"name": "Gold of the Test"})
        chief = new_test_user(self.env, "feedback_chief", groups="relationship_crm.group_user")
        self._new_rule(
            "detractor",
            sequence=1,
            grade_ids=[Command.link(gold.id)],
            assign="user",
            user_id=chief.id,
            priority="2",
        )
        self.bao.grade_id = gold
        self.answer(self.wave, self.ada, 3)
        self.answer(self.wave, self.bao, 3)
        ada, bao = self.case(), self.case(self.bao)
        self.assertEqual((ada.user_id, ada.priority), (self.users["user"], "1"))
        self.assertEqual((bao.user_id, bao.priority), (chief, "2"))

    def test_somebody_of_a_team_with_the_fewest_cases(self):
        members = self.env["res.users"].concat(
            *(
                new_test_user(self.env, f"pool_{n}", groups="relationship_crm.group_user")
                for n in range(2)
            )
        )
        team = self.env["crm.team"].create(
            {
                "name": "Callers",
                "crm_team_member_ids": [Command.create({"user_id": one.id}) for one in members],
            }
        )
        self.detractor.write({"assign": "pool", "team_id": team.id})
        for contact in self.customers:
            self.answer(self.wave, contact, 0)
        owners = [self.case(contact).user_id for contact in self.customers]
        self.assertEqual([owners.count(one) for one in members], [2, 2])
        self.assertEqual(self.case().team_id, team)

    def test_low_dimension(self):
        dimension = self.env.ref("survey_feedback.feedback_dimension_contacts")
        self._new_rule("dimension", dimension_id=dimension.id)
        self.survey.question_and_page_ids = [
            Command.create(
                {
                    "title": "Served well?",
                    "question_type": "scale",
                    "scale_min": 1,
                    "scale_max": 5,
                    "feedback_metric": "dimension",
                    "feedback_dimension_id": dimension.id,
                    "sequence": 3,
                }
            )
        ]
        answer = self.invitation(self.wave, self.ada).sudo()._answer(8)
        answer._save_lines(self.survey.question_ids[2], "1")
        answer._mark_done()
        self.assertIn(dimension.name, self.case().name)
        self.assertEqual((self.case().feedback_score, self.case().kind), (1, "detractor"))

    def test_falling_account(self):
        self.detractor.active = False
        self._new_rule("falling")
        self.answer(self.wave, self.ada, 9)
        self.assertFalse(self.case())
        self.env["feedback.score"].search([("contact_id", "=", self.ada.id)]).sudo().answered_on = (
            fields.Datetime.now() - timedelta(days=100)
        )
        self.wave.invitation_ids.sent_at = fields.Datetime.now() - timedelta(days=100)
        again = self.new_wave()
        self.send(again)
        self.answer(again, self.ada, 7)
        self.answer(again, self.bao, 7)
        self.assertEqual(self.case().feedback_score, 7)
        self.assertFalse(self.case(self.bao), "said nothing before")

    def _ask_for_calls(self):
        self.survey.question_and_page_ids = [
            Command.create(
                {
                    "title": "Shall we call you?",
                    "question_type": "simple_choice",
                    "sequence": 4,
                    "suggested_answer_ids": [
                        Command.create({"value": "Yes", "feedback_call": True}),
                        Command.create({"value": "No"}),
                    ],
                }
            )
        ]
        return self.survey.question_ids[2]

    def test_asked_to_be_called(self):
        self._new_rule("call", sequence=1)
        question = self._ask_for_calls()
        yes, no = question.suggested_answer_ids
        for contact, choice in ((self.ada, yes), (self.bao, no)):
            answer = self.invitation(self.wave, contact).sudo()._answer(9)
            answer._save_lines(question, str(choice.id))
            answer._mark_done()
        self.assertEqual((self.case().kind, self.case().feedback_score_id.id), ("request", False))
        self.assertFalse(self.case(self.bao))

    def test_confidential_answers_open_only_what_was_wished_for(self):
        self._new_rule("call", sequence=1)
        question = self._ask_for_calls()
        self.wave.invitation_ids.sent_at = fields.Datetime.now() - timedelta(days=100)
        self.program.anonymity = "confidential"
        wave = self.new_wave()
        self.send(wave)
        self.answer(wave, self.bao, 0, "Do not tell")
        self.assertFalse(self.case(self.bao))
        answer = self.invitation(wave, self.ada).sudo()._answer(1)
        answer._save_lines(self.survey.question_ids[1], "Do not tell")
        answer._save_lines(question, str(question.suggested_answer_ids[0].id))
        answer._mark_done()
        case = self.case()
        self.assertTrue(case)
        self.assertFalse(case.feedback_score_id or case.feedback_input_id)
        self.assertNotIn("tell", case.description or "")

    def test_one_case_of_an_answer(self):
        self._new_rule("detractor", sequence=50)
        self.answer(self.wave, self.ada, 2)
        self.assertEqual(len(self.case()), 1)

    def test_causes_are_a_tree(self):
        self.assertTrue(self.cause.complete_name.endswith(self.cause.name))
        self.assertIn(" / ", self.cause.complete_name)
        with self.assertRaises(UserError):
            self.cause.parent_id.parent_id = self.cause


@tagged("post_install", "-at_install")
class TestEscalation(CaseCommon):
    def escalate(self):
        while self.env["relationship.case"]._job_escalate(10):
            pass

    def test_told_once_when_the_first_call_is_late(self):
        self.answer(self.wave, self.ada, 0)
        case = self.case()
        self.escalate()
        self.assertFalse(case.feedback_escalated_at, "there is time")
        with freeze_time(case.due + timedelta(minutes=1)):
            self.escalate()
            self.escalate()
        late = case.activity_ids.filtered(lambda one: one.user_id == self.manager)
        self.assertEqual(len(late), 1, "the program's responsible, once")
        self.assertTrue(case.feedback_escalated_at)

    def test_not_when_the_customer_was_reached(self):
        self.answer(self.wave, self.ada, 0)
        case = self.case()
        case.action_contact()
        with freeze_time(case.due + timedelta(days=30)):
            self.escalate()
        self.assertFalse(case.feedback_escalated_at)

    def test_again_once_it_is_taken_up_again(self):
        self.answer(self.wave, self.ada, 0)
        case = self.case()
        with freeze_time(case.due + timedelta(minutes=1)):
            self.escalate()
            self.close(case)
            case.action_reopen()
        self.assertFalse(case.feedback_escalated_at)
        with freeze_time(case.due + timedelta(minutes=1)):
            self.escalate()
        self.assertTrue(case.feedback_escalated_at)

    def test_one_that_fails_keeps_no_other_waiting(self):
        for contact in (self.ada, self.bao):
            self.answer(self.wave, contact, 0)
        broken, case = self.case(), self.case(self.bao)
        escalate = type(case)._escalate

        def fails(one):
            if one == broken:
                raise ValueError("no such person")
            return escalate(one)

        with (
            patch.object(type(case), "_escalate", fails),
            freeze_time(max(broken.due, case.due) + timedelta(minutes=1)),
        ):
            self.escalate()
        self.assertTrue(case.feedback_escalated_at)
        self.assertFalse(broken.feedback_escalated_at, "tried again")

    def test_leader_of_the_team_first(self):
        boss = new_test_user(self.env, "feedback_boss", groups="relationship_crm.group_user")
        team = self.env["crm.team"].create({"name": "Callers", "user_id": boss.id})
        self.answer(self.wave, self.ada, 0)
        case = self.case()
        case.team_id = team
        with freeze_time(case.due + timedelta(minutes=1)):
            self.escalate()
        self.assertIn(boss, case.activity_ids.user_id)


@tagged("post_install", "-at_install")
class TestRecovery(CaseCommon):
    def setUp(self):
        super().setUp()
        self.answer(self.wave, self.ada, 0)
        self.opened = self.case()

    def followup(self):
        return self.env["feedback.followup"].search([("case_id", "=", self.opened.id)], limit=1)

    def test_closing_needs_cause_and_what_was_done(self):
        case = self.opened
        case.action_contact()
        case.action_start()
        with self.assertRaises(UserError):
            case.action_verify()
        case.resolution = "<p>Mended</p>"
        case.action_verify()
        with self.assertRaises(UserError):
            case.action_close()
        case.feedback_cause_id = self.cause
        case.action_close()
        self.assertEqual(case.state, "closed")

    def test_nobody_writes_what_the_system_noted(self):
        """An owner who blanks the rule by API would close without a cause."""
        case = self.opened.with_user(self.users["user"])
        for name in (
            "feedback_rule_id",
            "feedback_input_id",
            "feedback_score_id",
            "feedback_verdict",
            "feedback_escalated_at",
            "opened_at",
        ):
            with self.subTest(name=name), self.assertRaises(AccessError):
                case.write({name: False})
        self.close(case)
        self.followup().with_user(self.users["user"]).sudo()._answer(1)
        self.assertEqual((case.state, case.feedback_verdict), ("reopened", "low"))

    def test_other_cases_need_no_cause(self):
        case = self.env["relationship.case"].create(
            {"name": "Request", "contact_id": self.ada.id, "resolution": "<p>Done</p>"}
        )
        for step in ("action_contact", "action_start", "action_verify", "action_close"):
            getattr(case, step)()
        self.assertFalse(self.env["feedback.followup"].search([("case_id", "=", case.id)]))

    def test_asked_once_it_is_closed(self):
        self.assertFalse(self.followup())
        self.close(self.opened)
        mail = self.env["mail.mail"].search(
            [("model", "=", "feedback.followup"), ("res_id", "=", self.followup().id)]
        )
        self.assertEqual(mail.recipient_ids, self.ada)
        numbers = CASE_LINK.findall(mail.body_html)
        self.assertEqual([number for _token, number in numbers], list("12345"))
        found = self.env["feedback.followup"]._find(numbers[0][0])
        self.assertEqual(found, self.followup())
        self.assertNotIn(numbers[0][0], str(self.followup().sudo().read()))

    def test_not_who_refused_surveys_or_has_no_address(self):
        self.env["relationship.consent"].create(
            {
                "contact_id": self.ada.id,
                "purpose": "survey",
                "state": "refused",
                "source": "Test",
            }
        )
        self.close(self.opened)
        self.assertFalse(self.followup())
        self.answer(self.wave, self.bao, 0)
        self.bao.email = False
        self.close(self.case(self.bao))
        self.assertFalse(self.env["feedback.followup"].search([("contact_id", "=", self.bao.id)]))

    def test_unhappy_reply_reopens(self):
        self.close(self.opened)
        self.followup()._answer(2)
        self.assertEqual((self.opened.state, self.opened.reopen_count), ("reopened", 1))
        self.assertEqual(self.opened.feedback_verdict, "low")
        self.assertTrue(self.opened.activity_ids, "a call to make")
        self.followup()._answer(5)
        self.assertEqual(self.opened.feedback_verdict, "low", "the first answer counts")
        self.close(self.opened)
        self.assertEqual(self.followup().round, 1, "asked again")
        self.followup()._answer(4)
        self.assertEqual((self.opened.state, self.opened.feedback_verdict), ("closed", "high"))

    def test_an_old_link_opens_no_later_round(self):
        self.close(self.opened)
        old = self.followup()
        self.opened.action_reopen()
        self.close(self.opened)
        old._answer(1)
        self.assertEqual((self.opened.state, self.opened.feedback_verdict), ("closed", False))
        self.followup()._answer(5)
        self.assertEqual(self.opened.feedback_verdict, "high")

    def test_recovery_of_no_days(self):
        for odd in ("soon", False, "2026-13-01", {}):
            with self.assertRaises(UserError):
                self.env["relationship.case"].get_recovery(odd, "2026-12-31")

    def test_recovery_rate(self):
        day = fields.Date.today()
        span = (str(day), str(day + timedelta(days=1)))
        cases = self.env["relationship.case"]
        before = cases.get_recovery(*span)
        for contact, reply in zip(self.customers, (5, 4, 1, None), strict=True):
            if contact != self.ada:
                self.answer(self.wave, contact, 0)
            case = self.case(contact)
            self.close(case)
            if reply:
                self.env["feedback.followup"].search([("case_id", "=", case.id)])._answer(reply)
        after = cases.get_recovery(*span)
        self.assertEqual(after["answers"] - before["answers"], 3)
        self.assertEqual(after["cases"] - before["cases"], 3)
        if not before["answers"]:
            self.assertAlmostEqual(after["value"], 200 / 3)
        self.assertTrue(after["low"] <= after["value"] <= after["high"])


@tagged("post_install", "-at_install")
class TestPromoters(CaseCommon):
    def tasks(self, contact=None):
        return (contact or self.ada).activity_ids

    def test_owner_is_reminded(self):
        self.program.promoter_ask = "reference"
        self.answer(self.wave, self.ada, 10)
        self.answer(self.wave, self.bao, 8)
        self.assertEqual(self.tasks().user_id, self.users["user"])
        self.assertFalse(self.tasks(self.bao))

    def test_not_while_a_case_is_open(self):
        self.program.promoter_ask = "review"
        self.env["relationship.case"].create(
            {"name": "Broken", "contact_id": self.ada.id, "kind": "complaint"}
        )
        self.answer(self.wave, self.ada, 10)
        self.assertFalse(self.tasks())

    def test_switched_off(self):
        self.answer(self.wave, self.ada, 10)
        self.assertFalse(self.tasks())


@tagged("post_install", "-at_install")
class TestCasePage(HttpCase, CaseCommon):
    def test_get_shows_and_post_keeps(self):
        self.answer(self.wave, self.ada, 0)
        case = self.case()
        self.close(case)
        followup = self.env["feedback.followup"].search([("case_id", "=", case.id)])
        mail = self.env["mail.mail"].search(
            [("model", "=", "feedback.followup"), ("res_id", "=", followup.id)]
        )
        token = CASE_LINK.search(mail.body_html)[1]
        for number in range(7):
            page = self.url_open(f"/feedback/case/{token}?score={number}")
            self.assertEqual(page.status_code, 200)
        self.url_open(f"/feedback/case/{token}?score=1", method="HEAD")
        self.assertFalse(followup.answered_at, "looking is no answer")
        self.url_open(f"/feedback/case/{token}", data={"score": "9"})
        self.assertFalse(followup.answered_at, "no such number")
        self.assertEqual(self.url_open(f"/feedback/case/{'x' * 32}").status_code, 404)
        self.url_open(f"/feedback/case/{token}", data={"score": "1"})
        self.assertEqual((followup.value, case.state), (1, "reopened"))
        again = self.url_open(f"/feedback/case/{token}")
        self.assertIn("we have your answer", again.text)
