"""An order that is cancelled and confirmed anew earns what the new confirmation is worth, once."""

from odoo import fields
from odoo.tests import tagged

from .common import LedgerCommon
from .test_earning_rules import EarningCommon


def again(order, quantity=None):
    """Cancel a confirmed order, make it a quotation, and confirm it anew."""
    order._action_cancel()
    order.action_draft()
    if quantity:
        order.order_line.filtered(lambda line: not line.reward_id).product_uom_qty = quantity
    order.action_confirm()


@tagged("post_install", "-at_install")
class TestOrderConfirmedAnewByEvents(EarningCommon):
    def points(self):
        return sum(self.holder_card().mapped("points"))

    def release(self):
        """Let the days of waiting pass."""
        waiting = self.env["loyalty.ledger.entry"].search([("state", "=", "pending")])
        waiting.filtered("available_on").write({"available_on": fields.Date.today()})
        self.env["loyalty.ledger"]._job_release(10)

    def test_each_confirmation_earns_its_own_worth(self):
        self._rule("order_confirmed")
        order = self.order(3)
        order.action_confirm()
        self.work()
        self.assertEqual(self.points(), 30)
        for quantity in (5, 5, 1):
            again(order, quantity)
            self.work()
            self.assertEqual(self.points(), quantity * 10)
            self.work()
            self.assertEqual(self.points(), quantity * 10, "looked at twice")
        order._action_cancel()
        self.work()
        self.assertEqual(self.points(), 0)
        earned = [points for kind, points, _state in self.all_entries() if kind == "earn"]
        self.assertEqual(earned, [30, 50, 50, 10])
        self.assert_ledger()

    def test_cancelled_and_confirmed_before_anybody_looked(self):
        self._rule("order_confirmed")
        order = self.order(3)
        order.action_confirm()
        self.commit_hooks()
        again(order, 2)
        again(order, 4)
        self.work()
        self.assertEqual(self.all_entries(), [("earn", 40, "posted")])
        self.assert_ledger()

    def test_seen_while_it_was_cancelled(self):
        self._rule("order_confirmed")
        order = self.order(3)
        order.action_confirm()
        order._action_cancel()
        self.work()
        self.assertEqual(self.all_entries(), [])
        order.action_draft()
        order.action_confirm()
        self.work()
        self.assertEqual(self.all_entries(), [("earn", 30, "posted")])

    def test_it_counts_on_the_day_of_the_new_confirmation(self):
        rule = self._rule("order_confirmed", valid_to="2026-01-31", expiry_months=1)
        order = self.order(3)
        order.action_confirm()
        self.commit_hooks()
        order._action_cancel()
        order.action_draft()
        order.action_confirm()
        order.date_order = "2026-01-31 10:00:00"
        self.work()
        entry = self.env["loyalty.ledger.entry"].search([("rule_id", "=", rule.id)])
        self.assertEqual(str(entry.earned_on), "2026-01-31")
        self.assertEqual(str(entry.expires_on), "2026-02-28")

    def test_refunds_of_an_earlier_confirmation_do_not_count(self):
        self._rule("order_confirmed", pending_until="paid")
        order = self.order(3)
        invoice = self.invoice_of(order)
        self.pay(invoice)
        self.work()
        self.release()
        self.assertEqual(self.points(), 30)
        order._action_cancel()
        self.refund(invoice)
        self.work()
        self.assertEqual(self.points(), 0)
        order.action_draft()
        order.action_confirm()
        self.work()
        self.release()
        self.assertEqual(self.points(), 0, "nothing of it is paid yet")
        new = order._create_invoices()
        new.action_post()
        self.pay(new)
        self.work()
        self.release()
        self.assertEqual(self.points(), 30)
        self.refund(new, quantity=1)
        self.work()
        self.assertEqual(self.points(), 20)
        self.assert_ledger()

    def test_invoice_that_stayed_is_the_payment_of_the_new_confirmation(self):
        self._rule("order_confirmed", pending_until="paid")
        order = self.order(3)
        self.pay(self.invoice_of(order))
        self.work()
        again(order)
        self.work()
        self.release()
        self.assertEqual(self.points(), 30)

    def test_undone_payment_of_an_earlier_confirmation_gives_nothing_again(self):
        self._rule("order_confirmed", pending_until="paid")
        order = self.order(3)
        invoice = self.invoice_of(order)
        self.pay(invoice)
        self.work()
        self.release()
        invoice.line_ids.remove_move_reconcile()
        self.work()
        again(order)
        self.pay(invoice)
        self.work()
        self.release()
        self.work()
        self.assertEqual(self.points(), 30)
        self.assert_ledger()

    def test_waiting_for_delivery_begins_anew(self):
        self._rule("order_confirmed", pending_until="delivered")
        order = self.order(3)
        invoice = self.invoice_of(order)
        self.work()
        order._action_cancel()
        self.refund(invoice)
        order.action_draft()
        order.action_confirm()
        self.work()
        ledger = self.env["loyalty.ledger"]
        ledger._job_delivered(100)
        self.release()
        self.assertEqual(self.points(), 0)
        order.order_line.qty_delivered = 3
        ledger._job_delivered(100)
        self.release()
        self.assertEqual(self.points(), 30)

    def test_what_staff_took_back_comes_with_a_new_confirmation_only(self):
        rule = self._rule("order_confirmed")
        order = self.order(3)
        order.action_confirm()
        self.work()
        entry = self.holder_card().ledger_entry_ids
        self.env["loyalty.card"].reverse([{"entry_id": entry.id, "key": "a"}])
        rule._consume_interactions(entry.interaction_id)
        self.assertEqual(self.points(), 0)
        again(order)
        self.work()
        self.assertEqual(self.points(), 30)

    def test_an_order_confirmed_once_costs_no_query_more(self):
        self._rule("order_confirmed")
        orders = self.order(1) | self.order(1)
        self.env.flush_all()
        with self.assertQueryCount(0):
            orders.sudo().filtered("loyalty_round")._loyalty_begin_anew()


@tagged("post_install", "-at_install")
class TestOrderConfirmedAnewByCore(LedgerCommon):
    def test_each_confirmation_earns_its_own_worth(self):
        order = self.order(3)
        order.action_confirm()
        for quantity in (5, 5, 1):
            again(order, quantity)
            self.commit_hooks()
            self.assertEqual(self.card.points, quantity * 100)
            self.assert_ledger()
        order._action_cancel()
        self.commit_hooks()
        self.assertEqual(self.card.points, 0)
        self.assert_ledger()

    def test_with_a_reward(self):
        self.card.points = 500
        order = self.order(3)
        self.redeem_in(order)
        order.action_confirm()
        self.commit_hooks()
        before = self.card.points
        for _turn in range(2):
            order._action_cancel()
            self.commit_hooks()
            self.assertEqual(self.card.points, 500)
            order.action_draft()
            order._update_programs_and_rewards()
            self.redeem_in(order)
            order.action_confirm()
            self.commit_hooks()
            self.assertEqual(self.card.points, before)
            self.assert_ledger()

    def test_refunds_of_an_earlier_confirmation_do_not_count(self):
        order = self.order(3)
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        self.refund(invoice)
        self.work()
        self.assertEqual(self.card.points, 0)
        again(order)
        self.work()
        self.assertEqual(self.card.points, 300)
        new = order._create_invoices()
        new.action_post()
        self.refund(new, quantity=1)
        self.work()
        self.assertEqual(self.card.points, 200)
        self.assert_ledger()

    work = EarningCommon.work
    refund_draft = EarningCommon.refund_draft
    refund = EarningCommon.refund
