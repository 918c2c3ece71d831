"""Customer invoices, credit notes and payments, reconciled."""

from __future__ import annotations

from ..context import Context
from ..engine import Stage

# One row for each posted document: the sign is +1 for invoices and −1 for credit notes.
DOCUMENT = """
    SELECT s.k, 'out_invoice' AS move_type, 1 AS sign, s.invoice_state AS state, s.company,
           s.partner_id, s.company_id, s.com_currency_id, s.currency_id, s.dec, s.user_id,
           s.through_id, s.end_customer_id, s.invoice_rate, s.taxed, s.invoice_day AS day,
           s.untaxed, s.tax_total AS tax, s.balance, s.tax_balance, s.hour,
           %(move)s + s.invoice_no AS move_id,
           NULL::bigint AS reversed_id, s.order_no,
           c.sale_journal_id, c.income_account_id, c.receivable_account_id, c.tax_id,
           c.tax_group_id, c.invoice_line_tax AS repartition_id, c.tax_account_id,
           c.sale_code || '/' || date_part('year', s.invoice_day) || '/' AS prefix,
           s.invoice_number AS number,
           -- what is still open, in the document's and the company's currency
           CASE WHEN s.refund = 'full' OR s.first_share = 1
                     OR s.has_second THEN 0
                ELSE s.untaxed + s.tax_total - coalesce(s.first_amount, 0) END AS open,
           CASE WHEN s.refund = 'full' OR s.first_share = 1
                     OR s.has_second THEN 0
                ELSE s.balance + s.tax_balance - coalesce(s.first_balance, 0) END AS open_balance,
           CASE WHEN s.invoice_state <> 'posted' THEN 'not_paid'
                WHEN s.refund = 'full' THEN 'reversed'
                WHEN s.first_share = 1 OR s.has_second THEN 'paid'
                WHEN s.first_share > 0 THEN 'partial' ELSE 'not_paid' END AS payment_state
      FROM bench_sale s JOIN bench_company c ON c.number = s.company WHERE s.invoice_no > 0
    UNION ALL
    SELECT s.k, 'out_refund', -1, 'posted', s.company,
           s.partner_id, s.company_id, s.com_currency_id, s.currency_id, s.dec, s.user_id,
           s.through_id, s.end_customer_id, s.invoice_rate, s.taxed, s.pay_day + 10,
           s.refund_untaxed, s.refund_tax, s.refund_balance, s.refund_tax_balance, s.hour,
           %(refund)s + s.refund_no,
           %(move)s + s.invoice_no, s.order_no,
           c.sale_journal_id, c.income_account_id, c.receivable_account_id, c.tax_id,
           c.tax_group_id, c.refund_line_tax, c.refund_tax_account_id,
           'R' || c.sale_code || '/' || date_part('year', s.pay_day + 10) || '/',
           s.refund_number,
           CASE WHEN s.refund = 'full' THEN 0 ELSE s.refund_untaxed + s.refund_tax END,
           CASE WHEN s.refund = 'full' THEN 0 ELSE s.refund_balance + s.refund_tax_balance END,
           CASE WHEN s.refund = 'full' THEN 'paid' ELSE 'not_paid' END
      FROM bench_sale s JOIN bench_company c ON c.number = s.company WHERE s.refund_no > 0
    ORDER BY 1, 3 DESC"""

# Matching numbers are those of the settled whole, or of the first match of what is still open.
MATCHING = "coalesce((%(full)s + m.full_no)::text, 'P' || (%(partial)s + m.first_no))"
NAME = "d.prefix || lpad(d.number::text, 5, '0')"


class Invoices(Stage):
    """Invoices and credit notes: heads, product, tax and receivable lines, links to orders.

    A credit note is made at the rate of its invoice, so that no exchange difference arises.
    """

    name = "invoices"
    needs = {
        "account_move": ("invoice_currency_rate",),
        "account_move_line": ("display_type",),
        "sale_order_line_invoice_rel": (),
        "bench_duplicate": (),
    }
    tables = (
        "account_move",
        "account_move_line",
        "account_move_line_account_tax_rel",
        "sale_order_line_invoice_rel",
    )

    def run(self, ctx: Context) -> None:
        """Write heads first, then the three kinds of lines."""
        ctx.cr.execute(
            """SELECT coalesce(max(invoice_no), 0), coalesce(max(refund_no), 0),
                      (SELECT coalesce(max(invoice_line_no), 0) FROM bench_sale_line),
                      (SELECT coalesce(max(refund_line_no), 0) FROM bench_sale_line)
                 FROM bench_sale"""
        )
        invoices, refunds, lines, refund_lines = ctx.cr.fetchone()
        params: dict[str, object] = {
            "move": ctx.reserve("account_move", invoices),
            "refund": ctx.reserve("account_move", refunds),
            "line": ctx.reserve("account_move_line", lines),
            "refund_line": ctx.reserve("account_move_line", refund_lines),
            "order": ctx.bases.get("sale_order", 0),
            "order_line": ctx.bases.get("sale_order_line", 0),
            "team": ctx.env.ref("sales_team.team_sales_department").id,
            "unit": ctx.env.ref("uom.product_uom_unit").id,
        }
        ctx.plan(
            "bench_document", f"SELECT row_number() OVER () AS no, d.* FROM ({DOCUMENT}) d", params
        )
        ctx.cr.execute(
            "CREATE INDEX ON bench_document (k); SELECT count(*), max(no) FROM bench_document"
        )
        documents = ctx.cr.fetchone()[0]
        params["receivable"] = ctx.reserve("account_move_line", documents)
        params["tax_line"] = ctx.reserve("account_move_line", documents)
        ctx.cr.execute("SELECT count(*) FROM bench_match")
        matches = ctx.cr.fetchone()[0]
        params["partial"] = ctx.reserve("account_partial_reconcile", matches)
        params["full"] = ctx.reserve("account_full_reconcile", matches)
        ctx.shared["invoice_params"] = params
        self._insert_heads(ctx, params)
        # the lines point at these
        ctx.insert(
            "account_full_reconcile",
            {"id": "%(full)s + m.full_no"},
            "bench_match m WHERE m.full_no > 0 AND m.no = m.first_no ORDER BY m.no",
            params,
            stamp="m.day + interval '12 hours'",
        )
        self._insert_product_lines(ctx, params)
        self._insert_tax_lines(ctx, params)
        self._insert_receivable_lines(ctx, params)
        self._link(ctx, params)

    def _insert_heads(self, ctx: Context, params: dict[str, object]) -> None:
        rated = "CASE WHEN d.state = 'draft' THEN {} ELSE {} END"
        ctx.insert(
            "account_move",
            {
                "id": "d.move_id",
                "name": rated.format("NULL", NAME),
                "sequence_prefix": rated.format("''", "d.prefix"),
                "sequence_number": rated.format("0", "d.number"),
                "payment_reference": rated.format("NULL", NAME),
                "state": "d.state",
                "posted_before": "d.state <> 'draft'",
                "move_type": "d.move_type",
                "auto_post": "'no'",
                "journal_id": "d.sale_journal_id",
                "company_id": "d.company_id",
                "partner_id": "d.partner_id",
                "commercial_partner_id": "d.partner_id",
                "partner_shipping_id": "d.partner_id",
                "prm_partner_id": "d.through_id",
                "prm_end_customer_id": "d.end_customer_id",
                "invoice_partner_display_name": "p.complete_name",
                "currency_id": "d.currency_id",
                "invoice_currency_rate": "d.invoice_rate",
                "date": "d.day",
                "invoice_date": "d.day",
                "invoice_date_due": "d.day + 30",
                "invoice_user_id": "d.user_id",
                "team_id": "%(team)s",
                "invoice_origin": "CASE WHEN d.order_no > 0 "
                "THEN 'S' || lpad(d.order_no::text, 5, '0') END",
                "reversed_entry_id": "d.reversed_id",
                "payment_state": "d.payment_state",
                "amount_untaxed": "d.untaxed",
                "amount_tax": "d.tax",
                "amount_total": "d.untaxed + d.tax",
                "amount_residual": "d.open",
                "amount_untaxed_signed": "d.sign * d.balance",
                "amount_untaxed_in_currency_signed": "d.sign * d.untaxed",
                "amount_tax_signed": "d.sign * d.tax_balance",
                "amount_total_signed": "d.sign * (d.balance + d.tax_balance)",
                "amount_total_in_currency_signed": "d.sign * (d.untaxed + d.tax)",
                "amount_residual_signed": "d.sign * d.open_balance",
                "always_tax_exigible": "false",
                "checked": "d.state = 'posted'",
                "made_sequence_gap": "d.state = 'cancel'",
                "is_move_sent": "d.state = 'posted'",
            },
            "bench_document d JOIN res_partner p ON p.id = d.partner_id ORDER BY d.no",
            params,
            stamp="d.day + d.hour * interval '1 hour'",
        )

    def _line(self, **values: str) -> dict[str, str]:
        """Return what all lines of a document have in common, with the values of this kind."""
        return {
            "move_id": "d.move_id",
            "move_name": f"CASE WHEN d.state = 'draft' THEN NULL ELSE {NAME} END",
            "parent_state": "d.state",
            "journal_id": "d.sale_journal_id",
            "company_id": "d.company_id",
            "company_currency_id": "d.com_currency_id",
            "currency_id": "d.currency_id",
            "partner_id": "d.partner_id",
            "date": "d.day",
            "invoice_date": "d.day",
            "debit": "GREATEST(b.balance, 0)",
            "credit": "GREATEST(-b.balance, 0)",
            "balance": "b.balance",
            "amount_residual": "0",
            "amount_residual_currency": "0",
            "reconciled": "false",
            "is_storno": "false",
            "tax_base_amount": "0",
            "deductible_amount": "100.0",
            **values,
        }

    def _insert_product_lines(self, ctx: Context, params: dict[str, object]) -> None:
        ctx.insert(
            "account_move_line",
            self._line(
                id="b.id",
                display_type="'product'",
                account_id="d.income_account_id",
                sequence="10 * b.n",
                product_id="b.product_id",
                product_uom_id="%(unit)s",
                name="'[' || t.default_code || '] ' || (t.name->>'en_US')",
                quantity="b.qty",
                price_unit="b.price",
                discount="b.discount",
                price_subtotal="b.subtotal",
                price_total="b.subtotal + b.tax",
                amount_currency="-d.sign * b.subtotal",
                is_downpayment="false",
            ),
            """bench_document d
               CROSS JOIN LATERAL (SELECT l.n, l.product_id, l.template_id, l.qty, l.price,
                    l.discount, l.subtotal, l.tax, -d.sign * l.balance AS balance,
                    CASE WHEN d.sign = 1 THEN %(line)s + l.invoice_line_no
                         ELSE %(refund_line)s + l.refund_line_no END AS id
                    FROM bench_sale_line l
                    WHERE l.k = d.k AND (d.sign = 1 OR l.refund_line_no > 0)) b
               JOIN product_template t ON t.id = b.template_id
               ORDER BY d.no, b.n""",
            params,
            stamp="d.day + d.hour * interval '1 hour'",
        )
        ctx.insert(
            "account_move_line_account_tax_rel",
            {
                "account_move_line_id": "CASE WHEN d.sign = 1 THEN %(line)s + l.invoice_line_no "
                "ELSE %(refund_line)s + l.refund_line_no END",
                "account_tax_id": "d.tax_id",
            },
            """bench_document d JOIN bench_sale_line l ON l.k = d.k
               WHERE d.taxed AND (d.sign = 1 OR l.refund_line_no > 0)""",
            params,
        )

    def _insert_tax_lines(self, ctx: Context, params: dict[str, object]) -> None:
        ctx.insert(
            "account_move_line",
            self._line(
                id="%(tax_line)s + d.no",
                display_type="'tax'",
                account_id="d.tax_account_id",
                sequence="10",
                name="x.name->>'en_US'",
                tax_line_id="d.tax_id",
                tax_group_id="d.tax_group_id",
                tax_repartition_line_id="d.repartition_id",
                tax_base_amount="d.sign * d.balance",
                amount_currency="-d.sign * d.tax",
            ),
            """bench_document d
               JOIN account_tax x ON x.id = d.tax_id
               CROSS JOIN LATERAL (SELECT -d.sign * d.tax_balance AS balance) b
               WHERE d.taxed ORDER BY d.no""",
            params,
            stamp="d.day + d.hour * interval '1 hour'",
        )

    def _insert_receivable_lines(self, ctx: Context, params: dict[str, object]) -> None:
        ctx.insert(
            "account_move_line",
            self._line(
                id="%(receivable)s + d.no",
                display_type="'payment_term'",
                account_id="d.receivable_account_id",
                sequence="10",
                name=f"CASE WHEN d.state = 'draft' THEN NULL ELSE {NAME} END",
                full_reconcile_id="CASE WHEN m.matched THEN %(full)s + m.full_no END",
                matching_number=f"CASE WHEN m.matched THEN {MATCHING} END",
                date_maturity="d.day + 30",
                amount_currency="d.sign * (d.untaxed + d.tax)",
                amount_residual="d.sign * d.open_balance",
                amount_residual_currency="d.sign * d.open",
                reconciled="d.state = 'posted' AND d.open = 0",
            ),
            """bench_document d
               CROSS JOIN LATERAL (SELECT d.sign * (d.balance + d.tax_balance) AS balance) b
               LEFT JOIN LATERAL (SELECT true AS matched, e.* FROM bench_match e
                    WHERE e.k = d.k AND (d.sign = 1 OR d.open = 0) LIMIT 1) m ON true
               ORDER BY d.no""",
            params,
            stamp="d.day + d.hour * interval '1 hour'",
        )

    def _link(self, ctx: Context, params: dict[str, object]) -> None:
        """Link invoice and credit lines to their order lines."""
        for number, base in (("invoice_line_no", "line"), ("refund_line_no", "refund_line")):
            ctx.insert(
                "sale_order_line_invoice_rel",
                {
                    "invoice_line_id": f"%({base})s + l.{number}",
                    "order_line_id": "%(order_line)s + l.order_line_no",
                },
                f"bench_sale_line l WHERE l.order_line_no > 0 AND l.{number} > 0",
                params,
            )
