"""Points that were spent before the refund of what earned them: a debt, or less money back."""

from psycopg2 import IntegrityError

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_earning_rules import EarningCommon


@tagged("post_install", "-at_install")
class TestRefundDebt(EarningCommon):
    """Chairs at 100 each earn 100 points; one point is worth a tenth of the money."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program.write(
            {
                "loyalty_earn_by": "order",
                "loyalty_refund_debt": "refund",
                "loyalty_point_value": 0.1,
            }
        )
        cls.card = cls._new_card()

    def sold(self, quantity=4):
        """Return the posted invoice of an order that has earned its points."""
        return self.invoice_of(self.order(quantity))

    def spend(self, points, key="spent"):
        self.env["loyalty.card"].redeem([{"card_id": self.card.id, "points": points, "key": key}])

    def taken(self, refund):
        """Return [(what the lines for missing points give, points they name)]."""
        lines = refund.invoice_line_ids.filtered("loyalty_debt_card_id")
        return [(line.price_total, line.loyalty_debt_points) for line in lines]

    def test_enough_points_left_change_no_amount(self):
        refund = self.refund(self.sold(), quantity=1)
        self.work()
        self.assertEqual((refund.amount_total, self.taken(refund)), (100, []))
        self.assertEqual(self.card.points, 300)
        self.assert_ledger()

    def test_missing_points_are_taken_from_the_refund(self):
        invoice = self.sold()
        self.spend(350)
        refund = self.refund(invoice, quantity=1)  # takes 100 back, 50 are there
        self.assertEqual((refund.amount_total, self.taken(refund)), (95, [(-5, 50)]))
        self.assertEqual(self.entries()[-2:], [("reverse", -100), ("adjust", 50)])
        self.assertEqual((self.card.points, self.lots()), (0, {}))
        self.work()  # what is told of later changes nothing more
        self.assertEqual(self.card.points, 0)
        entry = self.card.ledger_entry_ids.sorted("id")[-1]
        self.assertEqual((entry.origin_model, entry.origin_id), ("account.move", refund.id))
        self.assertTrue(entry.reason)
        self.assert_ledger()

    def test_two_refunds_each_take_their_own(self):
        invoice = self.sold()
        self.spend(350)
        first = self.refund(invoice, quantity=1)
        second = self.refund(invoice, quantity=3)
        self.work()
        self.assertEqual(self.taken(first) + self.taken(second), [(-5, 50), (-30, 300)])
        self.assertEqual((second.amount_total, self.card.points), (270, 0))
        self.assert_ledger()

    def test_never_more_than_the_refund_gives(self):
        self.program.loyalty_point_value = 2
        invoice = self.sold()
        self.spend(400)
        refund = self.refund(invoice, quantity=1)
        self.assertEqual((refund.amount_total, self.taken(refund)), (0, [(-100, 50)]))
        self.assertEqual(self.card.points, -50, "the rest is a debt")
        self.assert_ledger()

    def test_older_debts_are_not_collected(self):
        invoice = self.sold(1)
        self.spend(100)
        self.card.points = -70
        refund = self.refund(invoice)
        self.assertEqual(self.taken(refund), [(-10, 100)])
        self.assertEqual(self.card.points, -70)

    def test_a_returned_reward_counts_against_it(self):
        """The refund gives 100 points back and takes 300: 200 less what is there are missing."""
        self.env["loyalty.card"].accrue([{"card_id": self.card.id, "points": 100, "key": "a"}])
        order = self.order(3)
        self.redeem_in(order)
        invoice = self.invoice_of(order)
        self.assertEqual(self.card.points, 300)
        self.spend(250)
        refund = self.refund(invoice)
        self.assertEqual(self.taken(refund), [(-15, 150)])
        self.assertEqual((refund.amount_total, self.card.points), (290 - 15, 0))
        self.assert_ledger()

    def test_earned_by_rules(self):
        self.program.loyalty_earn_by = "event"
        self._rule(per_amount=1)
        invoice = self.sold()
        self.pay(invoice)
        self.work()
        self.assertEqual(self.card.points, 400)
        self.spend(350)
        refund = self.refund(invoice, quantity=1)
        self.assertEqual((self.taken(refund), self.card.points), ([(-5, 50)], 0))
        self.work()
        self.assertEqual(self.card.points, 0)
        self.assert_ledger()

    def test_the_share_of_the_refund_stays_what_it_was(self):
        """The line for points is no refund of goods: it changes no later sum."""
        invoice = self.sold()
        self.spend(400)
        order = invoice.line_ids.sale_line_ids.order_id
        self.refund(invoice, quantity=2)
        self.assertEqual(order._loyalty_refunded_share(), 0.5)

    def test_a_draft_again_and_posted_again(self):
        invoice = self.sold()
        self.spend(350)
        refund = self.refund(invoice, quantity=1)
        refund.button_draft()
        self.assertEqual((refund.amount_total, self.card.points), (100, 50))
        refund.action_post()
        self.work()
        self.assertEqual((self.taken(refund), self.card.points), ([(-5, 50)], 0))
        self.assert_ledger()

    def test_in_the_currency_of_the_refund(self):
        euro = self.env["res.currency"].create(
            {
                "name": "XTS",
                "symbol": "T",
                "rounding": 0.01,
                "rate_ids": [Command.create({"name": "2020-01-01", "rate": 3})],
            }
        )
        invoice = self.sold()
        self.spend(400)
        reversal = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        refund = reversal.new_move_ids.browse(reversal.reverse_moves()["res_id"])
        refund.currency_id = euro
        refund.action_post()
        [(money, points)] = self.taken(refund)
        self.assertEqual((money, points), (-40, 133.33), "a third: 13.33 in three for one")

    def test_the_till_and_other_programs_make_debts(self):
        self.program.loyalty_refund_debt = "debt"
        invoice = self.sold()
        self.spend(350)
        refund = self.refund(invoice, quantity=1)
        self.work()
        self.assertEqual((refund.amount_total, self.card.points), (100, -50))
        self.assertEqual(self.lots(), {False: -50})
        self.env["loyalty.card"].accrue([{"card_id": self.card.id, "points": 80, "key": "b"}])
        self.assertEqual(self.lots(), {False: 30}, "the next points repay it")

    @mute_logger("odoo.sql_db")
    def test_a_point_needs_a_value(self):
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.program.loyalty_point_value = 0
            self.env.flush_all()

    def test_a_caller_assumes_nothing(self):
        """The context of a caller does not make a draft count as a refund."""
        invoice = self.sold()
        reversal = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        draft = invoice.browse(reversal.reverse_moves()["res_id"])
        order = invoice.line_ids.sale_line_ids.order_id
        forged = order.with_context(loyalty_ledger_assumed=draft.ids)
        self.assertEqual(forged._loyalty_refunded_share(), 0)


@tagged("post_install", "-at_install")
class TestRefundUndone(EarningCommon):
    """A credit note that is a draft again refunds nothing: its points go back where they were."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program.loyalty_earn_by = "order"
        cls.card = cls._new_card()

    def test_earned_by_the_order(self):
        invoice = self.invoice_of(self.order(4))
        refund = self.refund(invoice, quantity=1)
        for turn in range(2):
            self.work()
            self.assertEqual(self.card.points, 300, turn)
            refund.button_draft()
            self.work()
            self.assertEqual((self.card.points, self.lots()), (400, {False: 400}), turn)
            refund.action_post()
        self.assert_ledger()

    def test_a_reward_is_paid_for_again(self):
        self.env["loyalty.card"].accrue(
            [{"card_id": self.card.id, "points": 100, "key": "a", "expires_on": "2033-01-31"}]
        )
        order = self.order(3)
        self.redeem_in(order)
        refund = self.refund(self.invoice_of(order))
        self.work()
        self.assertEqual(self.lots(), {"2033-01-31": 100})
        refund.button_draft()
        self.work()
        self.assertEqual((self.card.points, self.lots()), (300, {False: 300}))
        self.assert_ledger()

    def test_earned_by_a_rule(self):
        self.program.loyalty_earn_by = "event"
        self._rule(per_amount=1, expiry_months=12)
        invoice = self.invoice_of(self.order(4))
        self.pay(invoice)
        self.work()
        lots = self.lots()
        refund = self.refund(invoice, quantity=1)
        self.work()
        self.assertEqual(self.card.points, 300)
        refund.button_draft()
        self.work()
        self.assertEqual((self.card.points, self.lots()), (400, lots), "with their expiry")
        self.assert_ledger()

    def test_earned_again_after_an_undone_payment(self):
        """What the first payment earned went with it; only what the refund took comes back."""
        self.program.loyalty_earn_by = "event"
        self._rule(per_amount=1)
        invoice = self.invoice_of(self.order(4))
        self.pay(invoice)
        self.work()
        invoice.line_ids.remove_move_reconcile()
        self.work()
        self.pay(invoice)
        self.work()
        refund = self.refund(invoice, quantity=1)
        self.work()
        self.assertEqual(self.card.points, 300)
        refund.button_draft()
        self.work()
        self.assertEqual(self.card.points, 400)
        self.assert_ledger()

    def test_what_staff_took_back_stays_taken(self):
        invoice = self.invoice_of(self.order(4))
        self.commit_hooks()
        earned = self.card.ledger_entry_ids
        self.env["loyalty.card"].reverse(
            [{"entry_id": earned.id, "points": 150, "key": "a", "reason": "Fraud"}]
        )
        refund = self.refund(invoice, quantity=3)
        self.work()
        self.assertEqual(self.card.points, 100)
        refund.button_draft()
        self.work()
        self.assertEqual(self.card.points, 250)
        self.assert_ledger()
