"""The other loop: promoters are asked, each once, by somebody who exists."""

from datetime import timedelta

from freezegun import freeze_time
from psycopg2.errors import ExclusionViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .test_case_loop import CaseCommon

ODD = "<script>alert(1)</script><b>bold</b>"


class PromoterCommon(CaseCommon):
    def found(self, contact=None):
        domain = [("wave_id", "=", self.wave.id)]
        if contact:
            domain.append(("contact_id", "=", contact.id))
        return self.env["feedback.promoter"].search(domain)

    def dialog(self, wave=None, **vals):
        return (
            self.env["feedback.promoter.ask"]
            .with_user(self.manager)
            .create({"wave_id": (wave or self.wave).id, **vals})
        )


@tagged("post_install", "-at_install")
class TestAskPromoters(PromoterCommon):
    def test_all_of_a_wave(self):
        cleo, dina = self.customers[2:]
        for person, value in zip(self.customers, (10, 9, 8, 9), strict=True):
            self.answer(self.wave, person, value)
        self.env["relationship.consent"].create(
            {
                "contact_id": dina.id,
                "purpose": "marketing",
                "state": "refused",
                "source": "Call",
            }
        )
        dialog = self.dialog(ask="review")
        counts = (dialog.count, dialog.refused_count, dialog.hold_count, dialog.asked_count)
        self.assertEqual(counts, (2, 1, 0, 0))
        tag = self.env["res.partner.category"].create({"name": "Reference of the test"})
        dialog.category_ids = tag
        action = dialog.action_ask()
        self.assertEqual(action["res_model"], "feedback.promoter")
        self.assertEqual(self.found().contact_id, self.ada | self.bao)
        self.assertEqual(self.found().mapped("ask"), ["review", "review"])
        self.assertEqual((self.ada | self.bao).category_id, tag)
        self.assertFalse((cleo | dina).category_id)
        tasks = (self.ada | self.bao).activity_ids
        self.assertEqual((len(tasks), tasks.user_id), (2, self.users["user"]))
        self.assertFalse((cleo | dina).activity_ids)
        with self.assertRaises(UserError):
            self.dialog().action_ask()
        self.assertEqual(self.dialog().asked_count, 2)
        self.assertEqual(self.wave.promoter_count, 2)

    def test_once_a_year_whichever_way(self):
        self.program.promoter_ask = "reference"
        self.answer(self.wave, self.ada, 10)
        self.assertEqual(self.dialog().asked_count, 1)
        with freeze_time(fields.Datetime.now() + timedelta(days=366)):
            self.assertEqual(self.dialog().asked_count, 0)

    def test_once_a_year_in_the_database(self):
        self.program.promoter_ask = "reference"
        score = self.answer(self.wave, self.ada, 10)
        asked = self.found(self.ada)
        other = score.copy({"user_input_id": False, "question_id": False})
        with (
            self.assertRaises(ExclusionViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            asked.sudo().copy({"score_id": other.id})
        self.env.cr.execute(
            "UPDATE feedback_promoter SET create_date = create_date - interval '1 year'"
        )
        self.assertTrue(asked.sudo().copy({"score_id": other.id}))

    def test_merged_contacts_keep_the_request_that_came_further(self):
        self.program.promoter_ask = "reference"
        for person in (self.ada, self.bao):
            self.answer(self.wave, person, 10)
        agreed = self.found(self.bao)
        agreed.state = "agreed"
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.ada | self.bao).ids, self.ada, extra_checks=False)
        self.env.invalidate_all()
        self.assertEqual(self.found(self.ada), agreed)
        self.assertFalse(self.found() - agreed)

    def test_merged_contacts_keep_a_note_of_the_request_that_went(self):
        self.program.promoter_ask = "review"
        for person in (self.ada, self.bao):
            self.answer(self.wave, person, 10)
        agreed, gone = self.found(self.bao), self.found(self.ada)
        agreed.write({"state": "agreed", "note": "Gladly"})
        gone.note = "Only after June"
        other = self.ada.activity_schedule("mail.mail_activity_data_todo", summary="Send a card")
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.ada | self.bao).ids, self.ada, extra_checks=False)
        self.env.invalidate_all()
        self.assertFalse(gone.exists())
        self.assertEqual(
            agreed.note,
            "Gladly; Ada, merged into this contact: Ask for a Review, To Ask, "
            f"{self.users['user'].name}; Only after June",
        )
        left = self.ada.activity_ids
        self.assertEqual(len(left), 2, "one task to ask, and what has nothing to do with it")
        self.assertIn(other, left)

    def test_not_while_something_is_open(self):
        self.answer(self.wave, self.ada, 10)
        self.env["relationship.case"].create(
            {"name": "Broken", "contact_id": self.ada.id, "kind": "complaint"}
        )
        dialog = self.dialog()
        self.assertEqual((dialog.count, dialog.hold_count), (0, 1))

    def test_default_of_marketing_is_no_refusal(self):
        """Nobody has to opt in to marketing for a personal request; who said no is left alone."""
        self.env["relationship.consent.default"].search([("purpose", "=", "marketing")]).unlink()
        self.answer(self.wave, self.ada, 10)
        self.assertEqual(self.dialog().count, 1)
        self.ada.relationship_intensity = "none"
        self.assertEqual(self.dialog().refused_count, 1)

    def test_no_promise_is_broken(self):
        wave = self.new_wave(self._new_program("Sealed", anonymity="confidential"))
        with self.assertRaises(UserError):
            wave.action_ask_promoters()

    def test_only_managers(self):
        with self.assertRaises(AccessError):
            self.env["feedback.promoter.ask"].with_user(self.users["user"]).create(
                {"wave_id": self.wave.id}
            )
        self.program.promoter_ask = "reference"
        self.answer(self.wave, self.ada, 10)
        mine = self.found().with_user(self.users["user"])
        mine.write({"state": "agreed", "note": "Gladly"})
        self.assertEqual(self.found().state, "agreed")
        with self.assertRaises(AccessError):
            mine.write({"contact_id": self.bao.id})
        self.ada.user_id = mine.user_id = self.manager
        self.assertFalse(self.found().with_user(self.users["user"]).search([("id", ">", 0)]))

    def test_queries_do_not_grow(self):
        people = self.env["res.partner"].create([self._person_vals(f"P{n}") for n in range(24)])
        wave = self.new_wave(self._new_program("Many", domain=f"[('id', 'in', {people.ids})]"))
        self.send(wave)
        for person in people:
            self.answer(wave, person, 10)
        scores = self.env["feedback.score"].search([("wave_id", "=", wave.id)])
        promoters = self.env["feedback.promoter"]
        few = self.queries(lambda: promoters._sort_out(scores[:2]))
        self.assertLessEqual(self.queries(lambda: promoters._sort_out(scores)), few + 2)


@tagged("post_install", "-at_install")
class TestSomebody(PromoterCommon):
    """Tasks go to people of ours: never to the server, to a portal user, to nobody unseen."""

    def leave(self, *users):
        for user in users:
            user.active = False

    def managers(self):
        group = self.env.ref("relationship_crm.group_manager")
        return self.env["res.users"].search([("all_group_ids", "in", group.ids)])

    def answered(self):
        self.program.promoter_ask = "reference"
        self.ada.user_id = False
        self.answer(self.wave, self.ada, 10)
        return self.found(self.ada)

    def test_responsible(self):
        self.assertEqual(self.answered().user_id, self.manager)

    def test_leader_of_the_team(self):
        leader, member = (
            new_test_user(self.env, f"feedback_{name}", "sales_team.group_sale_salesman")
            for name in ("leader", "member")
        )
        self.env["crm.team"].create(
            {"name": "T", "user_id": leader.id, "member_ids": [(6, 0, member.ids)]}
        )
        self.program.user_id = member
        self.leave(member)
        self.assertEqual(self.answered().user_id, leader)

    def test_first_manager(self):
        self.program.user_id = False
        first = self.managers().sorted("id")[0]
        self.assertEqual(self.answered().user_id, first)
        self.assertNotIn(first, self.env.ref("base.user_root") | self.env.ref("base.public_user"))

    def test_nobody_is_seen_in_the_list(self):
        self.program.user_id = False
        self.managers().write({"active": False})
        found = self.answered()
        self.assertEqual((len(found), found.user_id.id), (1, False))
        self.assertFalse(self.ada.activity_ids)
        unowned = self.env["feedback.promoter"].search([("user_id", "=", False)])
        self.assertIn(found, unowned)

    def test_portal_users_and_other_companies_get_nothing(self):
        self.program.user_id = False
        other = self.env["res.company"].create({"name": "Other"})
        away = new_test_user(self.env, "feedback_away", company_id=other.id)
        for user in (self.portal_user, away, self.env.ref("base.user_root")):
            self.assertNotEqual(self.program._somebody(user), user)

    def late(self, case):
        with freeze_time(case.due + timedelta(hours=1)):
            while self.env["relationship.case"]._job_escalate(10):
                pass
        return case.activity_ids.filtered(
            lambda one: one.activity_type_id == self.env.ref("mail.mail_activity_data_warning")
        )

    def test_escalation(self):
        self.program.user_id = False
        self.answer(self.wave, self.ada, 1)
        first = self.managers().sorted("id")[0]
        self.assertEqual(self.late(self.case()).user_id, first)

    def test_escalation_without_anybody(self):
        self.program.user_id = False
        self.managers().write({"active": False})
        self.ada.user_id = False
        self.answer(self.wave, self.ada, 1)
        case = self.case()
        self.assertFalse(case.user_id, "listed under Without Owner")
        self.assertFalse(case.activity_ids)
        self.assertFalse(self.late(case))
        self.assertTrue(case.feedback_escalated_at)
        self.assertIn("nobody is there to tell", case.message_ids[0].body)

    def test_a_program_that_fails_without_anybody(self):
        self.program.user_id = False
        self.managers().write({"active": False})
        self.program._put_off("Error")
        self.assertFalse(self.program.activity_ids)

    # ------------------------------------------------------------ words are no markup

    def test_notes_of_tasks(self):
        self.program.write({"promoter_ask": "review", "review_url": f"https://x.example/{ODD}"})
        self.answer(self.wave, self.ada, 10)
        self.assert_plain(self.ada.activity_ids.note)
        self.bao.name = ODD
        self.answer(self.wave, self.bao, 1)
        self.assert_plain(self.late(self.case(self.bao)).note)
        self.program._put_off(ODD)
        self.assert_plain(self.program.activity_ids.note)

    def test_comment_of_a_case(self):
        self.ada.name = ODD
        self.answer(self.wave, self.ada, 1, ODD)
        case = self.case()
        self.assert_plain(case.description)
        self.close(case)
        followup = self.env["feedback.followup"].search([("case_id", "=", case.id)])
        followup._answer(5)
        self.assert_plain(case.message_ids[0].body)
        mail = self.env["mail.mail"].search(
            [("model", "=", "feedback.followup"), ("res_id", "=", followup.id)]
        )
        self.assertNotIn("<script>", mail.body_html)

    def test_incentive_in_the_mail(self):
        self.program.incentive = ODD
        self.env.cr.execute("UPDATE feedback_invitation SET sent_at = sent_at - interval '1 year'")
        self.env.invalidate_all()
        wave = self.new_wave()
        self.send(wave)
        mails = self.env["mail.mail"].search(
            [("model", "=", "feedback.invitation"), ("res_id", "in", wave.invitation_ids.ids)]
        )
        self.assertTrue(mails)
        for mail in mails:
            self.assert_plain(mail.body_html)

    def assert_plain(self, html):
        """Words that somebody wrote are shown as written: escaped, neither run nor taken out."""
        self.assertNotIn("<script>", html)
        self.assertNotIn("<b>bold", html)
        self.assertIn("&lt;b&gt;bold&lt;/b&gt;", html)
