"""What users of other loyalty software complain of most, each with its number (market scan §3)."""

from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..lib.earning import add_months
from .test_earning_rules import EarningCommon


@tagged("post_install", "-at_install")
class TestComplaints(EarningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program.loyalty_earn_by = "order"
        cls.card = cls._new_card()

    def accrue(self, points, key, card=None, **more):
        posting = {"card_id": (card or self.card).id, "points": points, "key": key, **more}
        return self.env["loyalty.card"].accrue([posting])[0]

    def spend(self, points, key, card=None):
        posting = {"card_id": (card or self.card).id, "points": points, "key": key}
        return self.env["loyalty.card"].redeem([posting])[0]

    def confirmed(self, quantity=3, claim=False):
        order = self.order(quantity)
        if claim:
            self.redeem_in(order)
        order.action_confirm()
        return order

    def invoiced(self, order):
        invoice = order._create_invoices()
        invoice.action_post()
        return invoice

    # ------------------------------------------------------------ 1

    def test_01_points_expire(self):
        """The last day still counts, and nobody loses points that do not expire."""
        self.assertEqual(add_months(date(2026, 1, 31), 1), date(2026, 2, 28))
        self.accrue(10, "a", expires_on="2031-01-31")
        self.accrue(20, "b")
        ledger = self.env["loyalty.ledger"]
        for day, points in (("2031-01-31", 30), ("2031-02-02", 20)):
            self.with_today(day, lambda: ledger._job_expire(100))
            self.assertEqual(self.card.points, points, day)
        self.assertEqual(self.entries()[-1], ("expire", -10))
        self.assertEqual(self.with_today("2031-02-02", lambda: ledger._job_expire(100)), 0)
        self.assert_ledger()

    def test_01_points_of_idle_cards_expire(self):
        """After a month without activity, the 31st of January ends with February."""
        self.program.loyalty_idle_months = 1
        other = self._new_card(partner_id=self.partner.create({"name": "Second"}).id)
        self.accrue(10, "a", expires_on="2040-01-31")
        self.accrue(20, "b")
        self.accrue(30, "c", other)
        self.env.cr.execute(
            "UPDATE loyalty_ledger_entry SET posted_at = '2031-01-31 12:00' WHERE card_id = %s",
            [self.card.id],
        )
        self.env.cr.execute(
            "UPDATE loyalty_ledger_entry SET posted_at = '2031-02-20 12:00' WHERE card_id = %s",
            [other.id],
        )
        self.env.invalidate_all()
        ledger = self.env["loyalty.ledger"]
        for day, points in (("2031-02-28", 30), ("2031-03-01", 0)):
            self.with_today(day, lambda: ledger._job_lapse(100))
            self.assertEqual((self.card.points, other.points), (points, 30), day)
        self.assertEqual(self.entries()[-1], ("expire", -30))
        self.assert_ledger()

    def with_today(self, day, function):
        """Call a function on a day, as the database sees it."""
        rules = self.registry["loyalty.earning.rule"]
        original = rules._today
        self.addCleanup(setattr, rules, "_today", original)
        rules._today = lambda _self: date.fromisoformat(day)
        try:
            return function()
        finally:
            rules._today = original

    # ------------------------------------------------------------ 2

    def test_02_a_refund_takes_back_what_was_earned_by_the_order(self):
        order = self.confirmed(4)
        invoice = self.invoiced(order)
        self.assertEqual(self.card.points, 400)
        refund = self.refund(invoice, quantity=1)
        self.work()
        self.assertEqual(self.card.points, 300, "a quarter was refunded")
        self.env["loyalty.ledger"]._follow_refunds(order)
        self.assertEqual(self.card.points, 300, "told of again")
        self.refund(invoice, quantity=3)
        self.work()
        self.assertEqual(self.card.points, 0)
        back = self.card.ledger_entry_ids.filtered("reverses_id")
        self.assertEqual(set(back.mapped("kind")), {"reverse"})
        self.assertTrue(refund)
        self.assert_ledger()

    def test_02_cancelling_a_refunded_order_takes_nothing_twice(self):
        self.accrue(50, "a")
        order = self.confirmed(2)
        self.refund(self.invoiced(order))
        self.work()
        self.assertEqual(self.card.points, 50)
        order._action_cancel()
        self.assertEqual(self.card.points, 50)
        self.assert_ledger()

    def test_02_spent_before_the_refund_is_a_debt(self):
        invoice = self.invoiced(self.confirmed(2))
        self.spend(150, "a")
        self.refund(invoice)
        self.work()
        self.assertEqual((self.card.points, self.lots()), (-150, {False: -150}))
        self.assert_ledger()

    # ------------------------------------------------------------ 3

    def test_03_a_refund_returns_redeemed_points_once(self):
        self.accrue(100, "a", expires_on="2033-01-31")
        order = self.confirmed(3, claim=True)
        self.assertEqual(self.card.points, 300)
        invoice = self.invoiced(order)
        self.refund(invoice)
        self.work()
        self.assertEqual(self.card.points, 100)
        self.assertEqual(self.lots(), {"2033-01-31": 100}, "with the expiry they had")
        order._action_cancel()
        self.assertEqual(self.card.points, 100)
        self.assert_ledger()

    def test_03_a_refund_of_goods_only_returns_no_reward(self):
        self.accrue(100, "a")
        invoice = self.invoiced(self.confirmed(3, claim=True))
        reversal = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        refund = invoice.browse(reversal.reverse_moves()["res_id"])
        refund.invoice_line_ids.filtered(lambda line: line.price_unit < 0).unlink()
        refund.invoice_line_ids.quantity = 1
        refund.action_post()
        self.work()
        redeemed = [points for kind, points in self.entries() if kind == "redeem"]
        back = [points for kind, points in self.entries() if kind == "reverse"]
        self.assertEqual(redeemed, [-100])
        self.assertEqual((len(back), back[0] < 0), (1, True), "earned ones only")
        self.assert_ledger()

    # ------------------------------------------------------------ 4

    def test_04_bulk_confirmation_never_overdraws(self):
        self.program.loyalty_earn_by = "event"
        self.accrue(150, "a")
        orders = self.order(1) | self.order(2)
        for order in orders:
            self.claim_in_spite_of_holds(order)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            orders.action_confirm()
        self.assertEqual((self.card.points, set(orders.mapped("state"))), (150, {"draft"}))
        orders[0].action_confirm()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            orders[1].action_confirm()
        self.assertEqual(self.card.points, 50)
        self.assert_ledger()

    def claim_in_spite_of_holds(self, order):
        """Claim the reward as an order did whose hold is over since."""
        self.redeem_in(order)
        self.env["loyalty.ledger.hold"].sudo().search([]).unlink()

    # ------------------------------------------------------------ 5

    def test_05_a_repeated_call_doubles_nothing(self):
        for _turn in range(3):
            self.accrue(10, "till 4711")
        self.assertEqual(self.entries(), [("earn", 10)])
        for _turn in range(3):
            self.spend(4, "till 4712")
        self.assertEqual(self.card.points, 6)
        self.assert_ledger()

    # ------------------------------------------------------------ 6

    def test_06_any_number_of_points_is_spent(self):
        self.accrue(100, "a")
        self.assertEqual(self.spend(37.5, "b")["balance"], 62.5)
        self.assert_ledger()

    # ------------------------------------------------------------ 7

    def test_07_tax_reward_and_discount_lines_earn_nothing(self):
        self.program.loyalty_earn_by = "event"
        self._rule(per_amount=1)
        self.product.taxes_id = self.env["account.tax"].create({"name": "Tenth", "amount": 10})
        self.accrue(100, "a")
        invoice = self.invoice_of(self.claimed(3))
        self.assertGreater(invoice.amount_total, invoice.amount_untaxed)
        self.pay(invoice)
        self.work()
        self.assertEqual(self.entries()[2], ("earn", invoice.amount_untaxed))
        self.assertLess(invoice.amount_untaxed, 300, "the reward was not paid for")
        self.assert_ledger()

    def claimed(self, quantity):
        """Return a draft order with the reward."""
        order = self.order(quantity)
        self.redeem_in(order)
        return order

    def test_07_pending_points_buy_nothing_before_they_are_due(self):
        self.program.loyalty_earn_by = "event"
        self.accrue(500, "a", available_on="2099-01-01")
        order = self.order(1)
        self.assertIn("error", order._apply_program_reward(self.reward, self.card))
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.spend(1, "b")

    # ------------------------------------------------------------ 8

    def test_08_history_agrees_with_the_balance(self):
        """Core's own history is edited and deleted; the ledger still says how it came."""
        self.accrue(100, "a")
        order = self.confirmed(3, claim=True)
        self.env["loyalty.history"].search([("card_id", "=", self.card.id)]).write({"used": 7})
        order._action_cancel()
        self.card.points += 5
        self.assertEqual(sum(points for _kind, points in self.entries()), self.card.points)
        [statement] = self.card.statement()
        total = sum(row["points"] for row in statement["entries"])
        self.assertEqual((total, statement["balance"]), (105, 105))
        self.assert_ledger()

    # ------------------------------------------------------------ 9

    def test_09_points_are_spent_once_whatever_the_document(self):
        self.program.loyalty_earn_by = "event"
        self.accrue(100, "a")
        order = self.order(1)
        self.redeem_in(order)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.spend(100, "b")  # held for the order
        order.action_confirm()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.spend(100, "c")
        self.assertEqual((self.card.points, self.entries()[-1]), (0, ("redeem", -100)))
        self.assert_ledger()

    # ------------------------------------------------------------ 10

    def test_10_merged_customers_keep_every_point(self):
        other = self.partner.create({"name": "Buyer again", "is_company": True})
        second = self._new_card(partner_id=other.id)
        self.accrue(10, "a", expires_on="2031-01-31")
        self.accrue(20, "b", second, expires_on="2032-01-31")
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.partner | other).ids, self.partner)
        self.assertEqual((self.card.points, second.points), (30, 0))
        self.assertEqual(self.lots(), {"2031-01-31": 10, "2032-01-31": 20})
        self.assert_ledger()

    # ------------------------------------------------------------ 11

    def test_11_branches_and_other_companies(self):
        """A branch sells with its parent's program; a stranger company touches no point of it."""
        company = self.env.company
        self.program.company_id = company
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": company.id})
        stranger = self.env["res.company"].create({"name": "Stranger"})
        seller = self.sales_user
        seller.write({"company_ids": [Command.set(branch.ids)], "company_id": branch.id})
        order = (
            self.env["sale.order"]
            .with_company(branch)
            .create(
                {
                    "partner_id": self.partner.id,
                    "company_id": branch.id,
                    "user_id": seller.id,
                    "order_line": [Command.create({"product_id": self.product.id})],
                }
            )
        )
        order = order.with_user(seller).with_context(allowed_company_ids=branch.ids)
        order._update_programs_and_rewards()
        order.action_confirm()
        self.assertEqual(self.entries(), [("earn", 100)])
        self.assertEqual(self.card.ledger_entry_ids.company_id, company)
        order.sudo()._action_cancel()
        self.assertEqual(self.card.points, 0)
        manager = self.users["manager"]
        manager.write({"company_ids": [Command.set(stranger.ids)], "company_id": stranger.id})
        foreign = self.env["loyalty.card"].with_user(manager)
        foreign = foreign.with_context(allowed_company_ids=stranger.ids)
        with self.assertRaises(AccessError):
            foreign.accrue([{"card_id": self.card.id, "points": 1, "key": "x"}])
        self.assertFalse(self.card.ledger_entry_ids.with_user(manager)._filtered_access("read"))
        self.assert_ledger()

    # ------------------------------------------------------------ 12

    def test_12_cashback_to_a_wallet(self):
        """A rule pays back into a wallet, topping it up still works, and it pays an order."""
        top_up = self.product.create(
            {"name": "Top-up", "list_price": 50, "taxes_id": [Command.clear()], "type": "service"}
        )
        wallet = self.env["loyalty.program"].create(
            {
                "name": "Wallet",
                "program_type": "ewallet",
                "applies_on": "future",
                "trigger": "auto",
                "trigger_product_ids": [Command.set(top_up.ids)],
                "rule_ids": [
                    Command.create(
                        {"reward_point_mode": "money", "product_ids": [Command.set(top_up.ids)]}
                    )
                ],
                "reward_ids": [
                    Command.create(
                        {"discount_mode": "per_point", "discount": 1, "required_points": 1}
                    )
                ],
                "loyalty_earn_by": "event",
            }
        )
        self.program.active = False
        self._rule("call", program_id=wallet.id, mode="fixed", points=5)
        self.event()
        self.work()
        card = self.env["loyalty.card"].search([("program_id", "=", wallet.id)])
        self.assertEqual((card.points, card.partner_id), (5, self.partner))
        order = self.order(1)
        order.order_line = [Command.create({"product_id": top_up.id})]
        order._update_programs_and_rewards()
        order.action_confirm()
        self.assertEqual(card.points, 55, "what was paid for is never lost")
        paid = self.order(1)
        self.assertFalse(paid._apply_program_reward(wallet.reward_ids, card))
        paid.action_confirm()
        self.assertEqual((paid.amount_total, card.points), (45, 0))
        self.assert_ledger()

    # ------------------------------------------------------------ 13

    def test_13_gift_cards_meet_on_the_account_they_were_sold_on(self):
        """Sold: the money waits on a liability; redeemed: it leaves it; nothing else is touched."""
        liability = self.env["account.account"].create(
            {"name": "Gift cards", "code": "299901", "account_type": "liability_current"}
        )
        gift = self.product.create(
            {
                "name": "Gift card",
                "list_price": 50,
                "taxes_id": [Command.clear()],
                "type": "service",
                "invoice_policy": "order",
                "property_account_income_id": liability.id,
            }
        )
        program = self.env["loyalty.program"].create(
            {
                "name": "Gift",
                "program_type": "gift_card",
                "applies_on": "future",
                "trigger": "auto",
                "rule_ids": [
                    Command.create(
                        {
                            "reward_point_mode": "money",
                            "reward_point_split": True,
                            "product_ids": [Command.set(gift.ids)],
                        }
                    )
                ],
                "reward_ids": [
                    Command.create(
                        {"discount_mode": "per_point", "discount": 1, "required_points": 1}
                    )
                ],
            }
        )
        self.program.active = False
        line = program.reward_ids.discount_line_product_id
        line.write({"property_account_income_id": liability.id, "taxes_id": [Command.clear()]})
        sold = self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "order_line": [Command.create({"product_id": gift.id})],
            }
        )
        sold._update_programs_and_rewards()
        sold.action_confirm()
        self.invoiced(sold)
        card = self.env["loyalty.card"].search([("program_id", "=", program.id)])
        self.assertEqual((card.points, self.booked(liability)), (50, -50))
        order = self.order(1)
        self.assertNotIn("error", order._try_apply_code(card.code))
        self.assertFalse(order._apply_program_reward(program.reward_ids, card))
        order.action_confirm()
        self.invoiced(order)
        self.assertEqual((card.points, self.booked(liability)), (0, 0))
        self.assert_ledger()

    def booked(self, account):
        """Return the balance of an account, debits above zero."""
        lines = self.env["account.move.line"].search(
            [("account_id", "=", account.id), ("parent_state", "=", "posted")]
        )
        return sum(lines.mapped("balance"))
