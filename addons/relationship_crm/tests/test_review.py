"""Reviews: computed, approved by a second person, applied; every role tries every step."""

from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .tier_common import TierCommon


@tagged("post_install", "-at_install")
class TestReview(TierCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.criteria()
        cls.asker, cls.second = cls.users["channel_manager"], cls.users["manager"]
        cls.up = cls.enroll("Up", cls.bronze)
        cls.same = cls.enroll("Same", cls.silver)
        cls.down = cls.enroll("Down", cls.gold)
        cls.new = cls.enroll("New")
        cls.sell(cls.up, 600)
        cls.sell(cls.same, 700)
        cls.sell(cls.down, 700)
        cls.sell(cls.new, 50)

    def review(self, **vals):
        return self.env["prm.review"].create(
            {"program_id": self.program.id, "day": self.today, **vals}
        )

    def computed(self, user=None, **vals):
        review = self.review(**vals)
        review.with_user(user or self.asker).action_compute()
        return review

    def line(self, review, enrollment):
        return review.line_ids.filtered(lambda line: line.enrollment_id == enrollment)

    # ------------------------------------------------------------ computed

    def test_what_is_computed(self):
        review = self.computed()
        self.assertEqual(
            {
                line.enrollment_id: (
                    line.outcome,
                    line.grade_id,
                    line.earned_grade_id,
                    line.to_grade_id,
                )
                for line in review.line_ids
            },
            {
                self.up: ("promote", self.bronze, self.silver, self.silver),
                self.same: ("keep", self.silver, self.silver, self.silver),
                self.down: ("demote", self.gold, self.silver, self.silver),
                self.new: (
                    "keep",
                    self.bronze.browse(),
                    self.bronze.browse(),
                    self.bronze.browse(),
                ),
            },
        )
        line = self.line(review, self.down)
        self.assertEqual((line.points, line.pass_mark, line.judged_grade_id), (70, 100, self.gold))
        [kept] = line.evidence
        self.assertEqual((kept["value"], kept["threshold"], kept["met"]), (700, 1000, False))
        self.assertIn("Sales Ordered", kept["text"])
        self.assertIn("1,000", line.evidence_html)
        self.assertEqual((line.partner_id, line.company_id), (self.down.partner_id, self.company))
        self.assertEqual((review.promote_count, review.keep_count, review.demote_count), (1, 2, 1))
        self.assertEqual((review.asked_by_id, review.state), (self.asker, "computed"))
        self.assertEqual(self.up.grade_id, self.bronze, "nothing moved yet")

    def test_only_active_partners_of_the_program_and_company(self):
        self.same.write({"state": "suspended", "reason": "Unpaid"})
        other = self.env["prm.program"].create({"name": "Other"})
        self.enroll("Elsewhere", program=other)
        review = self.computed()
        self.assertEqual(review.line_ids.enrollment_id, self.up | self.down | self.new)
        few = self.computed(enrollment_ids=[Command.set(self.up.ids)])
        self.assertEqual(few.line_ids.enrollment_id, self.up)

    def test_each_company_reviews_its_own(self):
        """Its partners alone, and what holds them in that very company."""
        other = self.other_company()
        self.program.company_ids |= other
        there = self.enroll("There", self.gold, company_id=other.id)
        held = self.enroll("Held", self.gold, company_id=other.id)
        for enrollment, company in ((there, self.company), (held, other)):
            self.env["relationship.case"].create(
                {
                    "name": "Broken",
                    "kind": "complaint",
                    "partner_id": enrollment.partner_id.id,
                    "company_id": company.id,
                }
            )
        self.assertFalse(self.computed().line_ids.enrollment_id & (there | held))
        review = self.review(company_id=other.id)
        review.action_compute()
        self.assertEqual(
            {line.enrollment_id: (line.outcome, bool(line.hold)) for line in review.line_ids},
            {there: ("demote", False), held: ("keep", True)},
        )

    def test_computed_again_the_lines_are_made_anew(self):
        review = self.computed()
        self.sell(self.down, 400)
        review.with_user(self.second).action_compute()
        self.assertEqual(len(review.line_ids), 4)
        self.assertEqual(self.line(review, self.down).outcome, "keep")
        self.assertEqual(review.asked_by_id, self.second)

    def test_queries_do_not_grow_with_partners(self):
        def compute(review):
            return self.queries(review.action_compute)

        compute(self.review())
        few = compute(self.review())
        for number in range(25):
            self.sell(self.enroll(f"P{number}", self.silver), number * 40)
        many = compute(self.review())
        self.assertEqual(many, few)
        self.assertLessEqual(many, 60)

    def test_a_hold_takes_nothing_away(self):
        self.env["relationship.case"].create(
            {"name": "Broken", "kind": "complaint", "partner_id": self.down.partner_id.id}
        )
        line = self.line(self.computed(), self.down)
        self.assertEqual((line.outcome, line.to_grade_id), ("keep", self.gold))
        self.assertIn("Broken", line.hold)

    # ------------------------------------------------------------ second person

    def test_every_role_tries_every_step(self):
        """Who may do what, asked for by the channel manager, computed or not."""
        may = {
            "action_compute": {"channel_manager", "manager"},
            "action_cancel": {"channel_manager", "manager"},
            "action_approve": {"manager"},
        }
        roles = {**self.users, "sales": self.sales_user, "portal": self.portal_user}
        for action, allowed in may.items():
            for role, user in roles.items():
                review = self.computed()
                with self.subTest(action=action, role=role):
                    if role in allowed:
                        getattr(review.with_user(user), action)()
                        continue
                    # the asker may work with reviews, but not approve this one
                    wanted = UserError if role == "channel_manager" else AccessError
                    with self.assertRaises(wanted):
                        getattr(review.with_user(user), action)()
                    self.assertEqual(review.state, "computed")

    def test_no_state_is_skipped_or_repeated(self):
        actions = ("action_compute", "action_cancel", "action_approve")
        allowed = {
            "draft": {"action_compute", "action_cancel"},
            "computed": set(actions),
            "approved": set(),
            "applied": set(),
            "cancelled": set(),
        }
        for state, possible in allowed.items():
            for action in actions:
                review = self.computed()
                review.write({"state": state})
                with self.subTest(state=state, action=action):
                    if action in possible:
                        getattr(review.with_user(self.second), action)()
                    else:
                        with self.assertRaises(UserError):
                            getattr(review.with_user(self.second), action)()

    def test_states_and_names_are_not_written_by_hand(self):
        review = self.computed()
        for vals in (
            {"state": "approved"},
            {"approver_id": self.second.id},
            {"asked_by_id": self.second.id},
            {"line_ids": [Command.clear()]},
            {"day": "2020-01-01"},
        ):
            with self.subTest(vals), self.assertRaises(UserError):
                review.with_user(self.second).write(vals)
        with self.assertRaises(UserError):
            review.with_user(self.second).create(
                {"program_id": self.program.id, "state": "computed"}
            )
        for role, user in self.users.items():
            for operation in ("write", "create", "unlink"):
                self.assertFalse(review.line_ids.with_user(user).has_access(operation), role)
        review.with_user(self.second).note = "<p>To discuss</p>"

    def test_who_changed_a_line_can_not_approve_either(self):
        review = self.computed()
        self.wizard(self.line(review, self.same), self.second, "change", self.gold)
        line = self.line(review, self.same)
        self.assertEqual((line.outcome, line.to_grade_id), ("promote", self.gold))
        self.assertEqual((line.changed_by_id, line.change_reason), (self.second, "Because"))
        for user in (self.asker, self.second):
            with self.assertRaises(UserError):
                review.with_user(user).action_approve()
        third = new_test_user(self.env, "third", groups="relationship_crm.group_manager")
        review.with_user(third).action_approve()
        self.assertEqual(self.same.grade_id, self.gold)

    def test_a_tier_of_another_program_is_not_proposed(self):
        other = self.env["prm.program"].create({"name": "Other"})
        foreign = self.env["res.partner.grade"].create(
            {"name": "Foreign", "prm_program_id": other.id}
        )
        with self.assertRaises(UserError):
            self.wizard(self.computed().line_ids[0], self.asker, "change", foreign)

    def test_a_single_person_is_noted_and_mailed(self):
        self.company.write({"prm_single_person": True, "email": "boss@own.example"})
        self.users["auditor"].email = "auditor@own.example"
        review = self.computed()
        before = self.env["mail.mail"].search([])
        review.with_user(self.asker).action_approve()
        self.assertTrue(review.single_person)
        self.assertIn("alone", " ".join(review.message_ids.mapped("body")))
        told = (self.env["mail.mail"].search([]) - before).mapped("email_to")
        self.assertIn("boss@own.example", told)
        self.assertIn("auditor@own.example", told)

    def test_two_people_leave_no_note(self):
        self.company.prm_single_person = True
        review = self.computed()
        review.with_user(self.second).action_approve()
        self.assertFalse(review.single_person)

    def wizard(self, lines, user, action, grade=None):
        window = getattr(lines.with_user(user), f"action_ask_{action}")()
        wizard = self.env["prm.review.reason"].with_user(user).with_context(**window["context"])
        wizard.create(
            {"reason": "Because", "grade_id": grade.id if grade else False}
        ).action_confirm()

    # ------------------------------------------------------------ applied

    def test_what_follows_from_the_approval(self):
        review = self.computed()
        review.with_user(self.second).action_approve()
        self.assertEqual((review.state, review.approver_id), ("applied", self.second))
        self.assertEqual((review.approved_on, review.applied_on), (self.today, self.today))
        self.assertEqual(self.up.grade_id, self.silver)
        move = self.up.move_ids[0]
        self.assertEqual(
            (move.kind, move.approver_id, move.asked_by_id), ("review", self.second, self.asker)
        )
        self.assertEqual(move.evidence, self.line(review, self.up).evidence)
        self.assertEqual(self.line(review, self.up).move_id, move)
        self.assertEqual(self.up.partner_id.grade_id, self.silver)
        line = self.line(review, self.down)
        self.assertEqual((line.state, self.down.grade_id), ("grace", self.gold))
        self.assertEqual(self.down.grace_until, line.grace_until)
        self.assertEqual(
            (line.grace_until.day, (line.grace_until - self.today).days >= 90), (1, True)
        )
        self.assertEqual(len(self.down.move_ids), 1, "nothing was taken away")
        self.assertEqual(self.line(review, self.same).state, "done")

    def test_who_changed_meanwhile_is_left_alone(self):
        review = self.computed()
        self.up.grade_id = self.gold
        self.down.write({"state": "ended", "reason": "Left"})
        review.with_user(self.second).action_approve()
        self.assertEqual(self.up.grade_id, self.gold)
        states = [self.line(review, one).state for one in (self.up, self.down)]
        self.assertEqual(states, ["void", "void"])

    def test_a_second_review_finds_the_running_grace(self):
        self.computed().with_user(self.second).action_approve()
        again = self.computed()
        self.assertEqual(self.line(again, self.down).outcome, "grace")
        again.with_user(self.second).action_approve()
        lines = self.env["prm.review.line"].search([("enrollment_id", "=", self.down.id)])
        self.assertEqual(sorted(lines.mapped("state")), ["done", "grace"])

    def test_two_reviews_at_once_give_one_grace(self):
        first, other = self.computed(), self.computed()
        first.with_user(self.second).action_approve()
        other.with_user(self.second).action_approve()
        self.assertEqual(self.line(other, self.down).state, "void")
        self.assertEqual(self.line(other, self.up).state, "void")

    def test_a_decision_that_is_due_is_a_running_grace(self):
        first, other = self.computed(), self.computed()
        first.with_user(self.second).action_approve()
        self.line(first, self.down).write({"state": "due"})
        self.assertEqual(self.line(self.computed(), self.down).outcome, "grace")
        other.with_user(self.second).action_approve()
        self.assertEqual(self.line(other, self.down).state, "void")

    def test_many_are_applied_in_the_background(self):
        review = self.computed()
        review.write({"state": "approved", "approver_id": self.second.id})
        self.assertEqual(self.env["prm.review"]._job_apply(3), 1)
        self.assertEqual(review.state, "approved")
        self.assertEqual(self.env["prm.review"]._job_apply(3), 0)
        self.assertEqual(review.state, "applied")
        self.assertEqual(self.up.grade_id, self.silver)

    def test_what_was_decided_is_kept(self):
        review = self.computed()
        review.with_user(self.second).action_approve()
        with self.assertRaises(UserError):
            review.unlink()
        with self.assertRaises(UserError):
            self.line(review, self.down).unlink()

    # ------------------------------------------------------------ criteria change

    def test_changed_criteria_flag_the_next_review_and_move_nobody(self):
        self.computed().with_user(self.second).action_approve()
        self.assertFalse(self.computed().rules_changed)
        last = self.env["prm.review"].search([("state", "=", "applied")], limit=1)
        changes = (
            lambda: self.silver.prm_criterion_ids.write({"threshold": 10**6}),
            lambda: self.criterion(self.silver, "sold_orders", 3),
            lambda: self.silver.prm_criterion_ids[-1:].unlink(),
            lambda: self.gold.write({"prm_pass_mark": 90}),
            lambda: self.bronze.write({"active": False}),
            lambda: self.program.write({"demotion_policy": "none"}),
        )
        for number, change in enumerate(changes):
            last.computed_at = "2020-01-02"
            self.program.rules_changed_at = "2020-01-01"
            self.assertFalse(self.computed().rules_changed)
            change()
            with self.subTest(number):
                self.assertTrue(self.computed().rules_changed)
        self.assertEqual((self.same.grade_id, self.down.grade_id), (self.silver, self.gold))

    def test_a_review_is_computed_again_after_criteria_changed(self):
        review = self.computed()
        review.computed_at = "2020-01-01"
        self.gold.prm_pass_mark = 50
        self.assertTrue(review.rules_outdated)
        with self.assertRaises(UserError):
            review.with_user(self.second).action_approve()
        review.with_user(self.asker).action_compute()
        review.with_user(self.second).action_approve()
        self.assertEqual(self.line(review, self.down).outcome, "keep")

    def test_criteria_that_begin_since_are_a_change(self):
        self.computed().with_user(self.second).action_approve()
        last = self.env["prm.review"].search([("state", "=", "applied")], limit=1)
        last.day = self.today - timedelta(days=30)
        self.assertFalse(self.computed().rules_changed)
        later = self.criterion(self.gold, "sold_orders", 1, valid_from=self.today)
        self.program.rules_changed_at = False
        self.assertTrue(self.computed().rules_changed)
        later.valid_from = self.today + timedelta(days=1)
        self.program.rules_changed_at = False
        self.assertFalse(self.computed().rules_changed)

    def test_days_of_change_between_two_reviews(self):
        """A day on which criteria begin or no longer hold, after the last review, up to this."""
        self.computed().with_user(self.second).action_approve()
        last = self.env["prm.review"].search([("state", "=", "applied")], limit=1)
        last.day = start = self.today - timedelta(days=30)
        criterion = self.criterion(self.gold, "sold_orders", 1)
        none, day = {"valid_from": False, "valid_to": False}, timedelta(days=1)
        for vals, changed in (
            ({"valid_from": start}, False),
            ({"valid_from": start + day}, True),
            ({"valid_from": self.today}, True),
            ({"valid_to": start - day}, False),
            ({"valid_to": start}, True),
            ({"valid_to": self.today - day}, True),
            ({"valid_to": self.today}, False),
        ):
            criterion.write({**none, **vals})
            self.program.rules_changed_at = False
            with self.subTest(vals):
                self.assertEqual(self.computed().rules_changed, changed)

    def test_changed_since_the_last_review_of_everybody_there(self):
        """Neither an earlier one counts, nor one of a few partners, nor another company's."""
        other = self.other_company()
        self.program.company_ids |= other
        first, last = self.computed(), self.computed()
        few = self.computed(enrollment_ids=[Command.set(self.same.ids)])
        abroad = self.review(company_id=other.id)
        abroad.action_compute()
        for number, review in enumerate((first, last, few, abroad), 1):
            review.with_user(self.second).sudo().action_approve()
            review.computed_at = f"2020-0{number}-01"
        self.assertEqual(
            (first | last | few | abroad).mapped("state"), ["applied"] * 4, "all are decided"
        )
        self.program.rules_changed_at = "2020-01-15"
        self.assertFalse(self.computed().rules_changed)
        self.program.rules_changed_at = "2020-02-15"
        self.assertTrue(self.computed().rules_changed)

    def test_what_is_to_come_is_not_approved_yet(self):
        """As of a later day a review shows what the rules would say; nobody acts on it today."""
        review = self.computed(day=self.today + timedelta(days=1))
        with self.assertRaises(UserError):
            review.with_user(self.second).action_approve()
        self.assertEqual((review.state, self.up.grade_id), ("computed", self.bronze))
        self.on_day(self.today + timedelta(days=1))
        review.with_user(self.second).action_approve()
        self.assertEqual((review.state, self.up.grade_id), ("applied", self.silver))

    def test_only_companies_that_run_the_program(self):
        with self.assertRaises(ValidationError):
            self.review(company_id=self.other_company().id)

    # ------------------------------------------------------------ rhythm

    def test_the_rhythm_computes_a_review_a_period(self):
        self.env.cr.execute(
            "UPDATE prm_program SET create_date = '2020-01-01' WHERE id = %s", [self.program.id]
        )
        self.env.invalidate_all()
        due = [key for key in self.env["prm.review"]._due() if key[0] == self.program]
        [(program, company, day)] = due
        self.assertEqual((company, day.day, day.month % 3), (self.company, 1, 1))
        review = self.env["prm.review"]._begin(program, company, day)
        self.assertEqual((review.state, review.origin), ("computed", "rhythm"))
        self.assertEqual(review.activity_ids.user_id, self.asker)
        self.assertNotIn(self.program, [key[0] for key in self.env["prm.review"]._due()])
        review.action_cancel()
        self.assertNotIn(self.program, [key[0] for key in self.env["prm.review"]._due()])

    def made_on(self, moment):
        self.env.cr.execute(
            "UPDATE prm_program SET create_date = %s WHERE id = %s", [moment, self.program.id]
        )
        self.env.invalidate_all()

    def due(self):
        """Return the first days of the periods that wait for a review of the program."""
        return [
            day
            for program, _company, day in self.env["prm.review"]._due()
            if program == self.program
        ]

    def test_what_stands_for_the_review_of_a_period(self):
        """One by hand of everybody here that was computed; no draft, nor what was given up."""
        other = self.other_company()
        self.program.company_ids |= other
        self.made_on("2020-01-01")
        [day] = self.due()
        self.computed(day=day, company_id=other.id, user=self.env.user)
        self.review(day=day)
        self.computed(day=day).action_cancel()
        self.computed(day=day, enrollment_ids=[Command.set(self.up.ids)])
        self.computed(day=day - timedelta(days=1))
        self.assertEqual(self.due(), [day])
        self.computed(day=day)
        self.assertEqual(self.due(), [])

    def test_made_on_the_first_day_of_a_period(self):
        self.on_day(date(2026, 4, 1))
        self.made_on("2026-03-31 09:00:00")
        self.assertEqual(self.due(), [date(2026, 4, 1)])
        self.made_on("2026-04-01 09:00:00")
        self.assertEqual(self.due(), [], "it waits for the next one")

    def test_a_new_program_waits_for_its_next_period(self):
        self.assertNotIn(self.program, [key[0] for key in self.env["prm.review"]._due()])

    def test_one_person_may_approve_what_the_rhythm_asked_for(self):
        review = self.review()
        review._compute_lines(self.env.ref("base.user_root").id)
        review.with_user(self.asker).action_approve()
        self.assertEqual(review.approver_id, self.asker)

    # ------------------------------------------------------------ page of the partner

    def test_page_of_the_partner(self):
        view = self.env["relationship.view360"].with_user(self.second)
        partner = self.down.partner_id
        codes = [block["code"] for block in view.get_summary(partner.id)["blocks"]]
        self.assertNotIn("tier_grace", codes)
        self.computed().with_user(self.second).action_approve()
        blocks = {block["code"]: block for block in view.get_summary(partner.id)["blocks"]}
        self.assertEqual(blocks["tier_grace"]["value"], "Gold")
        self.assertEqual(blocks["tier_grace"]["tone"], "warning")
        sections = {s["code"]: s for s in view.get_sections(self.up.partner_id.id, tab="partner")}
        rows = sections["tier_moves"]["rows"]
        self.assertEqual([row["title"] for row in rows], ["Bronze → Silver", "no tier → Bronze"])
