"""Points that an order gave once it was paid go when the payment is undone, and come again."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .test_earning_rules import EarningCommon


@tagged("post_install", "-at_install")
class TestPaymentUndone(EarningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._rule("order_confirmed", pending_until="paid", pending_days=3, expiry_months=12)

    def waiting(self):
        return self.env["loyalty.ledger.entry"].search(
            [("program_id", "=", self.program.id), ("state", "=", "pending")]
        )

    def release(self):
        """Let the days of waiting pass."""
        self.waiting().write({"available_on": fields.Date.today() - timedelta(days=1)})
        self.env["loyalty.ledger"]._job_release(10)

    def released(self, quantity=3):
        """Return the paid invoice of an order whose points can be spent."""
        invoice = self.invoice_of(self.order(quantity))
        self.pay(invoice)
        self.work()
        self.release()
        return invoice

    def undo(self, invoice):
        invoice.line_ids.remove_move_reconcile()

    def test_released_points_go_with_the_payment(self):
        invoice = self.released()
        card = self.holder_card()
        self.assertEqual(card.points, 30)
        self.undo(invoice)
        self.work()
        self.assertEqual(card.points, 0)
        back = card.ledger_entry_ids.sorted("id")[-1]
        self.assertEqual((back.kind, back.reverses_id.points), ("reverse", 30))
        self.assertEqual(back.origin_id, invoice.line_ids.sale_line_ids.order_id.id)
        self.work()
        self.assertEqual(len(card.ledger_entry_ids), 2, "told of once")
        self.assert_ledger()

    def test_they_come_again_with_the_next_payment(self):
        invoice = self.released()
        earned = self.holder_card().ledger_entry_ids
        for turn in range(1, 3):
            self.undo(invoice)
            self.work()
            self.pay(invoice)
            self.work()
            again = self.waiting()
            self.assertEqual((again.points, again.expires_on), (30, earned.expires_on))
            self.assertEqual(again.available_on, fields.Date.today() + timedelta(days=3))
            self.work()
            self.assertEqual(self.waiting(), again, turn)
            self.release()
            self.assertEqual(self.holder_card().points, 30)
        self.assert_ledger()

    def test_undone_and_paid_before_anybody_looked(self):
        invoice = self.released()
        self.undo(invoice)
        self.commit_hooks()
        self.pay(invoice)
        self.work()
        self.assertEqual((self.holder_card().points, len(self.waiting())), (30, 0))

    def test_spent_meanwhile_is_a_debt(self):
        invoice = self.released()
        card = self.holder_card()
        self.env["loyalty.card"].redeem([{"card_id": card.id, "points": 20, "key": "a"}])
        self.undo(invoice)
        self.work()
        self.assertEqual((card.points, self.lots(card)), (-20, {False: -20}))
        self.assert_ledger()

    def test_what_was_refunded_before_does_not_come_again(self):
        invoice = self.released()
        self.refund(invoice, quantity=1)
        self.work()
        card = self.holder_card()
        self.assertEqual(card.points, 20)
        self.undo(invoice)
        self.work()
        self.assertEqual(card.points, 0)
        self.assert_ledger()

    def test_what_staff_took_back_does_not_come_again(self):
        invoice = self.released()
        card = self.holder_card()
        self.env["loyalty.card"].reverse([{"entry_id": card.ledger_entry_ids.id, "key": "a"}])
        self.undo(invoice)
        self.work()
        self.pay(invoice)
        self.work()
        self.assertEqual((card.points, len(self.waiting())), (0, 0))

    def test_points_of_core_rules_are_those_of_the_order(self):
        """They come with the confirmation, not with the payment: what is paid moves none."""
        self.program.loyalty_earn_by = "order"
        card = self._new_card()
        invoice = self.invoice_of(self.order(3))
        self.pay(invoice)
        self.work()
        self.undo(invoice)
        self.work()
        self.assertEqual(card.points, 300)
        self.assert_ledger()
