"""The report of points agrees with the ledger, and shows nobody more than the ledger does."""

from odoo.fields import Command
from odoo.tests import tagged

from .common import LedgerCommon
from .tier_common import TierCommon

MEASURES = ["issued:sum", "redeemed:sum", "expired:sum", "other:sum", "outstanding:sum"]


@tagged("post_install", "-at_install")
class TestLoyaltyReport(TierCommon, LedgerCommon):
    def figures(self, groupby=(), user=None):
        self.commit_hooks()
        report = self.env["loyalty.report"]
        if user:
            report = report.with_user(user)
        return report._read_group([("program_id", "=", self.program.id)], groupby, MEASURES)

    def test_figures(self):
        [first] = self.earn(100)
        self.earn(60)
        api = self.env["loyalty.card"]
        api.reverse([{"entry_id": first, "points": 30, "key": "a"}])
        [spent] = api.redeem([{"card_id": self.card.id, "points": 50, "key": "b"}])
        api.reverse([{"entry_id": spent["entry_id"], "points": 20, "key": "c"}])
        self.card.points += 5
        self.earn(40, expires_on=self.day(1))
        self.commit_hooks()
        self.env.cr.execute(
            "UPDATE loyalty_ledger_lot SET expires_on = '2020-01-01' WHERE expires_on IS NOT NULL"
            " AND card_id = %s",
            [self.card.id],
        )
        self.env["loyalty.ledger"]._job_expire(100)
        self.env.invalidate_all()
        [(issued, redeemed, expired, other, outstanding)] = self.figures()
        self.assertEqual((issued, redeemed, expired, other), (170, 30, 40, 5))
        self.assertEqual(outstanding, self.card.points)
        self.assertEqual(issued - redeemed - expired + other, outstanding)

    def test_by_tier_segment_and_month(self):
        self.earn(600)
        self.night()
        segment = self.env["relationship.segment"].create({"name": "Chairs"})
        self.env["relationship.segment.member"].sudo().create(
            {
                "segment_id": segment.id,
                "partner_id": self.partner.id,
                "company_id": self.env.company.id,
            }
        )
        tiers = {tier: figures[0] for tier, *figures in self.figures(["tier_id"])}
        self.assertEqual(tiers, {self.silver: 650})
        segments = {one: figures[0] for one, *figures in self.figures(["segment_ids"])}
        self.assertEqual(segments, {segment: 650})
        self.assertEqual(len(self.figures(["date:month"])), 1)

    def test_own_customers_only(self):
        self.earn(600)
        other = self.users["manager"]
        self.partner.user_id = other
        self.assertTrue(self.figures(user=other)[0][0])
        self.assertFalse(self.figures(user=self.users["user"])[0][0])
        self.partner.user_id = self.users["user"]
        self.assertTrue(self.figures(user=self.users["user"])[0][0])

    def test_own_companies_only(self):
        self.earn(600)
        company = self.env["res.company"].create({"name": "Elsewhere"})
        manager = self.users["manager"]
        manager.company_ids = [Command.link(company.id)]
        report = self.env["loyalty.report"].with_user(manager)
        elsewhere = report.with_context(allowed_company_ids=company.ids)
        self.assertFalse(elsewhere.search([("program_id", "=", self.program.id)]))
