"""Quotations and orders with their lines."""

from __future__ import annotations

from ..context import Context
from ..engine import Stage

# An order line is invoiced once, wholly; a credit note takes its part back.
SOURCE = """
    (SELECT s.*, l.n, l.product_id, l.template_id, l.is_service, l.qty, l.price, l.discount,
            l.subtotal, l.tax AS line_tax, l.order_line_no,
            s.invoice_state IS NOT NULL AND l.refund_line_no IS NULL AS invoiced
       FROM bench_sale_line l JOIN bench_sale s ON s.k = l.k
      WHERE l.order_line_no > 0) l
    JOIN product_template t ON t.id = l.template_id
    ORDER BY l.order_line_no"""


class Orders(Stage):
    """Four of five orders are invoiced; the rest waits, is a quotation or was cancelled."""

    name = "orders"
    needs = {"sale_order": (), "sale_order_line": (), "bench_duplicate": ()}
    tables = ("sale_order", "sale_order_line", "account_tax_sale_order_line_rel")

    def run(self, ctx: Context) -> None:
        """Write orders, lines and the taxes of lines."""
        ctx.cr.execute(
            "SELECT max(order_no), (SELECT max(order_line_no) FROM bench_sale_line) FROM bench_sale"
        )
        orders, lines = ctx.cr.fetchone()
        params = {
            "order": ctx.reserve("sale_order", orders or 0),
            "line": ctx.reserve("sale_order_line", lines or 0),
            "team": ctx.env.ref("sales_team.team_sales_department").id,
            "unit": ctx.env.ref("uom.product_uom_unit").id,
        }
        self._insert_orders(ctx, params)
        self._insert_lines(ctx, params)
        ctx.insert(
            "account_tax_sale_order_line_rel",
            {"sale_order_line_id": "%(line)s + l.order_line_no", "account_tax_id": "c.tax_id"},
            """bench_sale_line l JOIN bench_sale s ON s.k = l.k AND s.taxed
               JOIN bench_company c ON c.number = s.company WHERE l.order_line_no > 0""",
            params,
        )
        ctx.env.ref("sale.seq_sale_order").number_next_actual = 1 + (orders or 0)

    def _insert_orders(self, ctx: Context, params: dict[str, object]) -> None:
        ctx.insert(
            "sale_order",
            {
                "id": "%(order)s + s.order_no",
                "name": "'S' || lpad(s.order_no::text, 5, '0')",
                "access_token": "md5('bench' || s.k)",
                "state": "s.order_state",
                "locked": "false",
                "company_id": "s.company_id",
                "partner_id": "s.partner_id",
                "partner_invoice_id": "s.partner_id",
                "partner_shipping_id": "s.partner_id",
                "prm_partner_id": "s.through_id",
                "prm_end_customer_id": "s.end_customer_id",
                "currency_id": "s.currency_id",
                "currency_rate": "s.order_rate",
                "pricelist_id": "CASE WHEN s.currency_id <> s.com_currency_id THEN pl.id END",
                "user_id": "s.user_id",
                "team_id": "%(team)s",
                "date_order": "s.day + s.hour * interval '1 hour'",
                "validity_date": "s.day + 30",
                "amount_untaxed": "s.untaxed",
                "amount_tax": "s.tax_total",
                "amount_total": "s.untaxed + s.tax_total",
                "invoice_status": "CASE WHEN s.order_state <> 'sale' THEN 'no' "
                "WHEN s.invoice_state IS NULL OR s.refund IS NOT NULL THEN 'to invoice' "
                "ELSE 'invoiced' END",
                "require_signature": "true",
                "require_payment": "false",
                "prepayment_percent": "1.0",
            },
            """bench_sale s
               LEFT JOIN product_pricelist pl ON pl.currency_id = s.currency_id
                    AND pl.name->>'en_US' LIKE 'Bench ___'
               WHERE s.order_no > 0 ORDER BY s.order_no""",
            params,
            stamp="s.day + s.hour * interval '1 hour'",
        )

    def _insert_lines(self, ctx: Context, params: dict[str, object]) -> None:
        sold = "l.order_state = 'sale'"
        ctx.insert(
            "sale_order_line",
            {
                "id": "%(line)s + l.order_line_no",
                "order_id": "%(order)s + l.order_no",
                "sequence": "10",
                "company_id": "l.company_id",
                "currency_id": "l.currency_id",
                "order_partner_id": "l.partner_id",
                "salesman_id": "l.user_id",
                "state": "l.order_state",
                "product_id": "l.product_id",
                "product_uom_id": "%(unit)s",
                "name": "'[' || t.default_code || '] ' || (t.name->>'en_US')",
                "product_uom_qty": "l.qty",
                "price_unit": "l.price",
                "technical_price_unit": "l.price",
                "discount": "l.discount",
                "price_subtotal": "l.subtotal",
                "price_tax": "l.line_tax",
                "price_total": "l.subtotal + l.line_tax",
                "price_reduce_taxexcl": "round(l.subtotal / l.qty, l.dec)",
                "price_reduce_taxinc": "round((l.subtotal + l.line_tax) / l.qty, l.dec)",
                "customer_lead": "0",
                "qty_delivered_method": "'manual'",
                "qty_delivered": "0",
                "qty_invoiced": "CASE WHEN l.invoiced THEN l.qty ELSE 0 END",
                "qty_to_invoice": f"CASE WHEN {sold} AND NOT l.invoiced THEN l.qty ELSE 0 END",
                "untaxed_amount_invoiced": "CASE WHEN l.invoiced THEN l.subtotal ELSE 0 END",
                "untaxed_amount_to_invoice": f"CASE WHEN {sold} AND NOT l.invoiced "
                "THEN l.subtotal ELSE 0 END",
                "invoice_status": f"CASE WHEN NOT ({sold}) THEN 'no' "
                "WHEN l.invoiced THEN 'invoiced' ELSE 'to invoice' END",
                "is_downpayment": "false",
                "is_expense": "false",
            },
            SOURCE,
            params,
            stamp="l.day + l.hour * interval '1 hour'",
        )
