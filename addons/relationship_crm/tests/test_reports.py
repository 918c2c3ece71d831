from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .common import RelationshipCommon


class ReportCommon(RelationshipCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        partners = cls.env["res.partner"]
        cls.customer = partners.create({"name": "Delta Foods", "is_company": True})
        cls.person = partners.create({"name": "Dana", "parent_id": cls.customer.id})
        cls.other = partners.create({"name": "Echo Schools", "is_company": True})
        cls.reseller = partners.create({"name": "Rho Resale", "is_company": True})
        cls.distributor = partners.create({"name": "Dist", "is_company": True})
        cls.program = cls.env["prm.program"].create({"name": "Resellers"})
        cls.grade = cls.env["res.partner.grade"].create({"name": "Platinum"})
        cls.env["prm.enrollment"].create(
            [
                {
                    "partner_id": partner.id,
                    "program_id": cls.program.id,
                    "state": "active",
                    "grade_id": cls.grade.id,
                }
                for partner in (cls.reseller, cls.distributor)
            ]
        )
        cls.product = cls.env["product.product"].create(
            {"name": "Licence", "type": "service", "taxes_id": False}
        )

    @classmethod
    def invoice(cls, partner, amount, seller=None, day="2026-02-10", quantity=1, **values):
        move = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "prm_partner_id": seller and seller.id,
                "invoice_date": day,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": cls.product.id,
                            "quantity": quantity,
                            "price_unit": amount,
                            "tax_ids": False,
                        }
                    ),
                    Command.create({"display_type": "line_note", "name": "Thanks"}),
                ],
                **values,
            }
        )
        move.action_post()
        return move

    @classmethod
    def sell(cls):
        """Direct, through partners, to partners, in other currencies and months, refunds."""
        euro = cls.env.ref("base.EUR")
        other = euro if cls.company.currency_id != euro else cls.env.ref("base.USD")
        other.active = True
        cls.env["res.currency.rate"].create(
            {"currency_id": other.id, "name": "2026-01-01", "rate": 2.0}
        )
        cls.invoice(cls.customer, 100)
        cls.invoice(cls.person, 50, day="2026-03-31")
        cls.invoice(cls.customer, 30, seller=cls.reseller, quantity=3)
        cls.invoice(cls.other, 70, seller=cls.reseller, currency_id=other.id)
        cls.invoice(cls.reseller, 500)
        cls.invoice(cls.reseller, 40, seller=cls.reseller)
        cls.invoice(cls.distributor, 60, seller=cls.reseller)
        cls.invoice(cls.other, 25, move_type="out_refund", seller=cls.reseller)
        cls.invoice(cls.other, 25, day="2025-12-31")
        cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": cls.customer.id,
                "invoice_date": "2026-02-11",
                "invoice_line_ids": [Command.create({"name": "Draft", "price_unit": 999})],
            }
        )

    def metric(self, code, partner, date_from="2026-01-01", date_to="2027-01-01"):
        [row] = self.env["relationship.metric"].compute([code], partner.ids, date_from, date_to)
        return row[code] or 0.0

    def year(self, model, field, partner, **extra):
        domain = [
            ("partner_id", "=", partner.id),
            ("date", ">=", "2026-01-01"),
            ("date", "<", "2027-01-01"),
            ("company_id", "=", self.company.id),
        ]
        domain += [(name, "=", value) for name, value in extra.items()]
        [(total,)] = self.env[model]._read_group(domain, [], [f"{field}:sum"])
        return total or 0.0


@tagged("post_install", "-at_install")
class TestCustomerReport(ReportCommon):
    def test_totals_are_those_of_the_metrics(self):
        self.sell()
        for partner in (self.customer, self.other, self.reseller, self.distributor):
            self.assertAlmostEqual(
                self.year("relationship.report", "revenue_invoiced", partner),
                self.metric("revenue_invoiced", partner),
                msg=partner.name,
            )
        self.assertAlmostEqual(
            self.year("relationship.report", "revenue_invoiced", self.customer), 240
        )

    def test_orders_are_those_of_the_metrics(self):
        self.company.partner_id.tz = "Asia/Ho_Chi_Minh"
        orders = self.env["sale.order"].create(
            [
                {
                    "partner_id": self.person.id,
                    "order_line": [
                        Command.create({"product_id": self.product.id, "price_unit": amount})
                    ],
                }
                for amount in (10, 20, 40)
            ]
        )
        orders.action_confirm()
        # new year in Vietnam is 17:00 in UTC
        for order, moment in zip(
            orders,
            ("2025-12-31 16:59:59", "2025-12-31 17:00:00", "2026-12-31 17:00:00"),
            strict=True,
        ):
            order.date_order = moment
        self.assertAlmostEqual(
            self.year("relationship.report", "revenue_ordered", self.customer), 20
        )
        for code, field in (("revenue_ordered", "revenue_ordered"), ("orders", "orders")):
            self.assertAlmostEqual(
                self.year("relationship.report", field, self.customer),
                self.metric(code, self.customer),
                msg=code,
            )

    def test_direct_and_through_partners(self):
        self.sell()
        through = self.year(
            "relationship.report", "revenue_invoiced", self.customer, sold_through="partner"
        )
        direct = self.year(
            "relationship.report", "revenue_invoiced", self.customer, sold_through="direct"
        )
        self.assertAlmostEqual(through, 90)
        self.assertAlmostEqual(direct, 150)
        by_seller = self.year(
            "relationship.report",
            "revenue_invoiced",
            self.customer,
            prm_partner_id=self.reseller.id,
        )
        self.assertAlmostEqual(by_seller, 90)

    def test_segments_double_no_total(self):
        self.sell()
        segments = self.env["relationship.segment"].create(
            [{"name": "North", "kind": "manual"}, {"name": "Top", "kind": "manual"}]
        )
        members = self.env["relationship.segment.member"].create(
            [{"segment_id": s.id, "partner_id": self.customer.id} for s in segments]
        )
        report = self.env["relationship.report"]
        domain = [("partner_id", "in", (self.customer + self.other).ids), ("fact", "=", "invoice")]
        rows = dict(report._read_group(domain, ["segment_ids"], ["revenue_invoiced:sum"]))
        self.assertAlmostEqual(rows[segments[0]], 240)
        self.assertAlmostEqual(rows[segments[1]], 240)
        [(total,)] = report._read_group(domain, [], ["revenue_invoiced:sum"])
        self.assertAlmostEqual(total, 240 + rows[segments.browse()])
        for group in report.formatted_read_group(domain, ["segment_ids"], ["__count"]):
            found = report.search_count([*domain, *group["__extra_domain"]])
            self.assertEqual(found, group["__count"], group)
        inside = report.search([*domain, ("segment_ids", "=", segments[0].id)])
        self.assertEqual(inside.partner_id, self.customer)
        self.assertEqual(inside[0].segment_ids, segments)
        self.assertEqual(
            report.search([*domain, ("segment_ids", "=", False)]).partner_id, self.other
        )
        self.assertEqual(report.search_count([*domain, ("segment_ids", "ilike", "nort")]), 3)
        members.left_on = fields.Date.today()
        self.assertFalse(report.search_count([*domain, ("segment_ids", "!=", False)]))

    def test_interactions_and_stage(self):
        stage = self.env["relationship.stage"].search([], limit=1)
        self.env["relationship.profile"].create(
            {
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "stage_id": stage.id,
                "kind": "b2b",
            }
        )
        self.env["relationship.interaction"]._insert(
            [
                {
                    "kind": "call",
                    "channel": "phone",
                    "contact_id": self.person.id,
                    "occurred_at": "2026-02-03 10:00:00",
                    "external_ref": f"test_reports,{number}",
                }
                for number in range(3)
            ]
        )
        rows = self.env["relationship.report"]._read_group(
            [("partner_id", "=", self.customer.id)],
            ["date:month", "stage_id", "channel", "kind"],
            ["interactions:sum"],
        )
        [(month, found, channel, kind, count)] = rows
        self.assertEqual(str(month), "2026-02-01")
        self.assertEqual((found, channel, kind, count), (stage, "phone", "b2b", 3))

    def test_own_customers_and_companies(self):
        self.sell()
        self.customer.user_id = self.users["user"]
        self.other.user_id = self.users["manager"]
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})

        def customers(role):
            report = self.env["relationship.report"].with_user(self.users[role])
            domain = [("partner_id", "in", (self.customer + self.other).ids)]
            return report.search(domain).partner_id

        self.assertEqual(customers("user"), self.customer)
        self.assertEqual(customers("auditor"), self.customer + self.other)
        self.users["auditor"].write({"company_ids": elsewhere.ids, "company_id": elsewhere.id})
        self.assertFalse(customers("auditor"))

    def test_row_opens_the_customer(self):
        self.sell()
        row = self.env["relationship.report"].search(
            [("partner_id", "=", self.customer.id)], limit=1
        )
        self.assertEqual(row.action_open_record()["params"], {"partner_id": self.customer.id})


@tagged("post_install", "-at_install")
class TestPartnerReport(ReportCommon):
    def test_totals_are_those_of_the_metrics(self):
        """Sell-in and sell-through, each line once for a partner that is both."""
        self.sell()
        for partner in (self.reseller, self.distributor):
            self.assertAlmostEqual(
                self.year("prm.report", "revenue", partner),
                self.metric("sold_revenue_invoiced", partner),
                msg=partner.name,
            )
        # bought 500 + 40; sold 90 + 70 / 2 + 60 - 25
        self.assertAlmostEqual(self.year("prm.report", "revenue", self.reseller), 700)
        self.assertAlmostEqual(
            self.year("prm.report", "revenue", self.reseller, way="sell_in"), 540
        )

    def test_customers_without_program_are_no_partners(self):
        self.sell()
        self.assertFalse(
            self.env["prm.report"].search([("partner_id", "in", (self.customer + self.other).ids)])
        )

    def test_units_less_returns(self):
        self.sell()
        self.assertAlmostEqual(
            self.year("prm.report", "quantity", self.reseller, product_id=self.product.id),
            1 + 1 + 3 + 1 + 1 - 1,
        )

    def test_one_enrollment_names_program_and_tier(self):
        """In two programs, the one that comes first; a line is never doubled."""
        first = self.env["prm.program"].create({"name": "Elite", "sequence": 1})
        self.env["prm.enrollment"].create(
            {"partner_id": self.reseller.id, "program_id": first.id, "state": "active"}
        )
        self.sell()
        rows = self.env["prm.report"]._read_group(
            [("partner_id", "=", self.reseller.id)], ["program_id"], ["revenue:sum"]
        )
        self.assertEqual(rows, [(first, 700)])

    def test_end_customer(self):
        germany = self.env.ref("base.de")
        self.other.country_id = germany
        self.invoice(self.distributor, 10, seller=self.reseller, prm_end_customer_id=self.other.id)
        rows = self.env["prm.report"].search([("customer_id", "=", self.other.id)])
        self.assertEqual(set(rows.mapped("partner_id.name")), {"Rho Resale", "Dist"})
        self.assertEqual(rows.country_id, germany)
        self.assertEqual(set(rows.mapped("way")), {"sell_in", "sell_through"})
        self.assertEqual(len(set(rows.ids)), 2)

    def test_company(self):
        self.sell()
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        auditor = self.users["auditor"]
        report = self.env["prm.report"].with_user(auditor)
        self.assertTrue(report.search_count([("partner_id", "=", self.reseller.id)]))
        auditor.write({"company_ids": elsewhere.ids, "company_id": elsewhere.id})
        self.assertFalse(report.search_count([("partner_id", "=", self.reseller.id)]))
