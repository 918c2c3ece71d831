from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..lib.windows import add_months
from .target_common import TargetCommon


@tagged("post_install", "-at_install")
class TestContribution(TargetCommon):
    """Revenue through partners beside direct, and the cycle: acquired, served, returned."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["account.move"].search([("state", "=", "posted")]).button_draft()
        cls.ours, cls.theirs, cls.old = (cls.customer(name) for name in ("Ours", "Theirs", "Old"))
        cls.month = cls.today - timedelta(days=60)

    @classmethod
    def sell(cls):
        start = add_months(cls.today, -11)
        cls.invoice(cls.ours, start, 100)  # acquired by us
        cls.invoice(cls.ours, cls.month, 40, seller=cls.partner)  # and back through a partner
        cls.invoice(cls.theirs, start, 200, seller=cls.partner)  # acquired by the partner
        cls.invoice(cls.theirs, start, 10)  # on the same day, from us
        cls.invoice(cls.theirs, cls.month, 30)  # and back to us
        cls.invoice(cls.old, add_months(cls.today, -15), 500, seller=cls.partner)
        cls.invoice(cls.old, cls.month, 70)  # acquired before
        cls.invoice(cls.partner, cls.month, 1000)  # the partner buys to sell on
        cls.invoice(cls.partner, cls.month, 1, seller=cls.partner)  # nobody sells to itself
        cls.invoice(cls.theirs, cls.today, 5, move_type="out_refund", seller=cls.partner)

    def contribution(self, user=None):
        overview = self.env["relationship.overview"]
        return overview.with_user(user or self.users["manager"]).get_contribution()

    def test_nothing_invoiced(self):
        self.assertFalse(self.contribution())

    def test_routes_by_hand(self):
        self.sell()
        data = self.contribution()
        revenue = {row["route"]: (row["revenue"], row["former"]) for row in data["routes"]}
        self.assertEqual(
            revenue,
            {
                "direct": (100 + 10 + 30 + 70, 0),
                "partner": (40 + 200 - 5, 500),
                "to_partner": (1001, 0),
            },
        )
        self.assertEqual((data["total"], data["former_total"]), (1446, 500))
        self.assertAlmostEqual(sum(row["share"] for row in data["routes"]), 100)
        self.assertEqual(
            [(row["name"], row["revenue"]) for row in data["partners"]], [("Rho Resale", 235)]
        )

    def test_cycle_by_hand(self):
        self.sell()
        cycle = {row["acquired_by"]: row for row in self.contribution()["cycle"]}
        us, partner = cycle["us"], cycle["partner"]
        self.assertEqual((us["acquired"], partner["acquired"]), (2, 1), "Old came long ago")
        self.assertEqual((us["direct"], us["partner"]), (100 + 1001, 40))
        self.assertEqual((partner["direct"], partner["partner"]), (10 + 30 + 70, 200 - 5))
        self.assertEqual((us["returned"], us["returned_customers"]), (40, 1))
        self.assertEqual((partner["returned"], partner["returned_customers"]), (30 + 70 - 5, 2))

    def test_the_report_tells_the_same(self):
        self.sell()
        report = self.env["relationship.report"]
        rows = report.search([("partner_id", "=", self.theirs.id), ("fact", "=", "invoice")])
        self.assertEqual(set(rows.mapped("acquired_by")), {"partner"})
        self.assertEqual(rows.acquired_partner_id, self.partner)
        self.assertEqual(
            sorted((row.purchase, row.route, row.revenue_invoiced) for row in rows),
            [
                ("first", "direct", 10),
                ("first", "partner", 200),
                ("returned", "direct", 30),
                ("returned", "partner", -5),
            ],
        )

    def test_other_companies_stay_out(self):
        self.sell()
        other = self.other_company()
        self.users["manager"].company_ids += other
        overview = self.env["relationship.overview"].with_user(self.users["manager"])
        self.assertFalse(overview.with_company(other).get_contribution())

    def test_for_management(self):
        self.sell()
        for role in ("channel_manager", "manager", "auditor"):
            self.assertEqual(self.contribution(self.users[role])["total"], 1446, role)
        self.assertFalse(self.contribution(self.users["user"]))
        for user in (self.users["integration"], self.sales_user, self.portal_user):
            with self.assertRaises(AccessError):
                self.contribution(user)

    def test_queries_do_not_grow_with_invoices(self):
        self.sell()
        few = self.queries(self.contribution)
        self.assertLessEqual(few, 30)
        for number in range(10):
            self.invoice(self.customer(f"C{number}"), self.month, 10)
        self.assertLessEqual(self.queries(self.contribution), few + 1)
