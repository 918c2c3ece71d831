"""Enrollments: the way from application to end, one at a time, the tier on the contact."""

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .people_common import PeopleCommon

STATES = ("applied", "onboarding", "active", "suspended", "ended")
ALLOWED = {
    ("applied", "onboarding"),
    ("applied", "active"),
    ("applied", "ended"),
    ("onboarding", "active"),
    ("onboarding", "ended"),
    ("active", "suspended"),
    ("active", "ended"),
    ("suspended", "active"),
    ("suspended", "ended"),
}


@tagged("post_install", "-at_install")
class TestEnrollment(PeopleCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.customer("Seller Ltd")
        cls.contact = cls.env["res.partner"].create({"name": "Sal", "parent_id": cls.partner.id})
        grade = cls.env["res.partner.grade"]
        cls.gold, cls.silver = grade.create(
            [{"name": "G", "sequence": 1}, {"name": "S", "sequence": 2}]
        )
        program = cls.env["prm.program"]
        cls.first, cls.second = program.create(
            [
                {"name": "Resellers", "sequence": 1, "user_id": cls.users["channel_manager"].id},
                {"name": "Referrers", "sequence": 2, "user_id": cls.users["manager"].id},
            ]
        )
        cls.enrollments = cls.env["prm.enrollment"]

    def enroll(self, program=None, partner=None, **vals):
        return self.enrollments.create(
            {
                "partner_id": (partner or self.partner).id,
                "program_id": (program or self.first).id,
                **vals,
            }
        )

    # ------------------------------------------------------------ flow

    def test_from_application_to_end(self):
        one = self.enroll()
        self.assertEqual((one.state, one.applied_on), ("applied", self.today))
        one.action_onboard()
        one.action_activate()
        self.assertEqual((one.onboarding_on, one.active_on), (self.today, self.today))
        self._decide(one.action_suspend(), "Unpaid invoices")
        self.assertEqual((one.state, one.reason), ("suspended", "Unpaid invoices"))
        one.action_activate()
        self.assertFalse(one.reason)
        self.assertFalse(one.suspended_on)
        self._decide(one.action_end(), "Closed down")
        self.assertEqual((one.state, one.ended_on), ("ended", self.today))

    def _decide(self, action, reason):
        wizard = self.env[action["res_model"]].with_context(**action["context"])
        wizard.create({"reason": reason}).action_confirm()

    def test_every_other_step_is_refused(self):
        for before in STATES:
            for after in STATES:
                one = self.enroll(state=before, partner=self.customer("Step"))
                with self.subTest(before=before, after=after):
                    if (before, after) in ALLOWED:
                        one.write({"state": after, "reason": "Because"})
                        self.assertEqual(one.state, after)
                    else:
                        with self.assertRaises(UserError):
                            one.write({"state": after, "reason": "Because"})

    def test_a_reason_is_asked_for(self):
        one = self.enroll(state="active")
        for state in ("suspended", "ended"):
            for reason in (False, "  "):
                with self.assertRaises(UserError):
                    one.write({"state": state, "reason": reason})

    def test_the_subject_stays_after_the_application(self):
        one = self.enroll()
        one.program_id = self.second
        one.action_onboard()
        with self.assertRaises(UserError):
            one.program_id = self.first
        with self.assertRaises(UserError):
            one.partner_id = self.customer("Another")

    # ------------------------------------------------------------ constraints

    def test_one_at_a_time_in_the_database(self):
        self.enroll()
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.enroll()
            self.env.flush_all()

    def test_after_the_end_another(self):
        self.enroll(state="active").write({"state": "ended", "reason": "Left"})
        self.assertEqual(self.enroll().state, "applied")
        self.assertEqual(self.enroll(self.second).state, "applied", "another program")

    def test_the_company_is_enrolled_not_a_contact(self):
        with self.assertRaises(ValidationError):
            self.enroll(partner=self.contact)

    def test_only_where_the_program_is_run(self):
        other = self.other_company()
        with self.assertRaises(ValidationError):
            self.enroll(company_id=other.id)
        self.first.company_ids = False
        self.assertTrue(self.enroll(company_id=other.id))
        with self.assertRaises(ValidationError):
            self.first.company_ids = self.company

    def test_tiers_of_the_program(self):
        self.gold.prm_program_id = self.second
        with self.assertRaises(ValidationError):
            self.enroll(grade_id=self.gold.id)
        self.assertTrue(self.enroll(self.second, grade_id=self.gold.id))
        self.assertEqual(self.enroll(grade_id=self.silver.id).grade_since, self.today)

    def test_distributors_above(self):
        above = self.enroll(partner=self.customer("Distributor"))
        below = self.enroll(parent_id=above.id)
        self.assertEqual(above.child_ids, below)
        with self.assertRaises(ValidationError):
            above.parent_id = below
        self.first.company_ids = False
        far = self.enroll(partner=self.customer("Far"), company_id=self.other_company().id)
        with self.assertRaises(ValidationError):
            far.parent_id = above

    # ------------------------------------------------------------ tier on the contact

    def test_the_first_program_gives_the_tier(self):
        second = self.enroll(self.second, state="active", grade_id=self.gold.id)
        self.assertEqual(self.partner.grade_id, self.gold)
        first = self.enroll(self.first, state="active", grade_id=self.silver.id)
        self.assertEqual(self.partner.grade_id, self.silver)
        self.assertEqual(self.contact.prm_grade_id, self.silver)
        self.assertFalse(self.contact.grade_id)
        self.second.sequence = 0
        self.assertEqual(self.partner.grade_id, self.gold)
        second.write({"state": "ended", "reason": "Left"})
        self.assertEqual(self.partner.grade_id, self.silver)
        first.grade_id = self.gold
        self.assertEqual(self.partner.grade_id, self.gold)
        first.write({"state": "suspended", "reason": "Unpaid"})
        self.assertFalse(self.partner.grade_id)
        first.action_activate()
        self.assertEqual(self.partner.grade_id, self.gold)

    def test_a_tier_set_by_hand_stays_without_an_active_enrollment(self):
        self.partner.grade_id = self.silver
        one = self.enroll(grade_id=self.gold.id)
        one.action_onboard()
        self.assertEqual(self.partner.grade_id, self.silver)
        one.action_activate()
        self.assertEqual(self.partner.grade_id, self.gold)

    def test_the_tier_takes_its_pricelist(self):
        self.gold.default_pricelist_id = self.env["product.pricelist"].create({"name": "Golden"})
        self.enroll(state="active", grade_id=self.gold.id)
        self.assertEqual(
            self.partner.specific_property_product_pricelist, self.gold.default_pricelist_id
        )

    # ------------------------------------------------------------ access

    def test_channel_managers_work_in_own_programs(self):
        own = self.enroll()
        self.partner.user_id = self.users["manager"]
        foreign = self.enroll(self.second, manager_id=self.users["manager"].id)
        manager = self.users["channel_manager"]
        own.with_user(manager).action_onboard()
        with self.assertRaises(AccessError):
            foreign.with_user(manager).read(["state"])
        self.second.team_id = self.env["crm.team"].create(
            {"name": "Channel", "member_ids": manager.ids}
        )
        foreign.with_user(manager).action_onboard()
        self.assertEqual(foreign.state, "onboarding")

    def test_users_read_own_partners_and_change_nothing(self):
        user = self.users["user"]
        self.partner.user_id = user
        one = self.enroll()
        self.assertEqual(one.with_user(user).state, "applied")
        with self.assertRaises(AccessError):
            one.with_user(user).action_onboard()
        foreign = self.enroll(
            partner=self.customer("Theirs", user_id=self.users["manager"].id),
            manager_id=self.users["manager"].id,
        )
        with self.assertRaises(AccessError):
            foreign.with_user(user).read(["state"])

    def test_others_change_nothing(self):
        one = self.enroll()
        for who in (self.users["auditor"], self.users["integration"], self.portal_user):
            with self.subTest(who=who.login), self.assertRaises(AccessError):
                one.with_user(who).action_onboard()
