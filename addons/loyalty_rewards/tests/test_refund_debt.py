"""Points that were spent before the refund of what earned them: a debt, or less money back."""

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
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

    # ------------------------------------------------------------ many at once

    def draft_refund(self, invoice, quantity):
        """Return a draft credit note of so many chairs of an invoice."""
        reversal = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        refund = reversal.new_move_ids.browse(reversal.reverse_moves()["res_id"])
        refund.invoice_line_ids.quantity = quantity
        return refund

    def test_posted_together_they_take_what_each_would(self):
        """Two orders, one card: what is left on it counts for the first credit note only."""
        one, two = self.sold(), self.sold()
        self.spend(750)
        refunds = self.draft_refund(one, 1) | self.draft_refund(two, 1)
        refunds.action_post()
        self.work()
        self.assertEqual([self.taken(refund) for refund in refunds], [[(-5, 50)], [(-10, 100)]])
        self.assertEqual((self.card.points, self.lots()), (0, {}))
        self.assert_ledger()

    def test_any_number_of_one_order_together(self):
        invoice = self.sold()
        self.spend(370)
        refunds = self.env["account.move"].union(
            *(self.draft_refund(invoice, 1) for _turn in range(4))
        )
        refunds.action_post()
        self.work()
        taken = [self.taken(refund) for refund in refunds]
        self.assertEqual(taken, [[(-7, 70)], [(-10, 100)], [(-10, 100)], [(-10, 100)]])
        self.assertEqual(self.card.points, 0)
        self.assert_ledger()

    def test_together_by_rules(self):
        self.program.loyalty_earn_by = "event"
        self._rule(per_amount=1)
        invoices = self.sold() | self.sold()
        for invoice in invoices:
            self.pay(invoice)
        self.work()
        self.spend(750)
        refunds = self.env["account.move"].union(
            *(self.draft_refund(invoice, 1) for invoice in invoices)
        )
        refunds.action_post()
        self.assertEqual([self.taken(refund) for refund in refunds], [[(-5, 50)], [(-10, 100)]])
        self.work()
        self.assertEqual(self.card.points, 0)
        self.assert_ledger()

    def test_one_after_the_other_before_anybody_looked(self):
        """What the first one takes back is not there any more for the second one."""
        one, two = self.sold(1), self.sold(1)
        self.spend(100)
        refunds = [self.refund(one), self.refund(two)]
        self.assertEqual([self.taken(refund) for refund in refunds], [[], [(-10, 100)]])
        self.work()
        self.assertEqual(self.card.points, 0)

    def test_a_second_refund_collects_no_older_debt(self):
        invoice = self.sold()
        self.spend(400)
        self.card.points = -70
        refunds = [self.refund(invoice, quantity=1), self.refund(invoice, quantity=3)]
        self.assertEqual([self.taken(refund) for refund in refunds], [[(-10, 100)], [(-30, 300)]])
        self.work()
        self.assertEqual(self.card.points, -70)

    def test_posted_later_takes_nothing_now(self):
        """A credit note of a day to come stays a draft: another one does not count it."""
        one, two = self.sold(1), self.sold(1)
        self.spend(100)
        later, now = self.draft_refund(one, 1), self.draft_refund(two, 1)
        later.write({"invoice_date": "2099-01-01", "date": "2099-01-01"})
        (later | now)._post(soft=True)
        self.assertEqual((later.state, now.state), ("draft", "posted"))
        self.assertEqual((self.taken(later), self.taken(now)), ([], []))
        self.assertEqual(self.card.points, 0)

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

    # ------------------------------------------------------------ only the suite sets it

    def biller(self):
        """Return a user who may invoice, and nothing else."""
        user = self.env["res.users"].create({"name": "Biller", "login": "points_biller"})
        user.group_ids = [Command.set(self.env.ref("account.group_account_invoice").ids)]
        return user

    def test_who_bills_sets_no_missing_points(self):
        invoice = self.sold()
        self.spend(350)
        draft = self.draft_refund(invoice, 1).with_user(self.biller())
        line = draft.invoice_line_ids
        given = {"loyalty_debt_card_id": self.card.id, "loyalty_debt_points": 5000}
        new = {"name": "x", "quantity": 1, "price_unit": 1}
        for act in (
            lambda: line.write(given),
            lambda: line.write({"loyalty_debt_points": 0}),
            lambda: draft.write({"invoice_line_ids": [Command.update(line.id, given)]}),
            lambda: draft.write({"invoice_line_ids": [Command.create({**new, **given})]}),
            lambda: line.create({"move_id": draft.id, **new, **given}),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                act()
        self.env.invalidate_all()
        context = {f"default_{name}": value for name, value in given.items()}
        for env in (draft, draft.sudo()):
            env.with_context(**context).write({"invoice_line_ids": [Command.create(new)]})
        made = draft.with_context(**context).create(
            {
                "move_type": "out_refund",
                "partner_id": self.partner.id,
                "invoice_line_ids": [Command.create(new)],
            }
        )
        lines = (draft | made).invoice_line_ids
        self.assertFalse(lines.loyalty_debt_card_id)
        self.assertEqual(set(lines.mapped("loyalty_debt_points")), {0})

    def test_who_bills_goes_on_billing(self):
        """The lines for missing points come with the posting, whoever posts."""
        invoice = self.sold()
        self.spend(350)
        biller = self.biller()
        refund = self.draft_refund(invoice, 1).with_user(biller)
        refund.action_post()
        self.assertEqual((self.taken(refund.sudo()), refund.amount_total), ([(-5, 50)], 95))
        refund.button_draft()
        self.assertEqual(refund.amount_total, 100)
        refund.action_post()
        self.work()
        self.assertEqual((refund.amount_total, self.card.points), (95, 0))
        bill = refund.create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partner.id,
                "invoice_line_ids": [
                    Command.create({"product_id": self.product.id, "tax_ids": [Command.clear()]})
                ],
            }
        )
        bill.action_post()
        self.assertEqual((bill.state, bill.amount_total), ("posted", 100))
        self.assert_ledger()

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


@tagged("post_install", "-at_install")
class TestRefundOfWaitingUndone(EarningCommon):
    """Points that still wait come back, too, when what took them is a draft again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._rule(per_amount=1, pending_days=14, expiry_months=12)

    def waiting(self):
        """Return the pending points, and how many status points come with them."""
        rows = self.env["loyalty.ledger.entry"].search(
            [("program_id", "=", self.program.id), ("state", "=", "pending")]
        )
        self.assertLessEqual(len(rows), 1)
        return rows.points, rows.status_points

    def sold(self, quantity=4):
        invoice = self.invoice_of(self.order(quantity))
        self.pay(invoice)
        self.work()
        self.assertEqual(self.waiting(), (100 * quantity, 100 * quantity))
        return invoice

    def release(self):
        entries = self.env["loyalty.ledger.entry"]
        entries.search([("state", "=", "pending")]).available_on = "2020-01-01"
        self.env["loyalty.ledger"]._job_release(100)

    def test_a_part(self):
        invoice = self.sold()
        before = self.holder_card().ledger_entry_ids
        refund = self.refund(invoice, quantity=1)
        for turn in range(3):
            self.work()
            self.assertEqual(self.waiting(), (300, 300), turn)
            refund.button_draft()
            self.assertEqual(self.waiting(), (400, 400), turn)
            self.work()
            self.assertEqual(self.waiting(), (400, 400), turn)
            refund.action_post()
        again = self.holder_card().ledger_entry_ids.filtered(lambda row: row.state == "pending")
        for name in ("available_on", "expires_on", "earned_on", "base_amount", "interaction_id"):
            self.assertEqual(again[name], before[name], name)
        self.assert_ledger()

    def test_all_of_it(self):
        invoice = self.sold()
        refund = self.refund(invoice)
        for turn in range(3):
            self.work()
            self.assertEqual(self.waiting(), (0, 0), turn)
            refund.button_draft()
            self.work()
            self.assertEqual(self.waiting(), (400, 400), turn)
            refund.action_post()
        self.assert_ledger()

    def test_one_of_two(self):
        invoice = self.sold()
        first, second = self.refund(invoice, quantity=1), self.refund(invoice, quantity=2)
        self.work()
        self.assertEqual(self.waiting(), (100, 100))
        first.button_draft()
        self.assertEqual(self.waiting(), (200, 200))
        second.button_draft()
        self.assertEqual(self.waiting(), (400, 400))
        self.env["loyalty.ledger"]._restore(
            invoice.line_ids.sale_line_ids.order_id, invoice
        )  # nothing more
        self.assertEqual(self.waiting(), (400, 400))
        self.assert_ledger()

    def test_the_rest_came_meanwhile(self):
        invoice = self.sold()
        refund = self.refund(invoice, quantity=1)
        self.work()
        self.release()
        card = self.holder_card()
        expiry = [*self.lots(card)]
        for turn in range(3):
            self.assertEqual(card.points, 300, turn)
            refund.button_draft()
            self.work()
            self.assertEqual((card.points, [*self.lots(card)]), (400, expiry), turn)
            posted = card.ledger_entry_ids.filtered(lambda row: row.state == "posted")
            self.assertEqual(sum(posted.mapped("status_points")), 400)
            refund.action_post()
            self.work()
        self.assert_ledger()

    def test_what_staff_cancelled_stays_so(self):
        invoice = self.sold()
        refund = self.refund(invoice, quantity=1)
        self.work()
        rest = self.holder_card().ledger_entry_ids.filtered(lambda row: row.state == "pending")
        self.env["loyalty.card"].reverse([{"entry_id": rest.id, "key": "a", "reason": "Fraud"}])
        for turn in range(3):
            refund.button_draft()
            self.work()
            self.assertEqual(self.waiting(), (100, 100), turn)
            refund.action_post()
            self.work()
            self.assertEqual(self.waiting(), (100, 100), turn)
        self.assert_ledger()

    def test_an_undone_payment_is_no_refund(self):
        """Paid again it earns again, once; the draft of the credit note adds nothing."""
        invoice = self.sold()
        refund = self.refund(invoice, quantity=1)
        self.work()
        invoice.line_ids.remove_move_reconcile()
        self.work()
        self.assertEqual(self.waiting(), (0, 0))
        refund.button_draft()
        self.work()
        self.assertEqual(self.waiting(), (0, 0))
        self.pay(invoice)
        self.work()
        self.assertEqual(self.waiting(), (400, 400))
        refund.action_post()
        self.work()
        self.assertEqual(self.waiting(), (300, 300))
        self.assert_ledger()

    def test_of_an_order_that_waits_for_its_payment(self):
        self.rule.unlink()
        self._rule("order_confirmed", per_amount=1, pending_until="paid", pending_days=3)
        invoice = self.invoice_of(self.order(4))
        self.work()
        self.assertEqual(self.waiting(), (400, 400))
        refund = self.refund(invoice)
        self.work()
        self.assertEqual(self.waiting(), (0, 0))
        refund.button_draft()
        self.work()
        self.assertEqual(self.waiting(), (400, 400))
        self.release()
        self.assertEqual(self.holder_card().points, 400)
        self.assert_ledger()
