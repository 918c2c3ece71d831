from odoo import api, models
from odoo.tools import SQL

#: the invoices of payments without journal entry, with the first such payment that counts
PAYMENTS = """
    account_payment payment
    JOIN account_move__account_payment link ON link.payment_id = payment.id
    JOIN account_move move ON move.id = link.invoice_id
     AND move.move_type IN ('out_invoice', 'out_receipt')
    JOIN res_partner person ON person.id = move.partner_id
"""


class RelationshipHarvest(models.AbstractModel):
    """Payments without a journal entry.

    With a payment method that has no outstanding account, core marks the invoice as paid without
    reconciling anything, and calls no hook: neither then nor when the bank statement comes.
    """

    _inherit = "relationship.harvest"

    @api.model
    def _harvest_invoice_paid(self, since):
        """Return the invoices paid since then by payments without a journal entry, as SQL.

        The first payment that counts names the event: a second one of the same invoice is none.
        """
        return self._harvest_select(
            "invoice_paid",
            SQL(PAYMENTS),
            SQL(
                """
                payment.write_date >= %s AND payment.move_id IS NULL
                AND payment.state IN ('in_process', 'paid') AND move.payment_state = 'paid'
                AND NOT EXISTS (
                    SELECT FROM account_move__account_payment other
                      JOIN account_payment earlier ON earlier.id = other.payment_id
                     WHERE other.invoice_id = move.id AND earlier.id < payment.id
                       AND earlier.state IN ('in_process', 'paid'))
                """,
                since,
            ),
            **self._invoice_columns(
                SQL("'account.move,' || move.id || ',paid,payment ' || payment.id")
            ),
        )

    @api.model
    def _harvest_invoice_unpaid(self, since):
        """Return the invoices whose payment without a journal entry was undone, as SQL."""
        return self._harvest_select(
            "invoice_unpaid",
            SQL(PAYMENTS),
            SQL(
                """
                payment.write_date >= %s AND payment.move_id IS NULL
                AND payment.state NOT IN ('in_process', 'paid')
                AND move.payment_state NOT IN ('in_payment', 'paid')
                AND EXISTS (
                    SELECT FROM relationship_interaction known
                     WHERE known.source = 'odoo' AND known.external_ref =
                           'account.move,' || move.id || ',paid,payment ' || payment.id)
                """,
                since,
            ),
            **self._invoice_columns(SQL("'account.payment,' || payment.id || ',undone'")),
        )

    @api.model
    def _invoice_columns(self, external_ref):
        """Return what an interaction takes from ``move`` and ``payment``: {column: SQL}."""
        return {
            "company_id": SQL("move.company_id"),
            "occurred_at": SQL("payment.write_date"),
            "amount": SQL("move.amount_untaxed"),
            "currency_id": SQL("move.currency_id"),
            "res_model": SQL("'account.move'"),
            "res_id": SQL("move.id"),
            "external_ref": external_ref,
            "payload": SQL("jsonb_build_object('total', move.amount_total)"),
            "summary": SQL("left(move.name, 250)"),
        }
