"""Tiers: what a partner has, what it lacks for the next one, what the tier gives on a day."""

from psycopg2.errors import ExclusionViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .common import RelationshipCommon


@tagged("post_install", "-at_install")
class TestTiers(RelationshipCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program = cls.env["prm.program"].create({"name": "Resellers"})
        cls.gold, cls.silver, cls.bronze = cls.env["res.partner.grade"].create(
            [
                {"name": name, "sequence": sequence, "prm_program_id": cls.program.id}
                for name, sequence in (("Gold", 1), ("Silver", 2), ("Bronze", 3))
            ]
        )
        cls.partner = cls.env["res.partner"].create({"name": "Reseller", "is_company": True})
        cls.enrollment = cls._enroll(cls.partner, cls.bronze)
        cls.product = cls.env["product.product"].create({"name": "Thing"})

    @classmethod
    def _enroll(cls, partner, grade):
        return cls.env["prm.enrollment"].create(
            {
                "partner_id": partner.id,
                "program_id": cls.program.id,
                "grade_id": grade.id,
                "state": "active",
            }
        )

    def _criterion(self, grade, code, threshold, **vals):
        metric = self.env["relationship.metric"].search([("code", "=", code)])
        return self.env["relationship.criterion"].create(
            {"grade_id": grade.id, "metric_id": metric.id, "threshold": threshold, **vals}
        )

    def _sell(self, amount, partner=None):
        """Let a customer order through the partner, yesterday."""
        customer = self.env["res.partner"].create({"name": "Customer"})
        order = self.env["sale.order"].create(
            {
                "partner_id": customer.id,
                "prm_partner_id": (partner or self.partner).id,
                "order_line": [
                    fields.Command.create(
                        {"product_id": self.product.id, "price_unit": amount, "tax_ids": False}
                    )
                ],
            }
        )
        order.action_confirm()
        order.date_order = fields.Datetime.subtract(fields.Datetime.now(), days=2)

    def _progress(self, enrollment=None):
        [progress] = (enrollment or self.enrollment).tier_progress()
        return progress

    # ------------------------------------------------------------ progress

    def test_points_and_what_is_missing(self):
        self._criterion(self.silver, "sold_revenue_ordered", 1000)
        self._criterion(self.silver, "sold_orders", 2, must=True)
        self._sell(500)
        progress = self._progress()
        self.assertEqual((progress["tier"], progress["next_tier"]), ("Bronze", "Silver"))
        self.assertEqual(progress["points"], 50)
        self.assertFalse(progress["earned"])
        self.assertEqual([line["value"] for line in progress["criteria"]], [500, 1])
        self.assertEqual([line["met"] for line in progress["criteria"]], [False, False])
        self.assertEqual(len(progress["must"]), 1)
        self.assertEqual(len(progress["options"]), 1)
        self._sell(600)
        progress = self._progress()
        self.assertEqual(progress["points"], 100)
        self.assertEqual(progress["earned"], "Silver")
        self.assertEqual((progress["must"], progress["options"]), ([], []))

    def test_the_next_tier_is_one_above_the_tier_held(self):
        self._criterion(self.gold, "sold_orders", 5)
        self.enrollment.grade_id = self.silver
        self.assertEqual(self._progress()["next_tier"], "Gold")
        self.enrollment.grade_id = self.gold
        self.assertFalse(self._progress()["next_tier"])
        self.enrollment.grade_id = False
        self.assertEqual(self._progress()["next_tier"], "Bronze")

    def test_too_little_data_never_passes_a_must(self):
        self._criterion(self.silver, "nps", 0, must=True)
        line = self._progress()["criteria"][0]
        self.assertIsNone(line["value"])
        self.assertEqual((line["value_text"], line["met"]), ("not enough data", False))
        self.assertFalse(self._progress()["earned"])

    def test_what_is_left_out_does_not_count(self):
        self._criterion(self.silver, "nps", 0, when_missing="ignore", weight=5)
        self._criterion(self.silver, "sold_orders", 1)
        self._sell(10)
        self.assertEqual(self._progress()["points"], 100)

    def test_alternatives_count_as_the_best_of_them(self):
        self._criterion(self.silver, "sold_orders", 1, alternative=1)
        self._criterion(self.silver, "sold_revenue_ordered", 10**6, alternative=1)
        self._sell(10)
        self.assertEqual(self._progress()["earned"], "Silver")

    def test_a_criterion_of_the_past_is_not_asked_for(self):
        self._criterion(self.silver, "sold_orders", 100, valid_to="2020-12-31")
        self._criterion(self.silver, "sold_orders", 1, valid_from="2021-01-01")
        self._sell(10)
        self.assertEqual(self._progress()["earned"], "Silver")

    def test_queries_do_not_grow_with_partners(self):
        self._criterion(self.silver, "sold_orders", 1)
        partners = self.env["res.partner"].create([{"name": f"R{n}"} for n in range(20)])
        enrollments = self.env["prm.enrollment"].union(
            *[self._enroll(partner, self.bronze) for partner in partners]
        )
        enrollments[:1]._tier_progress()
        one = self.queries(lambda: enrollments[:1]._tier_progress())
        many = self.queries(lambda: enrollments._tier_progress())
        self.assertEqual(many, one)

    def test_staff_see_it_on_the_enrollment(self):
        self._criterion(self.silver, "sold_orders", 4)
        self.assertIn("Silver", self.enrollment.tier_progress_html)
        self.assertIn("0 of", " ".join(self.enrollment.tier_progress_html.striptags().split()))

    def test_another_company_reads_nothing(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "tier_stranger",
            groups="relationship_crm.group_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        with self.assertRaises(AccessError):
            self.enrollment.with_user(stranger).tier_progress()
        with self.assertRaises(AccessError):
            self.enrollment.with_user(stranger).benefit("protection_days")
        with self.assertRaises(AccessError):
            self.enrollment.with_user(self.portal_user).tier_progress()

    # ------------------------------------------------------------ benefits

    def _benefit(self, grade, code, value, **vals):
        kind = self.env["prm.benefit.kind"].search([("code", "=", code)])
        return self.env["prm.benefit"].create(
            {"grade_id": grade.id, "kind_id": kind.id, "value": value, **vals}
        )

    def test_a_benefit_on_a_day(self):
        self._benefit(self.bronze, "protection_days", 60, valid_to="2026-06-30")
        self._benefit(self.bronze, "protection_days", 90, valid_from="2026-07-01")
        self.assertEqual(self.enrollment.benefit("protection_days", "2026-06-30"), 60)
        self.assertEqual(self.enrollment.benefit("protection_days", "2026-07-01"), 90)
        self.assertIsNone(self.enrollment.benefit("commission_rate", "2026-07-01"))

    def test_no_benefit_without_an_active_enrollment(self):
        self._benefit(self.bronze, "protection_days", 60)
        self.enrollment.sudo().write({"state": "suspended", "reason": "Test"})
        self.assertIsNone(self.enrollment.benefit("protection_days"))

    def test_today_is_that_of_the_company(self):
        """At 23:30 in UTC the new value holds in Tokyo already."""
        tokyo = self.env["res.company"].create({"name": "Tokyo"})
        tokyo.partner_id.tz, self.env.company.partner_id.tz = "Asia/Tokyo", "UTC"
        self.program.company_ids = False
        there = self.env["prm.enrollment"].create(
            {
                "partner_id": self.partner.id,
                "program_id": self.program.id,
                "company_id": tokyo.id,
                "grade_id": self.bronze.id,
                "state": "active",
            }
        )
        self._benefit(self.bronze, "protection_days", 60, valid_to="2026-05-10")
        self._benefit(self.bronze, "protection_days", 90, valid_from="2026-05-11")
        with freeze_time("2026-05-10 23:30:00"):
            days = [one.benefit("protection_days") for one in (self.enrollment, there)]
        self.assertEqual(days, [60, 90])

    def test_benefits_that_hold_on_a_day(self):
        """A draft begins with these: both the first and the last day belong to them."""
        short = self._benefit(
            self.bronze, "protection_days", 60, valid_from="2026-05-01", valid_to="2026-05-10"
        )
        days = ("2026-04-30", "2026-05-01", "2026-05-10", "2026-05-11")
        held = [bool(short._valid_on(fields.Date.to_date(day))) for day in days]
        self.assertEqual(held, [False, True, True, False])

    def test_wrong_codes_and_days_are_named(self):
        with self.assertRaises(UserError) as refused:
            self.enrollment.benefit("free_beer")
        self.assertIn("free_beer", str(refused.exception))
        for wrong in ("yesterday", "2026-13-01", 5):
            with self.subTest(wrong), self.assertRaises(UserError):
                self.enrollment.benefit("protection_days", wrong)

    def test_benefits_of_a_tier_never_overlap(self):
        self._benefit(self.bronze, "protection_days", 60, valid_from="2026-01-01")
        with self.assertRaises(ExclusionViolation), mute_logger("odoo.sql_db"):
            self._benefit(self.bronze, "protection_days", 90, valid_from="2026-07-01")

    def test_a_percentage_is_one(self):
        for value in (-1, 101):
            with self.assertRaises(ValidationError):
                self._benefit(self.bronze, "commission_rate", value)

    # ------------------------------------------------------------ pace

    def _sell_ago(self, amount, days):
        self._sell(amount)
        order = self.env["sale.order"].search(
            [("prm_partner_id", "=", self.partner.id)], order="id DESC", limit=1
        )
        order.date_order = fields.Datetime.subtract(fields.Datetime.now(), days=days)

    def test_pace_of_the_last_four_weeks(self):
        """500 four weeks ago, 700 today: 200 in 28 days, the missing 300 take 42 days."""
        self._criterion(self.silver, "sold_revenue_ordered", 1000)
        self._sell_ago(500, 60)
        self._sell_ago(200, 7)
        progress = self._progress()
        [line] = progress["criteria"]
        self.assertEqual(line["weeks"], 6)
        self.assertEqual(progress["option_paces"], ["at today's pace in 6 weeks"])
        self.assertIn("in 6 weeks", self.enrollment.tier_progress_html)

    def test_no_pace_where_nothing_grows(self):
        self._criterion(self.silver, "sold_revenue_ordered", 1000)
        self._criterion(self.silver, "nps", 10)
        self._sell_ago(500, 60)
        progress = self._progress()
        self.assertEqual([line["weeks"] for line in progress["criteria"]], [None, None])
        self.assertEqual(progress["option_paces"], [""])
        self.assertNotIn("pace", self.enrollment.tier_progress_html)

    def test_a_year_that_began_lately_is_measured_from_its_beginning(self):
        criterion = self._criterion(
            self.silver, "sold_revenue_ordered", 1000, window_kind="year", window_length=1
        )
        early, late = fields.Date.to_date("2026-01-15"), fields.Date.to_date("2026-07-15")
        before = fields.Date.to_date("2025-12-18")
        self.assertEqual(criterion._pace_base(early, before), (14, True))
        self.assertEqual(criterion._pace_base(late, fields.Date.to_date("2026-06-17")), (28, False))
        criterion.lag = 1
        self.assertEqual(criterion._pace_base(early, before)[0], 0)
