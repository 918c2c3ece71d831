from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from ..lib.nps import nps
from .common import FeedbackCommon


@tagged("post_install", "-at_install")
class TestAccounts(FeedbackCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.firm = cls.env["res.partner"].create(
            {"name": "Firm", "is_company": True, "user_id": cls.users["user"].id}
        )
        cls.boss, cls.payer, cls.clerk = cls.env["res.partner"].create(
            [
                {
                    "name": name,
                    "parent_id": cls.firm.id,
                    "relationship_role_ids": [Command.link(role)] if role else [],
                }
                for name, role in (
                    ("Boss", cls.env.ref("relationship_crm.relationship_role_decision_maker").id),
                    ("Payer", cls.env.ref("relationship_crm.relationship_role_payer").id),
                    ("Clerk", False),
                )
            ]
        )

    def score(self, contact, value, days_ago=0):
        """Let a person have given a recommendation some days ago."""
        answer = self.survey._create_answer(partner=contact, check_attempts=False)
        answer._save_lines(self.question, str(value))
        answer._mark_done()
        scores = self.env["feedback.score"].search([("user_input_id", "=", answer.id)])
        scores.sudo().answered_on = fields.Datetime.now() - timedelta(days=days_ago)
        return scores

    def account(self, partner=None):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["feedback.account"].search([("partner_id", "=", (partner or self.firm).id)])

    def invoice(self, partner, amount):
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [
                    Command.create({"name": "It", "price_unit": amount, "tax_ids": []})
                ],
            }
        )
        move.action_post()
        return move

    def test_weighted_beside_plain(self):
        for contact, value in ((self.boss, 4), (self.payer, 7), (self.clerk, 10)):
            self.score(contact, value)
        account = self.account()
        self.assertAlmostEqual(account.score, (3 * 4 + 2 * 7 + 10) / 6)
        self.assertAlmostEqual(account.raw_score, 7)
        self.assertEqual((account.people, account.user_id), (3, self.users["user"]))

    def test_latest_answer_within_a_year(self):
        self.score(self.boss, 2, days_ago=400)
        self.score(self.clerk, 3, days_ago=20)
        self.score(self.clerk, 8, days_ago=10)
        account = self.account()
        self.assertEqual((account.score, account.people), (8, 1))

    def test_falling(self):
        self.score(self.boss, 8, days_ago=100)
        self.assertFalse(self.account().is_falling)
        self.score(self.boss, 7, days_ago=50)
        self.assertFalse(self.account().is_falling, "one point is no fall")
        self.score(self.boss, 5)
        account = self.account()
        self.assertEqual((account.former_score, account.score), (7, 5))
        self.assertTrue(account.is_falling)

    def test_promoter_who_turned(self):
        self.score(self.clerk, 9, days_ago=100)
        self.score(self.clerk, 8)
        self.assertTrue(self.account().is_falling)
        self.score(self.clerk, 9)
        self.assertFalse(self.account().is_falling, "and turned back")

    def test_metric_on_any_day(self):
        self.score(self.boss, 4, days_ago=3)
        self.score(self.clerk, 10, days_ago=1)
        today = fields.Date.today()

        def metric(day):
            [row] = self.env["relationship.metric"].compute(
                ["account_score"], self.firm.ids, "2020-01-01", str(day)
            )
            return row["account_score"]

        self.assertAlmostEqual(metric(today + timedelta(days=1)), (3 * 4 + 10) / 4)
        self.assertAlmostEqual(metric(today - timedelta(days=1)), 4)
        self.assertIsNone(metric("2020-02-01"))

    def test_revenue_coverage(self):
        accounts = self.env["feedback.account"]
        before = accounts.get_coverage()
        silent = self.env["res.partner"].create({"name": "Silent", "is_company": True})
        self.invoice(self.firm, 300)
        self.invoice(silent, 100)
        self.score(self.clerk, 9)
        self.account()
        after = accounts.get_coverage()
        self.assertAlmostEqual(after["revenue"] - before["revenue"], 400)
        self.assertAlmostEqual(after["heard"] - before["heard"], 300)
        self.assertEqual(after["silent"] - before["silent"], 1)
        self.assertTrue(self.account(silent).is_silent)
        self.assertFalse(self.account().is_silent)

    def test_who_sees_which(self):
        self.score(self.clerk, 9)
        other = self.env["res.partner"].create({"name": "Other", "user_id": self.manager.id})
        self.score(other, 9)
        rows = self.account() | self.account(other)
        found = {
            role: self.env["feedback.account"].with_user(user).search([("id", "in", rows.ids)])
            for role, user in self.users.items()
            if role != "integration"
        }
        self.assertEqual(found["user"], self.account())
        for role in ("channel_manager", "manager", "auditor"):
            self.assertEqual(found[role], rows, role)


@tagged("post_install", "-at_install")
class TestEndCustomers(FeedbackCommon):
    CODES = ("end_customer_nps", "end_customer_nps_lower")

    def setUp(self):
        super().setUp()
        self.reseller = self.env["res.partner"].create({"name": "Reseller", "is_company": True})
        self.customers |= self.env["res.partner"].create(
            [self._person_vals(name) for name in ("Eli", "Fay", "Gus")]
        )
        for customer in self.customers[:5]:
            order = self.env["sale.order"].create(
                {"partner_id": customer.id, "prm_partner_id": self.reseller.id}
            )
            order.action_confirm()
            order.date_order = "2026-01-01"
        self.wave = self.new_wave()
        self.send(self.wave)

    def metric(self):
        self.env.flush_all()
        [row] = self.env["relationship.metric"].compute(
            list(self.CODES), self.reseller.ids, "2020-01-01", "2099-01-01"
        )
        return [row[code] for code in self.CODES]

    def test_from_five_invited_end_customers_on(self):
        for customer, value in zip(self.customers[:4], (10, 9, 9, 2), strict=True):
            self.answer(self.wave, customer, value)
        for customer in self.customers[5:]:
            self.answer(self.wave, customer, 0)
        self.assertEqual(self.metric(), [None, None], "four are too few")
        answer = self.survey._create_answer(partner=self.customers[4], check_attempts=False)
        answer._save_lines(self.question, "10")
        answer._mark_done()
        self.assertEqual(self.metric(), [None, None], "nobody invited that answer")
        self.answer(self.wave, self.customers[4], 10)
        expected = nps(4, 1, 5)
        value, lower = self.metric()
        self.assertAlmostEqual(value, expected.value)
        self.assertAlmostEqual(lower, expected.low)

    def test_only_after_they_bought(self):
        for customer in self.customers[:5]:
            self.answer(self.wave, customer, 9)
        self.assertEqual(self.metric()[0], 100)
        self.env["sale.order"].search([("prm_partner_id", "=", self.reseller.id)], limit=1).write(
            {"date_order": "2098-01-01"}
        )
        self.assertEqual(self.metric(), [None, None])
