from odoo import models

PAID = ("paid", "in_payment")


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    def unlink(self):
        """Record the customer invoices that are no longer paid without these partials."""
        paid = self._paid_invoices()
        done = super().unlink()
        self.env["relationship.interaction"]._record(
            [
                invoice._prepare_interaction(
                    "invoice_unpaid", f"account.partial.reconcile,{partial},undone"
                )
                for invoice, partial in paid.items()
                if invoice.exists() and invoice.payment_state not in PAID
            ]
        )
        return done

    def _paid_invoices(self):
        """Return {paid customer invoice: id of the newest of these partials that paid it}."""
        newest = {}
        for partial in self.sorted("id"):
            for move in (partial.debit_move_id + partial.credit_move_id).move_id:
                if move.move_type in ("out_invoice", "out_receipt") and move.payment_state in PAID:
                    newest[move] = partial.id
        return newest
