from odoo import models
from odoo.tools import SQL


class AccountMove(models.Model):
    _inherit = "account.move"

    def _invoice_paid_hook(self):
        """Record what customers paid in full.

        Core calls this twice for an invoice that is first "in payment"; no partial reconcile is
        new the second time, so it is one event. Paid anew after an undone payment is another.
        """
        done = super()._invoice_paid_hook()
        invoices = self.filtered(lambda move: move.move_type in ("out_invoice", "out_receipt"))
        newest = invoices._newest_partials()
        self.env["relationship.interaction"]._record(
            [
                invoice._prepare_interaction(
                    "invoice_paid", f"account.move,{invoice.id},paid,{newest.get(invoice.id, 0)}"
                )
                for invoice in invoices
            ]
        )
        return done

    def _post(self, soft=True):
        posted = super()._post(soft=soft)
        self.env["relationship.interaction"]._record(
            [
                refund._prepare_interaction(
                    "invoice_refunded", f"account.move,{refund.id},refunded"
                )
                for refund in posted
                if refund.move_type == "out_refund"
            ]
        )
        return posted

    def _newest_partials(self):
        """Return {id of a move: id of the newest partial reconcile of its lines}."""
        if not self:
            return {}
        self.env["account.partial.reconcile"].flush_model(["debit_move_id", "credit_move_id"])
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT line.move_id, max(partial.id)
                      FROM account_move_line line
                      JOIN account_account account ON account.id = line.account_id
                       AND account.account_type = 'asset_receivable'
                     CROSS JOIN LATERAL (
                           SELECT id FROM account_partial_reconcile WHERE debit_move_id = line.id
                           UNION ALL
                           SELECT id FROM account_partial_reconcile WHERE credit_move_id = line.id
                     ) partial
                     WHERE line.move_id = ANY(%s)
                     GROUP BY line.move_id
                    """,
                    self.ids,
                )
            )
        )

    def _prepare_interaction(self, kind, external_ref):
        """Return what is recorded of this invoice: an event of this kind."""
        self.ensure_one()
        return {
            "kind": kind,
            "contact_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "amount": self.amount_untaxed,
            "currency_id": self.currency_id.id,
            "res_model": self._name,
            "res_id": self.id,
            "external_ref": external_ref,
            "payload": {"total": self.amount_total},
            "summary": self.name,
        }
