from datetime import date
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.relationship_crm.models.res_company import ResCompany

from .common import RelationshipCommon


@tagged("post_install", "-at_install")
class TestMetricSnapshot(RelationshipCommon):
    """Month ends: of whom what is kept, only when it changed, read back where there is no other
    past."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Snap"})
        cls.company.partner_id.tz = "UTC"
        cls.env.user.company_ids += cls.company
        cls.env = cls.env(context=dict(cls.env.context, allowed_company_ids=cls.company.ids))
        cls.snapshot = cls.env["relationship.metric.snapshot"]
        cls.reseller, cls.customer = cls.env["res.partner"].create(
            [{"name": n, "is_company": True} for n in ("Reseller", "Customer")]
        )
        program = cls.env["prm.program"].create({"name": "P"})
        cls.env["prm.enrollment"].create(
            {
                "partner_id": cls.reseller.id,
                "program_id": program.id,
                "company_id": cls.company.id,
            }
        )

    def call(self, partner, day, kind="call"):
        self.env["relationship.interaction"]._insert(
            [
                {
                    "kind": kind,
                    "partner_id": partner.id,
                    "company_id": self.company.id,
                    "occurred_at": f"{day} 10:00:00",
                    "source": "odoo",
                    "external_ref": f"snapshot,{partner.id},{day},{kind}",
                }
            ]
        )

    def today(self, day):
        """Context in which it is this day in every company."""
        return patch.object(ResCompany, "_relationship_today", lambda _company: day)

    def keep(self, day):
        """Do the whole work as of this day; return how many batches it took."""
        batches = 0
        with (
            self.today(day),
            patch.object(type(self.env["res.company"]), "search", lambda *_a, **_k: self.company),
        ):
            while self.snapshot._job_snapshot(1):
                batches += 1
        return batches

    def kept(self, partner, code):
        """{month: value or None} of what is kept."""
        values = self.env["relationship.metric.value"].search(
            [("partner_id", "=", partner.id), ("metric_id.code", "=", code)]
        )
        return {value.month: None if value.missing else value.value for value in values}

    def test_all_metrics_of_partners_in_a_program(self):
        self.call(self.reseller, "2026-10-05")
        self.call(self.customer, "2026-10-05")
        self.keep(date(2026, 11, 1))
        self.assertEqual(self.kept(self.reseller, "interactions"), {date(2026, 10, 31): 1})
        self.assertEqual(self.kept(self.customer, "interactions"), {})

    def test_of_customers_what_a_criterion_uses(self):
        metric = self.env.ref("relationship_crm.relationship_metric_interactions")
        self.env["relationship.criterion"].create(
            {"metric_id": metric.id, "stage_id": self.env["relationship.stage"].search([])[0].id}
        )
        self.call(self.customer, "2026-10-05")
        self.keep(date(2026, 11, 1))
        self.assertEqual(self.kept(self.customer, "interactions"), {date(2026, 10, 31): 1})
        self.assertEqual(self.kept(self.customer, "departments_engaged"), {})

    def test_only_what_changed(self):
        for day in ("2026-07-05", "2026-08-05", "2026-10-05"):
            self.call(self.reseller, day)
        for month in (8, 9, 10, 11):
            self.keep(date(2026, month, 1))
        self.assertEqual(
            self.kept(self.reseller, "interactions"),
            {date(2026, 7, 31): 1, date(2026, 9, 30): 0, date(2026, 10, 31): 1},
        )

    def test_a_value_that_gets_lost(self):
        self.call(self.reseller, "2026-09-05", "mail_in")
        self.call(self.reseller, "2026-09-06", "mail_out")
        self.keep(date(2026, 10, 1))
        self.keep(date(2026, 11, 1))
        self.assertEqual(
            self.kept(self.reseller, "response_hours"),
            {date(2026, 9, 30): 24, date(2026, 10, 31): None},
        )

    def test_once_a_month(self):
        self.assertGreater(self.keep(date(2026, 11, 1)), 3)
        self.assertEqual(self.keep(date(2026, 11, 30)), 0)
        self.assertGreater(self.keep(date(2026, 12, 1)), 3)

    def test_makes_up_for_months_it_missed(self):
        self.keep(date(2026, 8, 1))
        for day in ("2026-08-05", "2026-10-05"):
            self.call(self.reseller, day)
        self.keep(date(2026, 11, 20))
        self.assertEqual(
            self.kept(self.reseller, "interactions"),
            {date(2026, 8, 31): 1, date(2026, 9, 30): 0, date(2026, 10, 31): 1},
        )

    def test_no_past_is_invented(self):
        """What only today knows is kept for the month just ended, not for those before."""
        self.keep(date(2026, 8, 1))
        with self.today(date(2026, 11, 20)):
            asked = [
                self.snapshot._metrics_of("bills", self.company, month).mapped("code")
                for month in (date(2026, 9, 30), date(2026, 10, 31))
            ]
        self.assertNotIn("bill_disputes", asked[0])
        self.assertIn("bill_disputes", asked[1])

    def test_past_is_read_back(self):
        metric = self.env.ref("relationship_crm.relationship_metric_bill_disputes")
        self.env["relationship.metric.value"].create(
            [
                {
                    "metric_id": metric.id,
                    "partner_id": self.reseller.id,
                    "company_id": self.company.id,
                    "month": month,
                    "value": value,
                }
                for month, value in (("2026-08-31", 3), ("2026-09-30", 5))
            ]
        )
        compute = self.env["relationship.metric"].compute
        for end, expected in (("2026-08-31", 0), ("2026-09-01", 3), ("2026-10-20", 5)):
            with self.today(date(2026, 11, 22)):
                [row] = compute(["bill_disputes"], [self.reseller.id], "2026-01-01", end)
            self.assertEqual(row["bill_disputes"], expected, end)
        with self.today(date(2026, 11, 22)):
            [row] = compute(["bill_disputes"], [self.reseller.id], "2026-01-01", "2026-11-22")
        self.assertEqual(row["bill_disputes"], 0, "today is counted, not read")

    def test_merged_partners(self):
        metric = self.env.ref("relationship_crm.relationship_metric_orders")
        value = self.env["relationship.metric.value"]
        vals = {"metric_id": metric.id, "company_id": self.company.id}
        rows = value.create(
            [
                {**vals, "partner_id": self.customer.id, "month": "2026-08-31", "value": 1},
                {**vals, "partner_id": self.customer.id, "month": "2026-09-30", "value": 2},
                {**vals, "partner_id": self.reseller.id, "month": "2026-09-30", "value": 3},
            ]
        )
        value._merge_partners(self.customer, self.reseller)
        self.assertEqual(rows.exists(), rows[0] | rows[2])
        self.assertEqual(rows.exists().partner_id, self.reseller)

    def test_who_reads(self):
        self.call(self.reseller, "2026-10-05")
        self.keep(date(2026, 11, 1))
        everything = self.env["relationship.metric.value"].search([])
        self.assertTrue(everything)
        user = self.users["user"]
        for someone in self.users.values():
            someone.company_ids += self.company
        self.reseller.user_id = self.users["manager"]
        self.assertFalse(everything.with_user(user)._filtered_access("read"))
        self.reseller.user_id = user
        self.assertEqual(everything.with_user(user)._filtered_access("read").sudo(), everything)
        for role in ("manager", "auditor"):
            self.assertTrue(everything.with_user(self.users[role])._filtered_access("read"))
            self.assertFalse(everything.with_user(self.users[role]).has_access("write"))
