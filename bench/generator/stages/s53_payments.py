"""Payments of invoices, as bank entries, and who settled what."""

from __future__ import annotations

from ..context import Context
from ..engine import Stage
from .s52_invoices import MATCHING

NAME = "c.bank_code || '/' || date_part('year', p.paid_on) || '/' || lpad(p.number::text, 5, '0')"


class Payments(Stage):
    """Bank entries that pay invoices wholly, in two halves or in part, and credit notes that
    settle theirs. They are plain entries of the bank journal: no `account.payment`, no statement.
    """

    name = "payments"
    needs = {"account_partial_reconcile": (), "bench_duplicate": ()}
    tables = (
        "account_move",
        "account_move_line",
        "account_partial_reconcile",
    )

    def run(self, ctx: Context) -> None:
        """Write entries, their lines, and who settled what."""
        params = dict(ctx.shared["invoice_params"])  # type: ignore[call-overload]
        ctx.cr.execute("SELECT count(*) FROM bench_payment")
        payments = ctx.cr.fetchone()[0]
        params["entry"] = ctx.reserve("account_move", payments)
        params["bank_line"] = ctx.reserve("account_move_line", payments)
        params["paid_line"] = ctx.reserve("account_move_line", payments)
        self._insert_entries(ctx, params)
        self._insert_lines(ctx, params)
        self._reconcile(ctx, params)

    def _insert_entries(self, ctx: Context, params: dict[str, object]) -> None:
        ctx.insert(
            "account_move",
            {
                "id": "%(entry)s + p.no",
                "name": NAME,
                "sequence_prefix": "c.bank_code || '/' || date_part('year', p.paid_on) || '/'",
                "sequence_number": "p.number",
                "ref": "'Payment of ' || p.k",
                "state": "'posted'",
                "posted_before": "true",
                "move_type": "'entry'",
                "auto_post": "'no'",
                "journal_id": "c.bank_journal_id",
                "company_id": "p.company_id",
                "partner_id": "p.partner_id",
                "commercial_partner_id": "p.partner_id",
                "currency_id": "p.currency_id",
                "date": "p.paid_on",
                "invoice_date_due": "p.paid_on",
                "invoice_partner_display_name": "r.complete_name",
                "payment_state": "'not_paid'",
                "amount_untaxed": "0",
                "amount_tax": "0",
                "amount_total": "p.amount",
                "amount_residual": "0",
                "amount_untaxed_signed": "0",
                "amount_untaxed_in_currency_signed": "0",
                "amount_tax_signed": "0",
                "amount_total_signed": "p.amount_balance",
                "amount_total_in_currency_signed": "p.amount",
                "amount_residual_signed": "0",
                "always_tax_exigible": "true",
                "checked": "true",
                "is_move_sent": "false",
            },
            """bench_payment p JOIN bench_company c ON c.number = p.company
               JOIN res_partner r ON r.id = p.partner_id ORDER BY p.no""",
            params,
            stamp="p.paid_on + interval '12 hours'",
        )

    def _insert_lines(self, ctx: Context, params: dict[str, object]) -> None:
        for base, account, kind, sign in (
            ("bank_line", "c.bank_account_id", "'product'", 1),
            ("paid_line", "c.receivable_account_id", "'payment_term'", -1),
        ):
            settled = sign < 0
            ctx.insert(
                "account_move_line",
                {
                    "id": f"%({base})s + p.no",
                    "move_id": "%(entry)s + p.no",
                    "move_name": NAME,
                    "parent_state": "'posted'",
                    "journal_id": "c.bank_journal_id",
                    "company_id": "p.company_id",
                    "company_currency_id": "p.com_currency_id",
                    "currency_id": "p.currency_id",
                    "partner_id": "p.partner_id",
                    "account_id": account,
                    "display_type": kind,
                    "sequence": "10",
                    "name": "'Payment'",
                    "ref": "'Payment of ' || p.k",
                    "date": "p.paid_on",
                    "date_maturity": "p.paid_on",
                    "quantity": "NULL" if settled else "1",
                    "amount_currency": f"{sign} * p.amount",
                    "balance": f"{sign} * p.amount_balance",
                    "debit": f"GREATEST({sign} * p.amount_balance, 0)",
                    "credit": f"GREATEST({-sign} * p.amount_balance, 0)",
                    # Odoo shows a bank line as open until a statement is matched with it
                    "amount_residual": "0" if settled else "p.amount_balance",
                    "amount_residual_currency": "0" if settled else "p.amount",
                    "reconciled": "true" if settled else "false",
                    "price_unit": "NULL" if settled else "p.amount",
                    "price_subtotal": "NULL" if settled else "p.amount",
                    "price_total": "NULL" if settled else "p.amount",
                    "full_reconcile_id": "%(full)s + m.full_no" if settled else "NULL",
                    "matching_number": MATCHING if settled else "NULL",
                    "is_storno": "false",
                    "tax_base_amount": "0",
                    "deductible_amount": "100.0",
                },
                """bench_payment p JOIN bench_company c ON c.number = p.company
                   JOIN bench_match m ON m.payment_no = p.no ORDER BY p.no""",
                params,
                stamp="p.paid_on + interval '12 hours'",
            )

    def _reconcile(self, ctx: Context, params: dict[str, object]) -> None:
        """Match payments and whole credit notes with the invoices they settle."""
        matches = """
            (SELECT m.*, s.currency_id, s.company_id, %(receivable)s + i.no AS debit_id,
                    CASE WHEN m.payment_no > 0 THEN %(paid_line)s + m.payment_no
                         ELSE %(receivable)s + r.no END AS credit_id
               FROM bench_match m
               JOIN bench_sale s ON s.k = m.k
               JOIN bench_document i ON i.k = m.k AND i.sign = 1
               LEFT JOIN bench_document r ON r.k = m.k AND r.sign = -1) m
            ORDER BY m.no"""
        ctx.insert(
            "account_partial_reconcile",
            {
                "id": "%(partial)s + m.no",
                "debit_move_id": "m.debit_id",
                "credit_move_id": "m.credit_id",
                "full_reconcile_id": "%(full)s + m.full_no",
                "debit_currency_id": "m.currency_id",
                "credit_currency_id": "m.currency_id",
                "company_id": "m.company_id",
                "amount": "m.amount_balance",
                "debit_amount_currency": "m.amount",
                "credit_amount_currency": "m.amount",
                "max_date": "m.day",
            },
            matches,
            params,
            stamp="m.day + interval '12 hours'",
        )
