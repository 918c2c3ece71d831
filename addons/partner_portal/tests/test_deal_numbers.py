"""Metrics and report of deals, against a naive count over the deals themselves."""

from datetime import date

from freezegun import freeze_time

from odoo.tests import tagged

from .common import DealCommon


@tagged("post_install", "-at_install")
class TestDealNumbers(DealCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "UTC"
        cls.stage = cls.env["crm.stage"].search([("is_won", "=", False)], limit=1)

    def _made(self, day, outcome, partner=None, **vals):
        """Return a deal submitted on a day, decided two days later and closed on the third."""
        deal = self._deal(
            partner, customer_domain=f"d{self.env.cr.now():%f}{len(self.made)}.example", **vals
        )
        with freeze_time(f"2026-03-{day:02} 10:00:00"):
            deal.action_submit()
        with freeze_time(f"2026-03-{day + 2:02} 10:00:00"):
            if outcome == "rejected":
                deal.action_reject("No.")
            elif outcome != "in_review":
                deal.with_user(self.other_channel).action_approve()
        with freeze_time(f"2026-03-{day + 3:02} 10:00:00"):
            if outcome == "won":
                deal.sudo().lead_id.action_set_won()
            elif outcome == "lost":
                deal.sudo().lead_id.action_set_lost()
            self.env.cr.flush()  # what happened is recorded, before the next deal's earlier days
        self.assertEqual(deal.state, outcome)
        self.made |= deal
        return deal

    def setUp(self):
        super().setUp()
        self.made = self.env["prm.deal"]
        for day, outcome in (
            (1, "won"),
            (2, "won"),
            (3, "lost"),
            (4, "approved"),
            (5, "rejected"),
            (6, "in_review"),
        ):
            self._made(day, outcome, amount=1000)
        self._made(1, "lost", self.beta, amount=1000)

    def _metrics(self, start, end):
        codes = ["deals_registered", "deals_won", "deal_win_rate"]
        window = ("w", start, end)
        metrics = self.env["relationship.metric"]
        partners = (self.alpha | self.beta).ids
        found = metrics._values(codes, [window], self.company, partners)
        empty = metrics._empty_values(codes)
        return {
            partner: tuple(found.get((partner.id, "w"), empty)[code] for code in codes)
            for partner in self.alpha | self.beta
        }

    def test_metrics(self):
        month = self._metrics(date(2026, 3, 1), date(2026, 4, 1))
        self.assertEqual(month[self.alpha], (4, 2, 100 * 2 / 3))
        self.assertEqual(month[self.beta], (1, 0, 0))
        # approved on the 3rd and 4th, won on the 4th and 5th
        days = self._metrics(date(2026, 3, 4), date(2026, 3, 5))
        self.assertEqual(days[self.alpha], (1, 1, 100))
        self.assertEqual(days[self.beta], (0, 0, 0))
        before = self._metrics(date(2026, 2, 1), date(2026, 3, 1))
        self.assertEqual(before[self.alpha], (0, 0, None))

    def test_metrics_are_of_one_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        codes = ["deals_registered"]
        window = ("w", date(2026, 3, 1), date(2026, 4, 1))
        metrics = self.env["relationship.metric"]
        self.assertFalse(metrics._values(codes, [window], other, self.alpha.ids))

    def test_report(self):
        rows = self.env["prm.deal.report"].with_user(self.channel)
        totals = rows._read_group(
            [("deal_id", "in", self.made.ids)],
            ["partner_id"],
            [
                "submitted:sum",
                "approved:sum",
                "won:sum",
                "rejected:sum",
                "undecided:sum",
                "win_rate:avg",
                "days_to_decide:avg",
                "amount:sum",
                "amount_won:sum",
            ],
        )
        found = {partner: values for partner, *values in totals}
        self.assertEqual(found[self.alpha], [6, 4, 2, 1, 1, 100 * 2 / 3, 2, 6000, 2000])
        self.assertEqual(found[self.beta][:4], [1, 1, 0, 0])

    def test_report_is_in_company_currency(self):
        currency = self.env["res.currency"].create({"name": "XTS", "symbol": "x"})
        self.env["res.currency.rate"].create(
            {"currency_id": currency.id, "rate": 4.0, "name": "2020-01-01"}
        )
        deal = self._made(7, "approved", amount=1000, currency_id=currency.id)
        row = self.env["prm.deal.report"].search([("deal_id", "=", deal.id)])
        self.assertEqual(row.amount, 250)
        self.assertEqual(
            row.deal_id, self.env["prm.deal"].browse(row.action_open_record()["res_id"])
        )

    def test_value_protected_is_that_of_today(self):
        deal = self._deal(submit=True, customer_domain="today.example", amount=70)
        deal.action_approve()
        rows = self.env["prm.deal.report"]
        self.assertEqual(rows.search([("deal_id", "=", deal.id)]).amount_protected, 70)
        deal.sudo().lead_id.action_set_lost()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(rows.search([("deal_id", "=", deal.id)]).amount_protected)
