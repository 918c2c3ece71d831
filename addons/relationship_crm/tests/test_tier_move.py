"""Tier changes: every change leaves a move, whoever makes it; pricelists follow per company."""

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..models.prm_tier_move import DETAILS, MoveDetails
from .tier_common import TierCommon


@tagged("post_install", "-at_install")
class TestTierMove(TierCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one = cls.enroll("One Ltd", cls.silver)
        cls.partner = cls.one.partner_id
        cls.manager = cls.users["channel_manager"]

    def moves(self, enrollment=None):
        """Return the moves of an enrollment, the oldest first, as (kind, former, new)."""
        found = (enrollment or self.one).move_ids.sorted("id")
        return [(m.kind, m.from_grade_id.name or "", m.to_grade_id.name or "") for m in found]

    # ------------------------------------------------------------ what leaves a move

    def test_start_hand_and_end(self):
        self.one.with_user(self.manager).grade_id = self.gold
        self.one.write({"state": "ended", "reason": "Left us"})
        self.assertEqual(
            self.moves(),
            [("start", "", "Silver"), ("manual", "Silver", "Gold"), ("end", "Gold", "")],
        )
        manual, end = self.one.move_ids.sorted("id")[1:]
        self.assertEqual((manual.asked_by_id, manual.direction), (self.manager, "up"))
        self.assertEqual((end.reason, end.direction), ("Left us", "down"))
        self.assertEqual(manual.date, self.today)

    def test_what_does_not_change_leaves_none(self):
        self.one.grade_id = self.silver
        self.one.write({"state": "suspended", "reason": "Unpaid"})
        self.one.action_activate()
        self.assertEqual(self.moves(), [("start", "", "Silver")])

    def test_several_at_once_each_its_own(self):
        two, three = self.enroll("Two", self.bronze), self.enroll("Three", self.gold)
        (self.one | two | three).write({"grade_id": self.gold.id})
        self.assertEqual(self.moves(two)[-1], ("manual", "Bronze", "Gold"))
        self.assertEqual(len(self.moves(three)), 1)

    def test_a_tier_set_on_the_contact_belongs_to_the_enrollment(self):
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.partner.with_user(self.sales_user).grade_id = self.gold
        manager = self.users["manager"]
        self.partner.with_user(manager).grade_id = self.gold
        self.assertEqual(self.one.grade_id, self.gold)
        self.assertEqual(self.partner.grade_id, self.gold)
        self.assertEqual(self.one.move_ids[0].asked_by_id, manager)
        self.assertEqual(self.moves()[-1], ("manual", "Silver", "Gold"))

    def test_a_contact_of_the_company_shows_its_tier(self):
        contact = self.env["res.partner"].create({"name": "Sal", "parent_id": self.partner.id})
        self.assertEqual(contact.prm_grade_id, self.silver)
        self.assertFalse(contact.grade_id)
        self.one.write({"state": "suspended", "reason": "Unpaid"})
        self.assertFalse(contact.prm_grade_id)

    def test_of_several_programs_the_tier_finds_its_own(self):
        program = self.env["prm.program"].create({"name": "Services", "sequence": 5})
        expert = self.env["res.partner.grade"].create(
            {"name": "Expert", "prm_program_id": program.id}
        )
        with self.assertRaises(UserError):
            self.partner.grade_id = expert
        second = self.env["prm.enrollment"].create(
            {"partner_id": self.partner.id, "program_id": program.id, "state": "active"}
        )
        self.partner.grade_id = expert
        self.assertEqual(second.grade_id, expert)
        self.assertEqual(self.moves(second), [("start", "", "Expert")])
        self.assertEqual(self.partner.grade_id, self.silver, "the first program's is shown")
        self.assertEqual(self.moves(), [("start", "", "Silver")])

    def test_in_two_companies_the_one_at_work_is_meant(self):
        other = self.other_company()
        self.program.company_ids |= other
        there = self.env["prm.enrollment"].create(
            {
                "partner_id": self.partner.id,
                "program_id": self.program.id,
                "company_id": other.id,
                "grade_id": self.silver.id,
                "state": "active",
            }
        )
        self.partner.with_company(other).grade_id = self.gold
        self.assertEqual((self.one.grade_id, there.grade_id), (self.silver, self.gold))
        self.assertEqual(len(self.one.move_ids), 1)

    def test_without_enrollment_core_is_left_alone(self):
        plain = self.customer("Plain")
        plain.grade_id = self.gold
        self.assertEqual(plain.grade_id, self.gold)
        plain.grade_id = False
        self.assertFalse(plain.grade_id)

    def test_writing_the_same_tier_again_changes_nothing(self):
        pricelist = self.env["product.pricelist"].create({"name": "Own"})
        self.silver.default_pricelist_id = self.env["product.pricelist"].create({"name": "Silver"})
        self.partner.write(
            {"grade_id": self.silver.id, "specific_property_product_pricelist": pricelist.id}
        )
        self.assertEqual(self.partner.specific_property_product_pricelist, pricelist)
        self.assertEqual(len(self.one.move_ids), 1)

    # ------------------------------------------------------------ sold

    def _buy(self, grade, partner=None):
        product = self.env["product.product"].create(
            {
                "name": grade.name,
                "type": "service",
                "service_tracking": "partnership",
                "grade_id": grade.id,
            }
        )
        order = self.env["sale.order"].create(
            {
                "partner_id": (partner or self.partner).id,
                "order_line": [Command.create({"product_id": product.id})],
            }
        )
        order.with_user(self.sales_user).sudo().action_confirm()
        return order

    def test_a_tier_that_is_sold(self):
        order = self._buy(self.gold)
        self.assertEqual(self.one.grade_id, self.gold)
        self.assertEqual(self.moves()[-1], ("sold", "Silver", "Gold"))
        self.assertEqual(self.one.move_ids[0].reason, order.name)

    def test_a_lower_tier_that_is_sold_takes_nothing_away(self):
        order = self._buy(self.bronze)
        self.assertEqual((self.one.grade_id, self.partner.grade_id), (self.silver, self.silver))
        self.assertIn(order.name, self.one.message_ids[0].body)

    def test_who_buys_a_tier_joins_its_program(self):
        buyer = self.customer("Joiner")
        contact = self.env["res.partner"].create({"name": "Jo", "parent_id": buyer.id})
        self._buy(self.bronze, contact)
        joined = self.env["prm.enrollment"].search([("partner_id", "=", buyer.id)])
        self.assertEqual((joined.state, joined.grade_id), ("active", self.bronze))
        self.assertEqual(joined.manager_id, self.manager)
        self.assertEqual(self.moves(joined), [("sold", "", "Bronze")])
        self.assertEqual(buyer.grade_id, self.bronze)

    def test_who_left_and_buys_a_tier_joins_again(self):
        self.one.write({"state": "ended", "reason": "Left"})
        self._buy(self.bronze)
        every = self.env["prm.enrollment"].search([("partner_id", "=", self.partner.id)])
        again = every - self.one
        self.assertEqual((self.one.state, again.state), ("ended", "active"))
        self.assertEqual((again.grade_id, self.partner.grade_id), (self.bronze, self.bronze))

    def test_a_suspended_partner_buys_a_tier_for_later(self):
        self.one.write({"state": "suspended", "reason": "Unpaid"})
        self._buy(self.gold)
        self.assertEqual((self.one.state, self.one.grade_id), ("suspended", self.gold))
        self.assertEqual(self.moves()[-1], ("sold", "Silver", "Gold"))
        self.assertFalse(self.partner.grade_id, "it shows once the partner is active again")

    def test_a_company_that_does_not_run_the_program_gives_nothing(self):
        buyer = self.customer("Far")
        program = self.env["prm.program"].create(
            {"name": "Abroad", "company_ids": self.other_company().ids}
        )
        tier = self.env["res.partner.grade"].create(
            {"name": "Abroad", "prm_program_id": program.id}
        )
        order = self._buy(tier, buyer)
        self.assertFalse(buyer.grade_id)
        self.assertIn("was not given", " ".join(order.message_ids.mapped("body")))

    # ------------------------------------------------------------ nobody lowers alone

    def test_nobody_lowers_a_tier_alone(self):
        for who in (self.manager, self.users["manager"]):
            for tier in (self.bronze, self.bronze.browse()):
                with self.subTest(who=who.login), self.assertRaises(UserError):
                    self.one.with_user(who).grade_id = tier
        with self.assertRaises(UserError):
            self.partner.with_user(self.sales_user).grade_id = self.bronze
        with self.assertRaises(UserError):
            self.partner.with_user(self.sales_user).grade_id = False
        self.assertEqual(self.one.grade_id, self.silver)

    def test_what_was_changed_today_can_be_put_right(self):
        mine = self.one.with_user(self.manager)
        mine.grade_id = self.gold
        with self.assertRaises(UserError):
            mine.grade_id = self.bronze
        mine.grade_id = self.silver
        self.assertEqual(self.moves()[-1], ("manual", "Gold", "Silver"))

    def test_what_was_changed_before_or_by_a_review_is_not_put_right_alone(self):
        reviewed = self.enroll("Reviewed", self.silver)
        approved = MoveDetails("review", approver_id=self.users["manager"].id)
        reviewed.with_context(**{DETAILS: approved}).grade_id = self.gold
        with self.assertRaises(UserError):
            reviewed.with_user(self.manager).grade_id = self.silver
        mine = self.one.with_user(self.manager)
        mine.grade_id = self.gold
        self.on_day(fields.Date.add(self.today, days=1))
        with self.assertRaises(UserError):
            mine.grade_id = self.silver
        self.assertEqual((self.one.grade_id, reviewed.grade_id), (self.gold, self.gold))

    def test_nobody_lowers_a_suspended_partner_alone(self):
        self.one.write({"state": "suspended", "reason": "Unpaid"})
        with self.assertRaises(UserError):
            self.one.with_user(self.manager).grade_id = self.bronze

    def test_a_claim_from_outside_is_not_believed(self):
        claim = {"kind": "review", "approver_id": self.users["manager"].id}
        forged = self.one.with_user(self.manager).with_context(
            prm_tier_move=claim, prm_tier_showing=True
        )
        with self.assertRaises(UserError):
            forged.grade_id = self.bronze
        forged.grade_id = self.gold
        self.assertEqual(self.one.move_ids[0].kind, "manual")
        self.assertEqual(self.one.move_ids[0].approver_id, self.manager)

    def test_a_single_person_lowers_and_it_is_noted_and_mailed(self):
        self.company.write({"prm_single_person": True, "email": "boss@own.example"})
        before = self.env["mail.mail"].search([])
        self.one.with_user(self.manager).grade_id = self.bronze
        self.assertEqual(self.one.grade_id, self.bronze)
        self.assertIn("without notice", " ".join(self.one.message_ids.mapped("body")))
        mails = self.env["mail.mail"].search([]) - before
        self.assertIn("boss@own.example", mails.mapped("email_to"))

    # ------------------------------------------------------------ kept for good

    def test_moves_are_neither_edited_nor_deleted(self):
        move = self.one.move_ids
        with self.assertRaises(UserError):
            move.reason = "Because"
        with self.assertRaises(UserError):
            move.unlink()
        for role, user in self.users.items():
            for operation in ("write", "create", "unlink"):
                self.assertFalse(move.with_user(user).has_access(operation), role)
        with self.assertRaises(UserError):
            self.one.unlink()

    def test_who_reads_moves(self):
        move = self.one.move_ids
        self.partner.user_id = self.users["manager"]
        self.one.manager_id = self.manager
        for role in ("channel_manager", "manager", "auditor"):
            self.assertEqual(move.with_user(self.users[role]).display_name, "no tier → Silver")
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "move_stranger",
            groups="relationship_crm.group_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        for user in (self.users["user"], self.portal_user, stranger):
            with self.subTest(user.login), self.assertRaises(AccessError):
                move.with_user(user).read(["kind"])

    def test_others_are_told(self):
        self.commit_hooks()
        self.one.grade_id = self.gold
        self.commit_hooks()
        event = self.env["relationship.interaction"].search(
            [("kind_id.code", "=", "tier_changed"), ("partner_id", "=", self.partner.id)], limit=1
        )
        self.assertEqual((event.payload["from"], event.payload["to"]), ("Silver", "Gold"))
        self.assertEqual(event.res_id, self.one.move_ids[0].id)

    # ------------------------------------------------------------ pricelists

    def _pricelists(self, **vals):
        grades = {"gold": self.gold, "silver": self.silver}
        for name, grade in grades.items():
            if name in vals:
                grade.default_pricelist_id = self.env["product.pricelist"].create(
                    {"name": name, "company_id": vals[name]}
                )

    def _price(self, company):
        return self.partner.with_company(company).specific_property_product_pricelist

    def test_pricelists_of_each_company_of_the_program(self):
        second, third = self.other_company("Second"), self.other_company("Third")
        self.program.company_ids |= second
        self._pricelists(gold=False)
        gold, own = (
            self.gold.default_pricelist_id,
            self.env["product.pricelist"].create({"name": "Own", "company_id": False}),
        )
        self.one.grade_id = self.gold
        self.assertEqual((self._price(self.company), self._price(second)), (gold, gold))
        self.assertFalse(self._price(third), "does not run the program")
        self.partner.with_company(second).specific_property_product_pricelist = own
        self.one.grade_id = self.silver
        self.assertFalse(self._price(self.company), "the former tier's goes")
        self.assertEqual(self._price(second), own, "what somebody chose stays")

    def test_a_pricelist_of_another_company_is_not_given(self):
        second = self.other_company("Second")
        self.program.company_ids |= second
        self._pricelists(gold=second.id)
        self.one.grade_id = self.gold
        self.assertEqual(self._price(second), self.gold.default_pricelist_id)
        self.assertFalse(self._price(self.company))

    def test_the_tier_held_in_a_company_prices_there(self):
        second = self.other_company("Second")
        self.program.company_ids |= second
        self._pricelists(gold=False, silver=False)
        self.env["prm.enrollment"].create(
            {
                "partner_id": self.partner.id,
                "program_id": self.program.id,
                "company_id": second.id,
                "grade_id": self.gold.id,
                "state": "active",
            }
        )
        self.one.grade_id = self.bronze
        self.one.grade_id = self.silver
        self.assertEqual(self._price(self.company), self.silver.default_pricelist_id)
        self.assertEqual(self._price(second), self.gold.default_pricelist_id)

    def test_edited_in_a_company_that_does_not_run_the_program(self):
        third = self.other_company("Third")
        self._pricelists(gold=False)
        self.partner.with_company(third).grade_id = self.gold
        self.assertEqual(self._price(self.company), self.gold.default_pricelist_id)
        self.assertFalse(self._price(third))

    def test_suspended_and_ended_partners_lose_it(self):
        self._pricelists(gold=False)
        self.one.grade_id = self.gold
        self.one.write({"state": "suspended", "reason": "Unpaid"})
        self.assertFalse(self._price(self.company))
        self.one.action_activate()
        self.assertEqual(self._price(self.company), self.gold.default_pricelist_id)
        self.one.write({"state": "ended", "reason": "Left"})
        self.assertFalse(self._price(self.company))

    def test_queries_do_not_grow(self):
        some = [self.enroll(f"P{n}", self.bronze) for n in range(12)]
        self._pricelists(gold=False)
        self.env["prm.enrollment"].union(*some[:2]).write({"grade_id": self.silver.id})
        few = self.queries(lambda: self._upgrade(some[2:4]))
        many = self.queries(lambda: self._upgrade(some[4:]))
        self.assertLessEqual(many, few + 2, "a batch of inserts more, not a query a partner")

    def _upgrade(self, some):
        self.env["prm.enrollment"].union(*some).write({"grade_id": self.gold.id})
        self.env.flush_all()

    # ------------------------------------------------------------ merge

    def test_merged_partners_keep_the_better_tier_and_all_moves(self):
        two = self.enroll("One Limited", self.gold)
        self._pricelists(gold=False)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge([two.partner_id.id, self.partner.id], self.partner)
        self.env.invalidate_all()
        self.assertEqual(self.partner.grade_id, self.gold)
        self.assertEqual((self.one.state, two.state), ("ended", "active"))
        self.assertEqual(self.moves()[-1], ("merge", "Silver", ""))
        self.assertEqual((self.one | two).move_ids.partner_id, self.partner)
        self.assertEqual(self._price(self.company), self.gold.default_pricelist_id)

    def test_of_equal_tiers_the_active_enrollment_stays(self):
        self.one.write({"state": "suspended", "reason": "Unpaid"})
        two = self.enroll("One Limited", self.silver)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge([two.partner_id.id, self.partner.id], self.partner)
        self.env.invalidate_all()
        self.assertEqual((self.one.state, two.state), ("ended", "active"))
        self.assertEqual(self.partner.grade_id, self.silver)
