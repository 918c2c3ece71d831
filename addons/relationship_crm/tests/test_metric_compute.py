from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common import RelationshipCommon


@tagged("post_install", "-at_install")
class TestMetricCompute(RelationshipCommon):
    """The public call: what it takes, what it refuses, whom it leaves out, what it costs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.metric = cls.env["relationship.metric"]
        cls.firm = cls.env["res.partner"].create({"name": "Firm", "is_company": True})
        cls.contact = cls.env["res.partner"].create({"name": "C", "parent_id": cls.firm.id})
        cls.person = cls.env["res.partner"].create({"name": "Person"})
        cls._call(cls.firm, 2)

    @classmethod
    def _call(cls, partner, number, moment="2026-05-10 10:00:00"):
        cls.env["relationship.interaction"]._insert(
            [
                {
                    "kind": "call",
                    "partner_id": partner.id,
                    "company_id": cls.env.company.id,
                    "occurred_at": moment,
                    "source": "odoo",
                    "external_ref": f"compute,{partner.id},{n},{moment}",
                }
                for n in range(number)
            ]
        )

    def compute(self, codes, partners, start="2026-05-01", end="2026-06-01", user=None):
        metric = self.metric.with_user(user or self.users["user"])
        return metric.compute(codes, [partner.id for partner in partners], start, end)

    def test_rows_in_the_order_given(self):
        rows = self.compute(["interactions", "nps"], [self.person, self.contact])
        self.assertEqual(
            rows,
            [
                {"partner_id": self.person.id, "interactions": 0, "nps": None},
                {"partner_id": self.firm.id, "interactions": 2, "nps": None},
            ],
        )

    def test_contact_and_its_company_are_one(self):
        rows = self.compute(["interactions"], [self.contact, self.firm, self.contact])
        self.assertEqual(rows, [{"partner_id": self.firm.id, "interactions": 2}])

    def test_nothing_asked(self):
        self.assertEqual(self.compute([], [self.firm]), [{"partner_id": self.firm.id}])
        self.assertEqual(self.compute(["interactions"], []), [])

    def test_without_a_beginning(self):
        self._call(self.firm, 1, "2020-01-01 00:00:00")
        [row] = self.compute(["interactions"], [self.firm], start=False)
        self.assertEqual(row["interactions"], 3)

    def test_unknown_codes_are_named(self):
        with self.assertRaisesRegex(ValidationError, "wrong_one, other_wrong"):
            self.compute(["interactions", "wrong_one", "other_wrong"], [self.firm])

    def test_wrong_input_is_refused(self):
        good = (["orders"], [self.firm.id], "2026-05-01", "2026-06-01")
        wrong = [
            (0, "orders"),
            (0, [1]),
            (0, None),
            (1, "7"),
            (1, ["x"]),
            (1, [True]),
            (1, list(range(1, 5002))),
            (2, "yesterday"),
            (2, 7),
            (2, "2026-06-01"),
            (3, None),
            (3, False),
            (3, "2026-02-30"),
            (3, []),
        ]
        for place, value in wrong:
            call = list(good)
            call[place] = value
            with self.subTest(call=call), self.assertRaises(ValidationError):
                self.metric.compute(*call)

    def test_partner_of_another_company_is_left_out(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.person.company_id = other
        gone = self.env["res.partner"].create({"name": "Gone"})
        gone.unlink()
        rows = self.compute(["interactions"], [self.person, gone, self.firm])
        self.assertEqual([row["partner_id"] for row in rows], [self.firm.id])

    def test_only_facts_of_the_company_count(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.env.user.company_ids += other
        [row] = self.metric.with_company(other).compute(
            ["interactions"], [self.firm.id], "2026-05-01", "2026-06-01"
        )
        self.assertEqual(row["interactions"], 0)

    def test_a_company_of_others_is_refused(self):
        other = self.env["res.company"].create({"name": "Other"})
        metric = self.metric.with_user(self.users["user"])
        with self.assertRaises(AccessError):
            metric.with_context(allowed_company_ids=other.ids).compute(
                ["interactions"], [self.firm.id], "2026-05-01", "2026-06-01"
            )

    def test_who_may_ask(self):
        for role in ("user", "channel_manager", "manager", "auditor"):
            self.assertTrue(self.compute(["orders"], [self.firm], user=self.users[role]))
        for user in (self.users["integration"], self.sales_user, self.portal_user):
            with self.assertRaises(AccessError):
                self.compute(["orders"], [self.firm], user=user)

    def test_days_begin_in_the_time_zone_of_the_company(self):
        self._call(self.person, 1, "2026-05-31 18:00:00")
        self.env.company.partner_id.tz = "Asia/Ho_Chi_Minh"
        [row] = self.compute(["interactions"], [self.person])
        self.assertEqual(row["interactions"], 0, "18:00 UTC is 1 June in Ho Chi Minh City")
        self.env.company.partner_id.tz = "UTC"
        [row] = self.compute(["interactions"], [self.person])
        self.assertEqual(row["interactions"], 1)

    def test_time_zone_of_a_company(self):
        company = self.env.company
        company.partner_id.tz = False
        company.resource_calendar_id.tz = "Asia/Riyadh"
        self.assertEqual(company._relationship_tz(), "Asia/Riyadh")
        company.resource_calendar_id = False
        self.assertEqual(company._relationship_tz(), "UTC")

    def test_every_shipped_code_can_be_asked(self):
        codes = self.metric.search([]).mapped("code")
        [row] = self.compute(codes, [self.firm], start=False)
        self.assertEqual(set(row), {"partner_id", *codes})
        self.assertLessEqual(set(self.metric._codes_in_code()), set(codes))

    def test_queries_do_not_grow_with_partners(self):
        partners = self.env["res.partner"].create([{"name": f"P{n}"} for n in range(200)])
        codes = self.metric.search([]).mapped("code")
        self.compute(codes, partners[:1])
        few = self.queries(lambda: self.compute(codes, partners[:2]))
        many = self.queries(lambda: self.compute(codes, partners))
        self.assertEqual(few, many)

    def test_one_statement_a_source(self):
        supplied = self.metric._codes_in_code()
        windows = [(month, f"2026-{month:02}-01", f"2026-{month + 1:02}-01") for month in (1, 2, 3)]
        to_date = self.env["relationship.metric"]._check_day
        windows = [(key, to_date(start), to_date(end)) for key, start, end in windows]
        sources = list(self.metric._metric_sources())
        queries = list(self.metric._queries(supplied, windows, self.env.company, None))
        kept = self.metric._kept_codes(supplied)
        self.assertTrue(kept)
        self.assertEqual(len(queries), len(sources) + 1, "and one for the month ends kept")


@tagged("post_install", "-at_install")
class TestMetricRecord(RelationshipCommon):
    """A metric that comes with an app keeps its code and stays."""

    def test_code_of_an_app_is_fixed(self):
        metric = self.env.ref("relationship_crm.relationship_metric_orders")
        with self.assertRaisesRegex(Exception, "fixed"):
            metric.code = "purchases"
        with self.assertRaisesRegex(Exception, "archived"):
            metric.unlink()
        metric.name = "Purchases"
        self.assertTrue(metric.is_shipped)
        self.assertEqual(metric.source, "orders")

    def test_metric_that_nobody_supplies(self):
        metric = self.env.ref("relationship_crm.relationship_metric_nps")
        supplied = "nps" in metric._codes_in_code()
        self.assertEqual(metric.has_source, supplied)

    def test_preview(self):
        partner = self.env["res.partner"].create({"name": "Called"})
        self.env["relationship.interaction"]._insert(
            [
                {
                    "kind": "call",
                    "partner_id": partner.id,
                    "company_id": self.env.company.id,
                    "occurred_at": "2026-05-10 10:00:00",
                    "source": "odoo",
                    "external_ref": "preview",
                }
            ]
        )
        metric = self.env.ref("relationship_crm.relationship_metric_interactions")
        action = metric.with_user(self.users["manager"]).action_try()
        preview = self.env["relationship.metric.preview"].browse(action["res_id"])
        preview.write({"date_from": "2026-05-01", "date_to": "2026-06-01"})
        preview.with_user(self.users["manager"]).action_refresh()
        line = preview.line_ids.filtered(lambda line: line.partner_id == partner)
        self.assertEqual(line.value, 1)
