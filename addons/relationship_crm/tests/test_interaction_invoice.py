"""Invoices: paid in full, undone, paid anew, refunded; each once."""

from odoo import Command
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .interaction_common import InteractionMixin


@tagged("post_install", "-at_install")
class TestInteractionInvoice(InteractionMixin, AccountTestInvoicingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_interactions()

    def _invoice(self, move_type="out_invoice", amount=100.0):
        line = {"name": "Thing", "price_unit": amount, "tax_ids": False}
        move = self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": self.contact.id,
                "invoice_date": "2026-03-01",
                "invoice_line_ids": [Command.create(line)],
            }
        )
        move.action_post()
        return move

    def _pay(self, invoice, amount=None):
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        wizard.create({"amount": amount} if amount else {})._create_payments()

    def _codes(self):
        kinds = ("invoice_paid", "invoice_unpaid", "invoice_refunded")
        return [event.kind_id.code for event in self.recorded(*kinds)]

    def test_paid_in_full_once(self):
        invoice = self._invoice()
        self._pay(invoice, 40)
        self.assertEqual(self._codes(), [])
        self._pay(invoice)
        invoice._invoice_paid_hook()  # core may call it a second time
        event = self.recorded("invoice_paid")
        newest = max((invoice.line_ids.matched_credit_ids + invoice.line_ids.matched_debit_ids).ids)
        self.assertRecordValues(
            event,
            [
                {
                    "contact_id": self.contact.id,
                    "amount": 100.0,
                    "currency_id": invoice.currency_id.id,
                    "external_ref": f"account.move,{invoice.id},paid,{newest}",
                    "summary": invoice.name,
                }
            ],
        )

    def test_undone_and_paid_anew(self):
        invoice = self._invoice()
        self._pay(invoice)
        self.commit_hooks()
        partial = invoice.line_ids.matched_credit_ids
        reference = f"account.partial.reconcile,{partial.id},undone"
        invoice.line_ids.remove_move_reconcile()
        self.assertEqual(self._codes(), ["invoice_paid", "invoice_unpaid"])
        self.assertEqual(self.recorded("invoice_unpaid").external_ref, reference)
        self._pay(invoice)
        self.assertEqual(self._codes(), ["invoice_paid", "invoice_unpaid", "invoice_paid"])

    def test_two_payments_undone_together_are_one_event(self):
        invoice = self._invoice()
        self._pay(invoice, 40)
        self._pay(invoice)
        self.commit_hooks()
        invoice.line_ids.remove_move_reconcile()
        self.assertEqual(self._codes(), ["invoice_paid", "invoice_unpaid"])

    def test_a_payment_cancelled(self):
        invoice = self._invoice()
        self._pay(invoice)
        self.commit_hooks()
        invoice.matched_payment_ids.action_draft()
        invoice.matched_payment_ids.action_cancel()
        self.assertEqual(self._codes(), ["invoice_paid", "invoice_unpaid"])

    def test_a_partial_payment_undone_is_none(self):
        invoice = self._invoice()
        self._pay(invoice, 40)
        invoice.line_ids.remove_move_reconcile()
        self.assertEqual(self._codes(), [])

    def test_an_invoice_over_nothing_is_paid_when_posted(self):
        invoice = self._invoice(amount=0.0)
        self.assertEqual(
            self.recorded("invoice_paid").external_ref, f"account.move,{invoice.id},paid,0"
        )

    def test_refunded_when_posted_and_once(self):
        refund = self._invoice("out_refund")
        self.commit_hooks()
        refund.button_draft()
        refund.action_post()
        event = self.recorded("invoice_refunded")
        self.assertEqual(event.external_ref, f"account.move,{refund.id},refunded")
        self.assertEqual(event.amount, 100.0)

    def test_vendors_are_no_customers(self):
        bill = self._invoice("in_invoice")
        self._pay(bill)
        self._invoice("in_refund")
        bill.line_ids.remove_move_reconcile()
        self.assertEqual(self._codes(), [])

    def test_many_invoices_in_one_statement(self):
        invoices = self._invoice() + self._invoice() + self._invoice()
        self._pay(invoices)
        self.assertEqual(len(self.recorded("invoice_paid")), 3)

    def test_cost_of_a_payment(self):
        """Newest partials, INSERT, is the cron active, INSERT of its trigger."""
        self.consumer("invoice_paid")
        self._pay(self._invoice())
        self.commit_hooks()
        invoices = self._invoice() + self._invoice()
        self.commit_hooks()
        with self.assertQueryCount(4):
            invoices._invoice_paid_hook()
            self.env.cr.precommit.run()
