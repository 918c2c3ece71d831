from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import RelationshipCommon


@tagged("post_install", "-at_install")
class TestMetricCustom(RelationshipCommon):
    """A metric without code: what it counts, and what is refused."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.firm = cls.env["res.partner"].create({"name": "Firm", "is_company": True})
        cls.contact = cls.env["res.partner"].create({"name": "C", "parent_id": cls.firm.id})
        cls.product = cls.env["product.product"].create({"name": "Thing"})
        cls.metric = cls.env["relationship.metric"].create(cls._vals())

    @classmethod
    def _field(cls, model, name):
        return cls.env["ir.model.fields"]._get(model, name).id

    @classmethod
    def _vals(cls, **changes):
        return {
            "name": "Things",
            "code": "things",
            "model_id": cls.env["ir.model"]._get("sale.order.line").id,
            "domain": "[('order_id.state', '=', 'sale')]",
            "partner_path": "order_id.partner_id",
            "aggregate": "sum",
            "measure_field_id": cls._field("sale.order.line", "product_uom_qty"),
            "date_field_id": cls._field("sale.order.line", "create_date"),
            "empty_is_zero": True,
            **changes,
        }

    def _order(self, partner, quantity, state="sale", company=None):
        order = self.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "company_id": (company or self.env.company).id,
                "order_line": [
                    (0, 0, {"product_id": self.product.id, "product_uom_qty": quantity})
                ],
            }
        )
        order.write({"state": state})
        return order

    def value(self, code="things", company=None):
        today = self.env.company._relationship_today()
        metric = self.env["relationship.metric"].with_company(company or self.env.company)
        [row] = metric.compute([code], [self.firm.id], False, today.replace(year=today.year + 1))
        return row[code]

    def test_counts_what_the_filter_finds(self):
        self.assertEqual(self.value(), 0)
        self._order(self.firm, 2)
        self._order(self.contact, 3)
        self._order(self.firm, 50, state="draft")
        self.assertEqual(self.value(), 5)

    def test_every_aggregate(self):
        for quantity in (2, 3, 3, 10):
            self._order(self.firm, quantity)
        expected = {"count": 4, "count_distinct": 3, "sum": 18, "avg": 4.5, "min": 2, "max": 10}
        for aggregate, value in expected.items():
            self.metric.aggregate = aggregate
            self.assertEqual(self.value(), value, aggregate)

    def test_only_of_the_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.env.user.company_ids += other
        self._order(self.firm, 7)
        self.assertEqual(self.value(company=other), 0)
        self.assertEqual(self.value(), 7)

    def test_by_date(self):
        order = self._order(self.firm, 4)
        self.env.cr.execute(
            "UPDATE sale_order_line SET create_date = '2020-01-31 23:59:59' WHERE order_id = %s",
            [order.id],
        )
        compute = self.env["relationship.metric"].compute
        self.env.company.partner_id.tz = "UTC"
        [january] = compute(["things"], [self.firm.id], "2020-01-01", "2020-02-01")
        [february] = compute(["things"], [self.firm.id], "2020-02-01", "2020-03-01")
        self.assertEqual((january["things"], february["things"]), (4, 0))

    def test_works_in_criteria(self):
        criterion = self.env["relationship.criterion"].create(
            {
                "metric_id": self.metric.id,
                "threshold": 5,
                "stage_id": self.env["relationship.stage"].search([], limit=1).id,
                "window_kind": "ever",
            }
        )
        self._order(self.firm, 5)
        day = self.env.company._relationship_today()
        day = day.replace(year=day.year + 1)
        self.assertEqual(criterion._passing(self.env.company, day), {self.firm.id})

    def test_what_is_refused(self):
        wrong = {
            "no field": {"partner_path": "nothing"},
            "many contacts": {
                "model_id": self.env["ir.model"]._get("res.partner").id,
                "partner_path": "child_ids",
                "aggregate": "count",
                "date_field_id": self._field("res.partner", "create_date"),
            },
            "no contact": {"partner_path": "order_id.company_id"},
            "not stored": {"partner_path": "order_id.partner_id.commercial_partner_id.user_id"},
            "no path": {"partner_path": False},
            "no such filter": {"domain": "[('nothing', '=', 1)]"},
            "no filter": {"domain": "drop table"},
            "code as filter": {"domain": "[('id', '=', uid)]"},
            "text added up": {"measure_field_id": self._field("sale.order.line", "state")},
            "other currency": {
                "measure_field_id": self._field("sale.order.line", "price_subtotal")
            },
            "no measure": {"measure_field_id": False},
            "no date": {"date_field_id": False},
            "not for any day": {"as_of": "snapshot"},
            "of an app": {"code": "orders"},
            "a view": {"model_id": self.env["ir.model"]._get("sale.report").id},
            "transient": {"model_id": self.env["ir.model"]._get("base.language.install").id},
        }
        for what, change in wrong.items():
            with self.subTest(what=what), self.assertRaises(Exception) as caught:
                self._refused({"code": "other", **change})
            self.assertIn(
                type(caught.exception).__name__,
                ("ValidationError", "CheckViolation", "UniqueViolation"),
            )

    def _refused(self, change):
        with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
            self.env["relationship.metric"].create(self._vals(**change))

    def test_code_with_a_space_is_refused(self):
        with self.assertRaises(Exception) as caught:
            self._refused({"code": "Two words"})
        self.assertIn("code", str(caught.exception))

    def test_author_must_read_the_records(self):
        vals = self._vals(
            code="mails",
            model_id=self.env["ir.model"]._get("mail.mail").id,
            domain="[]",
            partner_path="mail_message_id.author_id",
            aggregate="count",
            measure_field_id=False,
            date_field_id=self._field("mail.mail", "create_date"),
        )
        metric = self.env["relationship.metric"]
        self.assertTrue(metric.with_user(self.env.ref("base.user_admin")).create(vals))
        with self.assertRaises(AccessError):
            metric.with_user(self.users["manager"]).create({**vals, "code": "more_mails"})

    def test_amount_in_company_currency(self):
        lead_vals = {
            "code": "expected",
            "model_id": self.env["ir.model"]._get("crm.lead").id,
            "domain": "[('type', '=', 'opportunity')]",
            "partner_path": "partner_id",
            "measure_field_id": self._field("crm.lead", "expected_revenue"),
            "date_field_id": self._field("crm.lead", "create_date"),
        }
        self.env["relationship.metric"].create(self._vals(**lead_vals))
        self.env["crm.lead"].create(
            {
                "name": "L",
                "type": "opportunity",
                "partner_id": self.contact.id,
                "expected_revenue": 120,
            }
        )
        self.assertEqual(self.value("expected"), 120)

    def test_filter_that_stops_working_is_said(self):
        self.env.cr.execute(
            "UPDATE relationship_metric SET domain = '[(1' WHERE id = %s", [self.metric.id]
        )
        self.metric.invalidate_recordset()
        with self.assertRaisesRegex(ValidationError, "Things"):
            self.value()
