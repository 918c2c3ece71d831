"""A year of a tier that is no longer met: notices, cure, decision, lapse, appeal."""

from datetime import date, timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .people_common import COMPANY
from .tier_common import TierCommon

#: the day of the review; its graces end on the first of a month at least 90 days ahead
START = date(2026, 1, 15)
END = date(2026, 5, 1)


@tagged("post_install", "-at_install")
class TestReviewGrace(TierCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.criteria()
        cls.asker, cls.second = cls.users["channel_manager"], cls.users["manager"]
        cls.third = new_test_user(
            cls.env, "review_third", groups="relationship_crm.group_manager", email="t@own.example"
        )

    def setUp(self):
        super().setUp()
        self.day(START)
        self.one = self.enroll("One", self.gold)
        self.line = self.reviewed(self.one)

    def day(self, day):
        self.now = day
        self.on_day(day)

    def reviewed(self, *enrollments):
        """Return the lines of an approved review of these partners."""
        every = self.env["prm.enrollment"].union(*enrollments)
        review = self.env["prm.review"].create(
            {
                "program_id": self.program.id,
                "day": self.now,
                "enrollment_ids": [Command.set(every.ids)],
            }
        )
        review.with_user(self.asker).action_compute()
        review.with_user(self.second).action_approve()
        return review.line_ids

    def night(self, day):
        """Do the work of the night of this day; return the subjects of the mails sent."""
        self.day(day)
        before = self.mails()
        while self.env["prm.review.line"]._job_grace(500):
            pass
        self.env.flush_all()
        return [mail.subject for mail in self.mails() - before]

    def mails(self):
        """Mails to partners, the newest first; staff hear of their activities."""
        return self.env["mail.mail"].search(
            [("model", "=", "prm.review.line"), ("recipient_ids.partner_share", "=", True)]
        )

    def sell_on(self, amount, day):
        order = self.sell(self.one, amount)
        order.date_order = f"{day} 12:00:00"
        self.env.flush_all()

    def wizard(self, user, action, line=None):
        line = (line or self.line).with_user(user)
        window = getattr(line, f"action_ask_{action}")()
        wizard = self.env["prm.review.reason"].with_user(user).with_context(**window["context"])
        wizard.create({"reason": f"My {action}"}).action_confirm()

    def at_the_end(self):
        """Go through the notices until the decision is due."""
        for days in (90, 60, 30):
            self.night(END - timedelta(days=days))
        self.night(END)

    # ------------------------------------------------------------ a year

    def test_notices_then_lowered(self):
        self.assertEqual(self.line.grace_until, END)
        self.assertEqual(self.night(END - timedelta(days=91)), [])
        for days in (90, 60, 30):
            day = END - timedelta(days=days)
            [subject] = self.night(day)
            self.assertIn("Gold", subject)
            self.assertEqual(self.line[f"notice_{days}_on"], day)
            self.assertEqual(self.night(day), [], "once a day")
            self.assertEqual(self.night(day + timedelta(days=1)), [], "once")
        self.assertEqual(self.line.told_on, END - timedelta(days=90))
        self.assertEqual((self.line.state, self.one.grade_id), ("grace", self.gold))
        self.assertEqual(self.night(END), [])
        self.assertEqual((self.line.state, self.one.grade_id), ("due", self.gold))
        self.assertEqual(self.line.activity_ids.date_deadline, END + timedelta(days=30))
        self.assertNotIn(self.line.activity_ids.user_id, self.asker)
        before = self.mails()
        self.line.with_user(self.second).action_lower()
        self.assertEqual((self.line.state, self.one.grade_id), ("demoted", self.silver))
        self.assertEqual(self.one.partner_id.grade_id, self.silver)
        self.assertFalse(self.line.activity_ids)
        move = self.one.move_ids[0]
        self.assertEqual(
            (move.kind, move.direction, move.date, move.approver_id, move.asked_by_id),
            ("review", "down", END, self.second, self.asker),
        )
        self.assertEqual(move.evidence, self.line.latest_evidence)
        [mail] = self.mails() - before
        self.assertIn("Silver", mail.body_html)

    def test_met_on_any_night_before_the_day(self):
        self.night(END - timedelta(days=90))
        self.sell_on(1200, "2026-04-28")
        self.assertEqual(len(self.night(END - timedelta(days=1))), 1)
        self.assertEqual(
            (self.line.state, self.line.decided_on), ("cured", END - timedelta(days=1))
        )
        self.assertEqual(self.one.grade_id, self.gold)
        self.assertEqual(self.night(END), [])
        self.assertEqual(len(self.one.move_ids), 1)

    def test_met_at_the_last_moment_it_is_not_lowered(self):
        self.at_the_end()
        self.sell_on(1200, "2026-05-02")
        self.day(date(2026, 5, 4))
        self.line.with_user(self.second).action_lower()
        self.assertEqual((self.line.state, self.one.grade_id), ("cured", self.gold))

    def test_the_numbers_of_the_night_are_kept(self):
        self.sell_on(250, "2026-02-02")
        self.night(date(2026, 2, 10))
        self.assertEqual(self.line.latest_points, 25)
        self.assertEqual(self.line.points, 0, "those of the review stay")
        self.assertIn("1,000", self.line.cure_plan_html)

    def test_not_decided_in_time_the_partner_keeps_it(self):
        self.at_the_end()
        self.assertEqual(self.night(END + timedelta(days=30)), [])
        self.assertEqual(self.line.state, "due")
        [subject] = self.night(END + timedelta(days=31))
        self.assertIn("keep", subject)
        self.assertEqual((self.line.state, self.one.grade_id), ("lapsed", self.gold))
        with self.assertRaises(UserError):
            self.line.with_user(self.second).action_lower()

    def test_nights_that_did_not_run_are_caught_up_in_favour_of_the_partner(self):
        """No night for more than 31 days after the end: nobody was asked, the tier stays."""
        for days in (90, 60, 30):
            self.night(END - timedelta(days=days))
        [subject] = self.night(END + timedelta(days=40))
        self.assertIn("keep", subject)
        self.assertEqual((self.line.state, self.one.grade_id), ("lapsed", self.gold))
        self.assertEqual(self.line.decided_on, END + timedelta(days=40))
        self.assertFalse(self.line.activity_ids)

    def test_nights_that_did_not_run_within_the_time_to_decide(self):
        for days in (90, 60, 30):
            self.night(END - timedelta(days=days))
        self.assertEqual(self.night(END + timedelta(days=30)), [])
        self.assertEqual(self.line.state, "due")
        self.line.with_user(self.second).action_lower()
        self.assertEqual(self.line.state, "demoted")

    def test_too_late_it_is_not_lowered_even_if_the_night_did_not_run(self):
        self.at_the_end()
        self.day(END + timedelta(days=31))
        self.line.with_user(self.second).action_lower()
        self.assertEqual((self.line.state, self.one.grade_id), ("lapsed", self.gold))

    def test_to_the_tier_that_the_numbers_give_by_then(self):
        self.program.demotion_policy = "to_earned"
        two = self.enroll("Two", self.gold)
        line = self.reviewed(two)
        self.assertFalse(line.to_grade_id, "nothing earned")
        for days in (90, 60, 30, 0):
            self.night(END - timedelta(days=days))
        order = self.sell(two, 600)
        order.date_order = "2026-04-20 12:00:00"
        self.env.flush_all()
        line.with_user(self.second).action_lower()
        self.assertEqual(two.grade_id, self.silver)

    def test_never_down(self):
        self.program.demotion_policy = "none"
        line = self.reviewed(self.enroll("Two", self.gold))
        self.assertEqual((line.outcome, line.state), ("keep", "done"))
        self.assertFalse(line.evidence[0]["met"])

    def over(self, line):
        """Go to the day on which it is decided about this line, told on the first notice."""
        for days in (90, 60, 30, 0):
            self.night(END - timedelta(days=days))
        self.assertEqual(line.state, "due")

    def test_the_better_of_the_tier_announced_and_the_one_earned_by_then(self):
        """150 sold: Bronze is announced; 600 by then: Silver it is. And the other way round."""
        self.program.demotion_policy = "to_earned"
        more, less = self.enroll("More", self.gold), self.enroll("Less", self.gold)
        for one, amount in ((more, 150), (less, 600)):
            self.sell(one, amount).date_order = "2026-01-10 12:00:00"
        self.env.flush_all()
        lines = self.reviewed(more, less)
        announced = {line.enrollment_id: line.to_grade_id for line in lines}
        self.assertEqual(announced, {more: self.bronze, less: self.silver})
        self.sell(more, 450).date_order = "2026-02-10 12:00:00"
        self.env["sale.order"].search(
            [("prm_partner_id", "=", less.partner_id.id)]
        )._action_cancel()
        self.env.flush_all()
        for line in lines:
            self.over(line)
        lines.with_user(self.second).action_lower()
        self.assertEqual((more.grade_id, less.grade_id), (self.silver, self.silver))
        line = more.review_line_ids
        self.assertEqual([part["value"] for part in line.evidence], [150])
        self.assertEqual([part["value"] for part in more.move_ids[0].evidence], [600])

    def test_a_tier_that_is_gone_by_then_is_not_given(self):
        self.at_the_end()
        self.assertEqual(self.line.to_grade_id, self.silver)
        self.silver.active = False
        self.line.with_user(self.second).action_lower()
        self.assertEqual(self.one.grade_id, self.bronze)

    def test_who_earns_a_better_tier_meets_the_one_in_grace(self):
        """Silver in grace, and Gold is earned: Silver stays; Gold is given by the next review."""
        two = self.enroll("Two", self.silver)
        line = self.reviewed(two)
        self.assertEqual(line.state, "grace")
        self.sell(two, 1200).date_order = "2026-02-10 12:00:00"
        self.env.flush_all()
        self.night(date(2026, 2, 11))
        self.assertEqual((line.state, two.grade_id), ("cured", self.silver))
        asked = [part["criterion_id"] for part in line.latest_evidence or line.evidence]
        self.assertEqual(asked, self.silver.prm_criterion_ids.ids, "of the tier in grace")

    # ------------------------------------------------------------ notices

    def test_who_is_told_late_keeps_it_longer(self):
        late = END - timedelta(days=80)
        self.assertEqual(self.night(late), [], "the first notice is 90 days before")
        self.assertEqual(self.line.grace_until, date(2026, 6, 1))
        self.assertEqual(len(self.night(date(2026, 3, 3))), 1)
        self.assertEqual(len(self.night(END)), 1, "the second notice")
        self.assertEqual(self.line.state, "grace")

    def test_what_others_ask_stays(self):
        """Notes and to-dos of other rules neither stand for ours nor are closed with them."""
        other = self.line.activity_schedule("mail.mail_activity_data_todo", summary="Call")
        self.one.partner_id.email = False
        self.night(END - timedelta(days=90))
        self.assertIn("letter", (self.line.activity_ids - other).summary)
        self.line.with_user(self.asker).action_told()
        self.assertEqual(self.line.activity_ids, other)
        self.night(END)
        self.line.with_user(self.second).action_lower()
        self.line.with_user(self.asker)._appeal("Our <i>best</i> quarter\ncomes")
        note = (self.line.activity_ids - other).note
        self.assertIn("&lt;i&gt;best&lt;/i&gt;", note)
        self.line.with_user(self.third)._answer_appeal(True, "Right")
        self.assertEqual(self.line.activity_ids, other)

    def test_without_address_a_letter(self):
        self.one.partner_id.email = False
        self.assertEqual(self.night(END - timedelta(days=90)), [])
        self.assertFalse(self.line.told_on)
        self.assertIn("letter", self.line.activity_ids.summary)
        self.night(END - timedelta(days=60))
        self.assertGreater(self.line.grace_until, END)
        with self.assertRaises(AccessError):
            self.line.with_user(self.users["auditor"]).action_told()
        self.line.with_user(self.asker).action_told()
        self.assertEqual(self.line.told_on, END - timedelta(days=60))
        self.assertGreaterEqual(self.line.grace_until, self.line.told_on + timedelta(days=90))

    def test_a_contact_is_written_to_when_the_company_has_no_address(self):
        self.one.partner_id.email = False
        contact = self.env["res.partner"].create(
            {"name": "Jo", "parent_id": self.one.partner_id.id, "email": "jo@partner.example"}
        )
        self.night(END - timedelta(days=90))
        self.assertEqual(self.mails()[0].recipient_ids, contact)

    def test_mails_are_in_the_language_of_the_partner(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.env.ref("relationship_crm.mail_template_tier_notice")
        template.with_context(lang="fr_FR").subject = "Votre niveau {{ object.grade_id.name }}"
        self.gold.with_context(lang="fr_FR").name = "Or"
        self.one.partner_id.lang = "fr_FR"
        self.assertEqual(self.night(END - timedelta(days=90)), ["Votre niveau Or"])
        self.assertIn("1 mai 2026", self.mails()[0].body_html.replace("01/05/2026", "1 mai 2026"))

    def test_the_mail_says_what_is_missing_and_until_when(self):
        self.night(END - timedelta(days=90))
        body = self.mails()[0].body_html
        for text in ("Gold", "Silver", "05/01/2026", "1,000", "appeal"):
            self.assertIn(text, body)

    # ------------------------------------------------------------ second person

    def test_every_role_tries_to_lower(self):
        self.at_the_end()
        refused = {
            **{role: AccessError for role in ("user", "auditor", "integration")},
            "channel_manager": UserError,
        }
        for role, error in refused.items():
            with self.subTest(role), self.assertRaises(error):
                self.line.with_user(self.users[role]).action_lower()
        with self.assertRaises(AccessError):
            self.line.with_user(self.portal_user).action_lower()
        self.assertEqual(self.one.grade_id, self.gold)
        self.line.with_user(self.second).action_lower()
        self.assertEqual(self.one.grade_id, self.silver)

    def test_what_the_rhythm_asked_for_needs_two_people_too(self):
        two = self.enroll("Two", self.gold)
        review = self.env["prm.review"].create(
            {
                "program_id": self.program.id,
                "day": self.now,
                "enrollment_ids": [Command.set(two.ids)],
            }
        )
        review._compute_lines(self.env.ref("base.user_root").id)
        review.with_user(self.second).action_approve()
        line = review.line_ids
        self.at_the_end()
        with self.assertRaises(UserError):
            line.with_user(self.second).action_lower()
        line.with_user(self.asker).action_lower()
        self.assertEqual(two.grade_id, self.silver)

    def test_who_changed_the_line_asked_for_it(self):
        """Neither who computed the review nor who proposed the tier lowers it."""
        two = self.enroll("Two", self.gold)
        review = self.env["prm.review"].create(
            {
                "program_id": self.program.id,
                "day": self.now,
                "enrollment_ids": [Command.set(two.ids)],
            }
        )
        review.with_user(self.third).action_compute()
        line = review.line_ids
        line.with_user(self.asker)._change_outcome(self.bronze, "Because")
        review.with_user(self.second).action_approve()
        self.over(line)
        for user in (self.asker, self.third):
            with self.subTest(user.login), self.assertRaises(UserError):
                line.with_user(user).action_lower()
        self.assertNotIn(line.activity_ids.user_id, self.asker | self.third)
        line.with_user(self.second).action_lower()
        self.assertEqual(line.state, "demoted")

    def test_what_holds_is_asked_of_the_company_of_the_line(self):
        """Whoever is at work in another company: what is open there holds nothing back here."""
        other = self.other_company()
        self.second.company_ids |= other
        self.at_the_end()
        case = self.env["relationship.case"].create(
            {"name": "Dispute", "kind": "complaint", "partner_id": self.one.partner_id.id}
        )
        mine = self.line.with_user(self.second)
        mine = mine.with_context(allowed_company_ids=(other | self.company).ids)
        self.assertEqual(mine.env.company, other)
        with self.assertRaises(UserError):
            mine.action_lower()
        case.company_id = other
        mine.action_lower()
        self.assertEqual(self.one.grade_id, self.silver)

    def test_a_single_person_lowers_and_it_is_noted_and_mailed(self):
        self.company.write({"prm_single_person": True, "email": "boss@own.example"})
        self.at_the_end()
        self.line.with_user(self.asker).action_lower()
        self.assertEqual(self.one.grade_id, self.silver)
        self.assertIn("alone", " ".join(self.one.message_ids.mapped("body")))
        self.assertIn("boss@own.example", self.env["mail.mail"].search([]).mapped("email_to"))

    def test_nothing_is_lowered_before_the_day_or_while_held(self):
        with self.assertRaises(UserError):
            self.line.with_user(self.second).action_lower()
        self.at_the_end()
        self.env["relationship.case"].create(
            {"name": "Dispute", "kind": "complaint", "partner_id": self.one.partner_id.id}
        )
        with self.assertRaises(UserError):
            self.line.with_user(self.second).action_lower()
        self.assertEqual(self.one.grade_id, self.gold)

    def test_kept_with_a_reason(self):
        self.at_the_end()
        for role in ("user", "auditor"):
            with self.subTest(role), self.assertRaises(AccessError):
                self.wizard(self.users[role], "keep")
        self.wizard(self.asker, "keep")
        self.assertEqual((self.line.state, self.line.decision_reason), ("kept", "My keep"))
        self.assertEqual(self.one.grade_id, self.gold)

    # ------------------------------------------------------------ changed otherwise

    def test_a_tier_changed_otherwise_ends_the_grace(self):
        self.one.grade_id = self.silver
        self.assertEqual(self.line.state, "void")
        two = self.enroll("Two", self.gold)
        line = self.reviewed(two)
        two.write({"state": "ended", "reason": "Left"})
        self.assertEqual(line.state, "void")

    def test_a_tier_changed_otherwise_ends_what_is_due(self):
        self.at_the_end()
        self.one.grade_id = self.bronze
        self.assertEqual(self.line.state, "void")
        with self.assertRaises(UserError):
            self.line.with_user(self.second).action_lower()

    def assert_set_free(self, mailed):
        """The tier stays, and nobody is told that it was met."""
        self.assertEqual((self.line.state, self.one.grade_id), ("void", self.gold))
        self.assertIn("rules changed", self.line.decision_reason)
        self.assertEqual(len(mailed), 1)
        self.assertIn("you keep", mailed[0])
        self.assertNotIn("Well done", self.mails()[0].body_html)

    def test_the_grace_of_an_archived_tier_ends_without_being_met(self):
        self.night(END - timedelta(days=90))
        self.gold.active = False
        self.assert_set_free(self.night(END - timedelta(days=80)))
        self.assertEqual(self.night(END), [])

    def test_an_archived_tier_is_not_met_by_a_better_one(self):
        two = self.enroll("Two", self.silver)
        line = self.reviewed(two)
        self.night(END - timedelta(days=90))
        self.silver.active = False
        self.sell(two, 1200).date_order = "2026-02-10 12:00:00"
        self.env.flush_all()
        self.night(END - timedelta(days=60))
        self.assertEqual((line.state, two.grade_id), ("void", self.silver))

    def test_the_grace_ends_when_the_program_lowers_nobody_any_more(self):
        self.night(END - timedelta(days=90))
        self.program.demotion_policy = "none"
        self.assert_set_free(self.night(END - timedelta(days=80)))

    def test_the_grace_ends_when_the_tier_asks_for_nothing_any_more(self):
        self.at_the_end()
        self.gold.prm_criterion_ids.unlink()
        before = self.mails()
        self.line.with_user(self.second).action_lower()
        self.assert_set_free([mail.subject for mail in self.mails() - before])

    def test_who_was_never_told_hears_nothing_of_a_grace_that_ended(self):
        self.gold.active = False
        self.assertEqual(self.night(START + timedelta(days=1)), [])
        self.assertEqual(self.line.state, "void")

    def test_merged_partners_keep_one_grace(self):
        two = self.enroll("Two", self.gold)
        line = self.reviewed(two)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge([two.partner_id.id, self.one.partner_id.id], self.one.partner_id)
        self.env.invalidate_all()
        self.assertEqual((self.line.state, line.state), ("grace", "void"))
        self.assertEqual((self.line | line).partner_id, self.one.partner_id)

    # ------------------------------------------------------------ appeal

    def lowered(self):
        self.at_the_end()
        self.line.with_user(self.second).action_lower()

    def test_an_appeal_holds_the_decision(self):
        self.at_the_end()
        self.wizard(self.asker, "appeal")
        self.assertEqual((self.line.appeal_state, self.line.appeal_on), ("open", END))
        with self.assertRaises(UserError):
            self.line.with_user(self.second).action_lower()
        with self.assertRaises(UserError):
            self.wizard(self.asker, "appeal")
        with self.assertRaises(UserError):
            self.wizard(self.second, "refuse")
        self.wizard(self.third, "refuse")
        self.assertEqual((self.line.appeal_state, self.line.state), ("refused", "due"))
        self.assertIn("My refuse", self.mails()[0].body_html)
        self.line.with_user(self.second).action_lower()
        self.assertEqual(self.one.grade_id, self.silver)

    def test_a_granted_appeal_keeps_the_tier(self):
        self.wizard(self.asker, "appeal")
        self.wizard(self.second, "grant")
        self.assertEqual((self.line.state, self.line.appeal_state), ("kept", "granted"))
        self.assertEqual(self.night(END), [])

    def test_a_granted_appeal_gives_the_tier_back(self):
        self.lowered()
        self.day(END + timedelta(days=30))
        self.wizard(self.asker, "appeal")
        with self.assertRaises(UserError):
            self.wizard(self.second, "refuse")
        self.wizard(self.third, "grant")
        self.assertEqual(self.one.grade_id, self.gold)
        back, down = self.one.move_ids[:2]
        self.assertEqual((back.corrects_id, back.direction, back.reason), (down, "up", "My grant"))
        self.assertEqual((back.approver_id, self.line.state), (self.third, "kept"))
        self.assertIn("My grant", self.mails()[0].body_html)

    def test_a_granted_appeal_leaves_a_later_change_alone(self):
        self.lowered()
        self.wizard(self.asker, "appeal")
        self.one.grade_id = self.bronze
        self.wizard(self.third, "grant")
        self.assertEqual((self.line.state, self.one.grade_id), ("kept", self.bronze))

    def test_who_decided_or_asked_does_not_refuse_the_appeal(self):
        """Before the decision: who computed or approved the review; after it: who lowered."""
        self.at_the_end()
        self.wizard(self.asker, "appeal")
        for user in (self.asker, self.second):
            with self.subTest(user.login), self.assertRaises(UserError):
                self.wizard(user, "refuse")
        self.wizard(self.third, "refuse")
        two = self.enroll("Two", self.gold)
        self.day(START)
        line = self.reviewed(two)
        self.over(line)
        line.with_user(self.third).action_lower()
        self.wizard(self.asker, "appeal", line)
        for user in (self.asker, self.third):
            with self.subTest(user.login), self.assertRaises(UserError):
                self.wizard(user, "refuse", line)
        self.wizard(self.second, "refuse", line)
        self.assertEqual((line.appeal_state, line.appeal_decided_by_id), ("refused", self.second))

    def assert_no_appeal(self, state):
        """Nothing is to be appealed against: the tier stayed."""
        self.assertEqual((self.line.state, self.one.grade_id), (state, self.gold))
        with self.assertRaisesRegex(UserError, "can't be done any more"):
            self.wizard(self.asker, "appeal")
        self.assertEqual(self.line.appeal_state, "none")

    def test_no_appeal_once_the_tier_is_met_again(self):
        self.sell_on(1200, "2026-01-20")
        self.night(END - timedelta(days=90))
        self.assert_no_appeal("cured")

    def test_no_appeal_once_the_tier_is_kept(self):
        self.wizard(self.asker, "keep")
        self.assert_no_appeal("kept")

    def test_no_appeal_once_nobody_decided_in_time(self):
        self.at_the_end()
        self.night(END + timedelta(days=31))
        self.assert_no_appeal("lapsed")

    def test_no_appeal_once_the_line_does_not_apply_any_more(self):
        self.gold.active = False
        self.night(END - timedelta(days=90))
        self.assert_no_appeal("void")

    def test_an_appeal_that_nobody_has_to_answer_is_closed(self):
        """The tier is met again, kept, or changed otherwise before the appeal was answered."""
        kept = self.reviewed(self.enroll("Kept", self.gold))
        changed = self.reviewed(self.enroll("Changed", self.gold))
        for line in (self.line, kept, changed):
            self.wizard(self.asker, "appeal", line)
        self.sell_on(1200, "2026-01-20")
        self.night(END - timedelta(days=90))
        self.wizard(self.third, "keep", kept)
        changed.enrollment_id.grade_id = self.bronze
        every = self.line | kept | changed
        self.assertEqual(every.mapped("state"), ["cured", "kept", "void"])
        self.assertEqual(set(every.mapped("appeal_state")), {"moot"})
        self.assertFalse(every.activity_ids)
        with self.assertRaises(UserError):
            self.wizard(self.third, "refuse")

    def test_an_appeal_has_a_last_day(self):
        self.lowered()
        self.assertEqual(self.line.appeal_until, END + timedelta(days=30))
        self.day(END + timedelta(days=31))
        with self.assertRaises(UserError):
            self.wizard(self.asker, "appeal")

    def test_every_role_tries_to_answer_an_appeal(self):
        self.lowered()
        self.wizard(self.asker, "appeal")
        for role in ("user", "auditor", "integration"):
            for action in ("grant", "refuse"):
                with self.subTest(role), self.assertRaises(AccessError):
                    self.wizard(self.users[role], action)
        self.wizard(self.third, "refuse")
        self.assertEqual((self.line.state, self.one.grade_id), ("demoted", self.silver))
        with self.assertRaises(UserError):
            self.wizard(self.third, "grant")

    # ------------------------------------------------------------ the night

    def test_queries_of_a_night_do_not_grow_with_quiet_partners(self):
        def night(day, some):
            self.day(day)
            return self.queries(lambda: some._check_grace())

        self.night(START + timedelta(days=1))
        few = night(START + timedelta(days=2), self.line)
        more = self.reviewed(*[self.enroll(f"P{number}", self.gold) for number in range(12)])
        self.night(START + timedelta(days=2))
        many = night(START + timedelta(days=3), self.line | more)
        self.assertLessEqual(many, few + 1)

    def test_each_company_has_its_own_day(self):
        """Where it is tomorrow already, tomorrow's night is done; here it is not done again."""
        far = self.other_company("Far")
        self.program.company_ids |= far
        there = self.enroll("There", self.gold, company_id=far.id)
        review = self.env["prm.review"].create(
            {"program_id": self.program.id, "company_id": far.id, "day": self.now}
        )
        review.with_user(self.asker).sudo().action_compute()
        review.sudo().action_approve()
        line = there.review_line_ids
        days = {far: START + timedelta(days=2), self.company: START + timedelta(days=1)}
        with patch(f"{COMPANY}._relationship_today", lambda company: days[company]):
            self.assertEqual(self.env["prm.review.line"]._job_grace(500), 0)
            self.assertFalse(self.env["prm.review.line"]._unchecked())
        self.assertEqual((self.line.checked_on, line.checked_on), (days[self.company], days[far]))

    def test_one_that_fails_stops_nobody(self):
        lines = self.reviewed(self.enroll("Two", self.gold), self.enroll("Three", self.gold))
        template = self.env.ref("relationship_crm.mail_template_tier_notice")
        template.subject = "{{ 'Told' if object.partner_id.name == 'One' else 1 / 0 }}"
        with mute_logger("odoo.addons.mail.models.mail_render_mixin"):
            self.night(END - timedelta(days=90))
        self.assertTrue(self.line.told_on)
        self.assertEqual(lines.mapped("told_on"), [False, False])
        self.env.invalidate_all()
        self.assertEqual(set(lines.mapped("checked_on")), {self.now}, "not again today")
        job = "prm.review.line.grace, some of them"
        listed = self.env["relationship.job.failure"].search([("job", "=", job)])
        for line in lines:
            self.assertIn(f"({line.id})", listed.error)

    def test_nothing_moves_silently(self):
        """Whatever happened, the moves of an enrollment lead from nothing to the tier it holds."""
        self.lowered()
        self.wizard(self.asker, "appeal")
        self.wizard(self.third, "grant")
        self.one.grade_id = self.bronze
        self.one.partner_id.grade_id = self.silver
        tier = self.gold.browse()
        for move in self.one.move_ids.sorted("id"):
            self.assertEqual(move.from_grade_id, tier)
            tier = move.to_grade_id
        self.assertEqual(tier, self.one.grade_id)

    # ------------------------------------------------------------ what the partner sees

    def test_the_progress_says_what_is_at_risk(self):
        two = self.enroll("Two", self.gold)
        first, second = (self.one | two).tier_progress()
        self.assertFalse(second["at_risk"])
        self.assertEqual(first["at_risk"]["tier"], "Gold")
        self.assertEqual(first["at_risk"]["until"], "05/01/2026")
        self.assertEqual(len(first["at_risk"]["options"]), 1)
        html = " ".join(self.one.tier_progress_html.striptags().split())
        self.assertIn("Gold is no longer met. It stays until 05/01/2026", html)

    # ------------------------------------------------------------ letters

    def test_each_letter_is_in_the_language_of_its_partner(self):
        self.env["res.lang"]._activate_lang("ar_001")
        self.gold.with_context(lang="ar_001").name = "ذهبي"
        self.one.partner_id.lang = "ar_001"
        other = self.reviewed(self.enroll("Two", self.gold))
        report = self.env["ir.actions.report"]
        html = report._render_qweb_html(
            "relationship_crm.prm_review_letter", (self.line | other).ids
        )[0].decode()
        arabic, english = html.split('data-oe-lang="')[1:]
        self.assertTrue(arabic.startswith("ar_001") and english.startswith("en_US"))
        self.assertIn("ذهبي", arabic)
        self.assertIn("01/05/2026", arabic)
        self.assertIn("Gold", english)
        self.assertIn("05/01/2026", english)
        self.assertNotIn("ذهبي", english)
