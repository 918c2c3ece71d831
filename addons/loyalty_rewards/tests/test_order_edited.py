"""A confirmed order that is lowered deserves points for what is left; raised again, as before."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.fields import Command
from odoo.tests import tagged

from .test_earning_rules import EarningCommon


@tagged("post_install", "-at_install")
class TestOrderEditedByEvents(EarningCommon):
    def confirmed(self, quantity=10, **values):
        """Return a confirmed order of chairs at 100, and let the rules give their points."""
        order = self.order(quantity, **values)
        order.action_confirm()
        self.work()
        return order

    def edit(self, order, **values):
        """Change the first line of an order, as somebody saves it."""
        order.order_line[0].write(values)
        self.commit_hooks()

    def invoice(self, order, quantity=None):
        """Return a posted invoice of what is left to invoice, or of so many."""
        invoice = order._create_invoices(final=True)
        if quantity:
            invoice.invoice_line_ids.quantity = quantity
        invoice.action_post()
        return invoice

    def points(self):
        return sum(self.holder_card().mapped("points"))

    def test_lowered_and_raised(self):
        self._rule("order_confirmed")
        order = self.confirmed()
        self.assertEqual(self.points(), 100)
        for quantity, points in ((4, 40), (4, 40), (1, 10), (10, 100), (12, 100), (7, 70)):
            self.edit(order, product_uom_qty=quantity)
            self.assertEqual(self.points(), points, quantity)
        back = self.env["loyalty.ledger.entry"].search([("kind", "=", "reverse")])
        self.assertEqual(set(back.mapped("origin_id")), {order.id})
        self.assert_ledger()

    def test_price_discount_and_lines(self):
        self._rule("order_confirmed")
        order = self.confirmed()
        self.edit(order, price_unit=80)
        self.assertEqual(self.points(), 80)
        self.edit(order, discount=50)
        self.assertEqual(self.points(), 40)
        order.write({"order_line": [Command.create({"product_id": self.product.id})]})
        self.commit_hooks()
        self.assertEqual(self.points(), 50, "what was taken comes back with the next chair")
        self.edit(order, name="no word about the price")
        order.order_line[0].product_uom_qty = 0
        self.commit_hooks()
        self.assertEqual(self.points(), 10)
        order.order_line[1].product_uom_qty = 0
        self.commit_hooks()
        self.assertEqual(self.points(), 0)
        self.assert_ledger()

    def test_a_fixed_number_goes_with_the_last_line(self):
        self._rule("order_confirmed", mode="fixed", points=5)
        order = self.confirmed()
        self.edit(order, product_uom_qty=1)
        self.assertEqual(self.points(), 5)
        self.edit(order, product_uom_qty=0)
        self.assertEqual(self.points(), 0)
        self.edit(order, product_uom_qty=1)
        self.assertEqual(self.points(), 5)

    def test_units_and_a_limit(self):
        self._rule("order_confirmed", mode="unit", points=3, per_units=1, cap_event=20)
        order = self.confirmed()
        self.assertEqual(self.points(), 20)
        self.edit(order, product_uom_qty=8)
        self.assertEqual(self.points(), 20, "24 would be more than at most")
        self.edit(order, product_uom_qty=5, price_unit=1)
        self.assertEqual(self.points(), 15)

    def test_pending_points_get_fewer_and_come(self):
        self._rule("order_confirmed", pending_until="paid", pending_days=3)
        order = self.confirmed()
        self.edit(order, product_uom_qty=4)
        waiting = self.env["loyalty.ledger.entry"].search([("state", "=", "pending")])
        self.assertEqual((waiting.points, waiting.available_on), (40, False))
        self.pay(self.invoice(order))
        self.work()
        self.edit(order, product_uom_qty=6)
        waiting = self.env["loyalty.ledger.entry"].search([("state", "=", "pending")])
        self.assertEqual((waiting.points, waiting.available_on), (60, False), "not all is paid")
        self.edit(order, product_uom_qty=4)
        waiting = self.env["loyalty.ledger.entry"].search([("state", "=", "pending")])
        self.assertEqual(waiting.points, 40)
        self.assertTrue(waiting.available_on, "all that is ordered is paid by now")

    def test_paid_invoices_do_not_follow_the_order(self):
        self._rule()
        order = self.confirmed()
        self.pay(self.invoice(order))
        self.work()
        self.edit(order, product_uom_qty=4)
        self.assertEqual(self.points(), 100)

    def test_spent_meanwhile_is_a_debt(self):
        self._rule("order_confirmed")
        order = self.confirmed()
        self.env["loyalty.card"].redeem(
            [{"card_id": self.holder_card().id, "points": 90, "key": "a"}]
        )
        self.edit(order, product_uom_qty=4)
        self.assertEqual(self.points(), -50)
        self.edit(order, product_uom_qty=10)
        self.assertEqual(self.points(), 10)
        self.assert_ledger()

    def test_lowered_then_refunded(self):
        self._rule("order_confirmed")
        order = self.confirmed()
        self.edit(order, product_uom_qty=7)
        self.refund(self.invoice(order), quantity=2)
        self.work()
        self.assertEqual(self.points(), 50)

    def test_refunded_then_lowered_accordingly(self):
        """The order only follows what was credited: nothing is taken a second time."""
        self._rule("order_confirmed")
        order = self.confirmed()
        self.refund(self.invoice(order), quantity=3)
        self.work()
        self.assertEqual(self.points(), 70)
        self.edit(order, product_uom_qty=7)
        self.assertEqual(self.points(), 70)
        self.edit(order, product_uom_qty=5)
        self.assertEqual(self.points(), 50)

    def test_lowered_below_what_was_invoiced_then_credited(self):
        self._rule("order_confirmed")
        order = self.confirmed()
        invoice = self.invoice(order)
        self.edit(order, product_uom_qty=6)
        self.assertEqual(self.points(), 60)
        self.refund(invoice, quantity=4)
        self.work()
        self.assertEqual(self.points(), 60)
        self.refund(invoice, quantity=1)
        self.work()
        self.assertEqual(self.points(), 50)

    def test_in_another_currency(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": euro.id, "name": "2020-01-01", "rate": 2.0}
        )
        pricelist = self.env["product.pricelist"].create({"name": "€", "currency_id": euro.id})
        self._rule("order_confirmed")
        order = self.confirmed(pricelist_id=pricelist.id)
        self.edit(order, price_unit=100)
        self.assertEqual(order.currency_id, euro)
        before = self.points()
        self.assertEqual(before, 50)
        self.edit(order, product_uom_qty=4)
        self.assertEqual(self.points(), 20)

    def test_cancelled_afterwards(self):
        self._rule("order_confirmed")
        order = self.confirmed()
        self.edit(order, product_uom_qty=4)
        order._action_cancel()
        self.work()
        self.assertEqual(self.points(), 0)
        order.action_draft()
        order.order_line.product_uom_qty = 5
        order.action_confirm()
        self.work()
        self.assertEqual(self.points(), 50)
        self.edit(order, product_uom_qty=2)
        self.assertEqual(self.points(), 20)
        self.assert_ledger()

    @settings(
        max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(steps=st.lists(st.integers(min_value=0, max_value=12), min_size=2, max_size=6))
    def test_any_way_ends_in_the_same_figures(self, steps):
        with self.env.cr.savepoint() as savepoint:
            self.env.invalidate_all()
            self._rule("order_confirmed")
            order = self.confirmed()
            for quantity in steps:
                self.edit(order, product_uom_qty=quantity)
            self.assertEqual(self.points(), min(steps[-1], 10) * 10)
            self.assert_ledger()
            savepoint.rollback()
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestOrderEditedByCore(EarningCommon):
    """Core's own rules give points at the confirmation for good, as in Odoo without us."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program.loyalty_earn_by = "order"
        cls.card = cls._new_card()

    def sold(self, quantity=10):
        """Return an order of chairs at 100 that has earned as many points, and its invoice."""
        order = self.order(quantity)
        return order, self.invoice_of(order)

    def lower(self, order, quantity):
        order.order_line[0].product_uom_qty = quantity
        self.commit_hooks()

    def credit(self, invoice, quantity):
        self.refund(invoice, quantity=quantity)
        self.work()
        self.assert_ledger()
        return self.card.points

    def test_credited_lowered_credited(self):
        """The order that follows its credit note makes the next one take no more than its own."""
        order, invoice = self.sold()
        self.assertEqual(self.credit(invoice, 3), 700)
        self.lower(order, 7)
        self.assertEqual(self.credit(invoice, 1), 600)
        self.lower(order, 6)
        self.assertEqual(self.credit(invoice, 6), 0)

    def test_lowered_below_what_was_invoiced_then_credited(self):
        order, invoice = self.sold()
        self.lower(order, 6)
        self.assertEqual(self.credit(invoice, 4), 600)
        self.assertEqual(self.credit(invoice, 1), 500)

    def test_lowered_before_it_is_invoiced(self):
        order = self.order(10)
        order.action_confirm()
        self.lower(order, 4)
        invoice = order._create_invoices()
        invoice.action_post()
        self.assertEqual(self.card.points, 1000, "as in Odoo")
        self.assertEqual(self.credit(invoice, 1), 750)
        self.assertEqual(self.credit(invoice, 3), 0)

    def test_credited_and_invoiced_again(self):
        order, invoice = self.sold()
        self.assertEqual(self.credit(invoice, 5), 500)
        order.invoice_status = "to invoice"
        again = order._create_invoices()
        again.invoice_line_ids.quantity = 5
        again.action_post()
        left = self.credit(again, 5)
        self.assertTrue(0 <= left <= 500, left)
        self.assertEqual(self.credit(invoice, 5), 0)

    def test_an_invoice_of_several_orders(self):
        """A credit note takes from each order what it gives back of that one."""
        orders = self.order(6) | self.order(4)
        orders.action_confirm()
        invoice = orders._create_invoices()
        invoice.action_post()
        self.assertEqual(len(invoice), 1)
        draft = self.refund_draft(invoice)
        lines = draft.invoice_line_ids.filtered(lambda line: line.quantity == 6)
        (draft.invoice_line_ids - lines).unlink()
        lines.quantity = 3
        draft.action_post()
        self.work()
        self.assertEqual(self.card.points, 700)
        self.assertEqual([order._loyalty_refunded_share() for order in orders], [0.5, 0])
        self.assert_ledger()

    def test_what_is_kept_of_a_line_that_follows_its_credit_note(self):
        """A reward gives its points back for the share of its line that was credited, once."""
        order, invoice = self.sold(2)
        self.refund(invoice, quantity=1)
        line = order.order_line
        self.assertEqual(line._loyalty_kept_share(), 0.5)
        self.lower(order, 1)
        self.assertEqual(line._loyalty_kept_share(), 0.5)
        self.refund(invoice, quantity=1)
        self.assertEqual(line._loyalty_kept_share(), 0)

    def test_points_stay(self):
        order = self.order(10)
        order.action_confirm()
        self.assertEqual(self.card.points, 1000)
        order.order_line.product_uom_qty = 4
        self.commit_hooks()
        self.assertEqual(self.card.points, 1000)
        self.assertEqual(order.coupon_point_ids.points, 1000)
        order._action_cancel()
        self.assertEqual(self.card.points, 0)
        self.assert_ledger()
