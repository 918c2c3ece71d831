"""The plan of all sales: who bought what, when, and what became of it.

Everything an order, its invoice, payments and credit notes show is a function of this plan, so
each of their tables is written once, finished, with figures that agree.
"""

from __future__ import annotations

from ..context import Context
from ..engine import Stage
from .s40_tiers import customer_of

LINES = (1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 8)  # lines of a sale, each as likely; mean 2.9
MEAN = sum(LINES) / len(LINES)
INVOICED = 0.8  # of the orders

# OFFSET 0 keeps PostgreSQL from merging a subquery into its parent, where each use of a drawn
# value would draw it again.

# Who buys, where, in which currency, on which day. One sale in twenty is made by another of our
# companies, one in five in the currency of the customer's country; three in ten by a reseller.
DRAWN = """
    SELECT h.k, c.rank, c.partner_id, co.number AS company, co.company_id,
           co.currency_id AS com_currency_id, co.tax,
           co.tax IS NOT NULL AND co.country_id = k.country_id AS taxed,
           CASE WHEN pg_temp.u(h.k, 'currency') < 0.2 THEN k.currency_id ELSE co.currency_id END
               AS currency_id,
           GREATEST(h.planned, c.since) AS day,
           pg_temp.u(h.k, 'order') < %(with_order)s AS has_order
      FROM (SELECT k, {rank} AS rank, pg_temp.sales_day((k - 0.5) / %(heads)s) AS planned
              FROM generate_series(1::bigint, %(heads)s) AS k) h
      JOIN bench_customer c ON c.i = {customer}
      JOIN bench_country k ON k.number = c.country
      JOIN bench_company co ON co.number = mod(
           k.company + (pg_temp.u(h.k, 'company') < 0.05)::int, 3)"""

# What becomes of it. `fate` decides over the payment of an invoice, see PAID.
FATE = """
    SELECT row_number() OVER (ORDER BY day, k) AS k, rank, partner_id, company, company_id,
           com_currency_id, currency_id, tax, taxed, day, has_order, invoice_day,
           pg_temp.u(k, 'fate') AS fate,
           has_order AND pg_temp.u(k, 'invoiced') >= {invoiced} AS not_invoiced,
           (pg_temp.u(k, 'invoiced') - {invoiced}) / (1 - {invoiced}) AS stays,
           (%(lines)s::int[])[1 + pg_temp.pick(k, 'lines', %(kinds)s)] AS lines,
           invoice_day + 3 + floor(60 * pg_temp.u(k, 'patience') ^ 2)::int AS pay_day,
           (0.2 + 0.6 * pg_temp.u(k, 'share'))::numeric AS share,
           8 + pg_temp.pick(k, 'hour', 10) AS hour,
           (%(users)s::int[])[1 + pg_temp.pick(rank, 'seller', %(sellers)s)] AS user_id
      FROM (SELECT d.*, CASE WHEN has_order THEN day + pg_temp.pick(k, 'lag', 12) ELSE day END
                   AS invoice_day
              FROM ({drawn} OFFSET 0) d OFFSET 0) e"""

PAID = """
    SELECT *,
           CASE WHEN NOT has_order THEN NULL
                WHEN NOT not_invoiced OR stays < 0.35 THEN 'sale'
                WHEN stays < 0.65 THEN 'sent' WHEN stays < 0.8 THEN 'draft' ELSE 'cancel' END
               AS order_state,
           CASE WHEN invoice_state = 'posted' AND fate < 0.80 AND pay_day <= %(as_of)s
                     OR invoice_state = 'posted' AND fate BETWEEN 0.84 AND 0.88
                     AND pay_day <= %(as_of)s
                THEN CASE WHEN fate < 0.66 OR fate > 0.8 THEN 1.0
                          WHEN fate < 0.74 THEN 0.5 ELSE share END END AS first_share,
           invoice_state = 'posted' AND fate BETWEEN 0.66 AND 0.74
               AND pay_day + 30 <= %(as_of)s AS has_second,
           CASE WHEN invoice_state = 'posted' AND fate BETWEEN 0.80 AND 0.88
                     AND pay_day + 10 <= %(as_of)s
                THEN CASE WHEN fate < 0.84 THEN 'full' ELSE 'part' END END AS refund
      FROM (SELECT f.*,
                   CASE WHEN not_invoiced OR invoice_day > %(as_of)s THEN NULL
                        WHEN NOT has_order AND fate > 0.985 THEN 'cancel'
                        WHEN NOT has_order AND fate > 0.9 AND invoice_day > %(as_of)s::date - 15
                        THEN 'draft'
                        ELSE 'posted' END AS invoice_state
              FROM ({fate} OFFSET 0) f OFFSET 0) g"""

LINE = """
    SELECT k, n, product_id, template_id, is_service, qty, price, discount, subtotal,
           dec, com_dec,
           CASE WHEN taxed THEN round(subtotal * tax / 100, dec) ELSE 0 END AS tax,
           round(subtotal / invoice_rate, com_dec) AS balance,
           -- taxes are rounded once a document, as Odoo does by default
           CASE WHEN taxed THEN subtotal * tax / 100 ELSE 0 END AS raw_tax,
           CASE WHEN taxed THEN subtotal * tax / 100 / invoice_rate ELSE 0 END AS raw_tax_balance,
           CASE WHEN has_order THEN count(*) FILTER (WHERE has_order) OVER w END AS order_line_no,
           CASE WHEN has_invoice THEN count(*) FILTER (WHERE has_invoice) OVER w END
               AS invoice_line_no,
           CASE WHEN refunded THEN count(*) FILTER (WHERE refunded) OVER w END AS refund_line_no
      FROM (SELECT l.*, round(price * (100 - discount) / 100 * qty, dec) AS subtotal
              FROM (SELECT s.k, n.n, p.product_id, p.template_id, p.is_service, s.taxed, s.tax,
                           s.invoice_rate, s.dec, s.com_dec,
                           s.order_state IS NOT NULL AS has_order,
                           s.invoice_state IS NOT NULL AS has_invoice,
                           s.refund = 'full' OR (s.refund = 'part' AND n.n = 1) AS refunded,
                           ((1 + pg_temp.pick(s.k * 16 + n.n, 'quantity', 5)) * CASE
                               WHEN s.rank < %(customers)s * 0.005 THEN 12
                               WHEN s.rank < %(customers)s * 0.05 THEN 4
                               ELSE 1 END)::numeric AS qty,
                           -- multiples of 20 of the smallest coin stay exact under the discounts
                           round(round(p.price * s.price_rate * 10::numeric ^ s.dec / 20) * 20
                               / 10::numeric ^ s.dec, s.dec) AS price,
                           CASE WHEN pg_temp.u(s.k * 16 + n.n, 'discounted') < 0.15
                                THEN 5 * (1 + pg_temp.pick(s.k * 16 + n.n, 'discount', 4)) ELSE 0
                           END::numeric AS discount
                      FROM bench_sale_head s
                      CROSS JOIN LATERAL generate_series(1, s.lines) AS n(n)
                      JOIN bench_product p
                        ON p.i = 1 + pg_temp.zipf(s.k * 16 + n.n, 'product', %(products)s)
                    OFFSET 0) l OFFSET 0) m
    WINDOW w AS (ORDER BY k, n ROWS UNBOUNDED PRECEDING)"""

TOTAL = """
    SELECT h.*, t.*,
           CASE WHEN order_state IS NOT NULL
                THEN count(order_state) OVER w END AS order_no,
           CASE WHEN invoice_state IS NOT NULL THEN count(invoice_state) OVER w END AS invoice_no,
           CASE WHEN refund IS NOT NULL THEN count(refund) OVER w END AS refund_no,
           CASE WHEN invoice_state IN ('posted', 'cancel') THEN row_number() OVER (
                PARTITION BY company_id, date_part('year', invoice_day),
                             invoice_state IN ('posted', 'cancel')
                ORDER BY invoice_day, h.k) END AS invoice_number,
           CASE WHEN refund IS NOT NULL THEN row_number() OVER (
                PARTITION BY company_id, date_part('year', pay_day + 10), refund IS NOT NULL
                ORDER BY pay_day, h.k) END AS refund_number,
           round((untaxed + tax_total) * first_share, dec) AS first_amount,
           round((balance + tax_balance) * first_share, com_dec) AS first_balance
      FROM bench_sale_head h
      JOIN (SELECT k AS line_k, sum(subtotal) AS untaxed, sum(balance) AS balance,
                   round(sum(raw_tax), min(dec)) AS tax_total,
                   round(sum(raw_tax_balance), min(com_dec)) AS tax_balance,
                   sum(subtotal) FILTER (WHERE refund_line_no > 0) AS refund_untaxed,
                   round(sum(raw_tax) FILTER (WHERE refund_line_no > 0), min(dec))
                       AS refund_tax,
                   sum(balance) FILTER (WHERE refund_line_no > 0) AS refund_balance,
                   round(sum(raw_tax_balance) FILTER (WHERE refund_line_no > 0), min(com_dec))
                       AS refund_tax_balance
              FROM bench_sale_line GROUP BY k) t ON t.line_k = h.k
    WINDOW w AS (ORDER BY h.k ROWS UNBOUNDED PRECEDING)"""

# First and second payments, at the rate of the invoice (no exchange difference arises).
PAYMENT = """
    SELECT row_number() OVER (ORDER BY paid_on, k, part) AS no, p.*,
           row_number() OVER (PARTITION BY company_id, date_part('year', paid_on)
                              ORDER BY paid_on, k, part) AS number
      FROM (SELECT s.k, s.partner_id, s.company, s.company_id, s.currency_id, s.com_currency_id,
                   1 AS part, s.pay_day AS paid_on, s.first_amount AS amount,
                   s.first_balance AS amount_balance, s.first_share = 1 AS settles
              FROM bench_sale s WHERE s.first_share > 0
            UNION ALL
            SELECT s.k, s.partner_id, s.company, s.company_id, s.currency_id, s.com_currency_id,
                   2, s.pay_day + 30, s.untaxed + s.tax_total - s.first_amount,
                   s.balance + s.tax_balance - s.first_balance, true
              FROM bench_sale s WHERE s.has_second) p"""

# What settles an invoice: its payments, or a credit note over the whole of it. Matches of one
# settled invoice share full_no; first_no is the first match of the invoice.
MATCH = """
    SELECT m.*, CASE WHEN bool_or(settles) OVER (PARTITION BY k)
                     THEN dense_rank() OVER (ORDER BY k) END AS full_no,
           min(no) OVER (PARTITION BY k) AS first_no
      FROM (SELECT row_number() OVER (ORDER BY k, part) AS no, e.*
              FROM (SELECT k, part, no AS payment_no, settles, amount, amount_balance,
                           paid_on AS day
                      FROM bench_payment
                    UNION ALL
                    SELECT k, 3, NULL, true, untaxed + tax_total, balance + tax_balance,
                           pay_day + 10
                      FROM bench_sale WHERE refund = 'full') e) m"""


# Through whom, and for whom: one sale in five to others than resellers was brought by a reseller,
# three in ten to resellers name the customer at the end.
CHANNEL = """
    SELECT h.*, t.partner_id AS through_id,
           CASE WHEN own.number IS NOT NULL AND e.partner_id <> h.partner_id THEN e.partner_id END
               AS end_customer_id
      FROM (SELECT f.*, pg_temp.zipf(f.k, 'end', %(customers)s) AS end_rank FROM ({sales}) f) h
      LEFT JOIN {resellers} own ON own.partner_id = h.partner_id
      LEFT JOIN {resellers} t ON own.number IS NULL AND pg_temp.u(h.k, 'through') < 0.2
           AND t.number = pg_temp.zipf(h.k, 'brought by', %(resellers)s)
      LEFT JOIN bench_customer e ON own.number IS NOT NULL AND pg_temp.u(h.k, 'named') < 0.3
           AND e.i = {end}"""


class Sales(Stage):
    """Heads and lines of sales, as temporary tables; no row of Odoo's yet."""

    name = "sales plan"
    needs = {"sale_order": (), "account_move": (), "bench_duplicate": ()}

    def run(self, ctx: Context) -> None:
        """Plan the heads, then the lines, then add up.

        Sales are numbered by day, so that ids rise with time as in life.
        """
        orders = ctx.size.order_lines / MEAN
        heads = round(orders + ctx.size.invoice_lines / MEAN - INVOICED * orders)
        self._plan_heads(ctx, heads, orders / heads)
        ctx.plan(
            "bench_sale_line",
            LINE,
            {"customers": ctx.size.customers, "products": ctx.size.products},
        )
        ctx.plan("bench_sale", TOTAL)
        ctx.plan("bench_payment", PAYMENT)
        ctx.plan("bench_match", MATCH)
        ctx.cr.execute(
            "CREATE INDEX ON bench_sale (k); CREATE INDEX ON bench_sale_line (k);"
            "CREATE INDEX ON bench_match (k)"
        )

    def _plan_heads(self, ctx: Context, heads: int, with_order: float) -> None:
        rank = "pg_temp.zipf(k, 'customer', %(customers)s)"
        resellers = "(SELECT NULL::int AS number, NULL::int AS partner_id)"
        if ctx.columns("bench_reseller"):
            resellers = "bench_reseller"
            rank = (
                "CASE WHEN pg_temp.u(k, 'channel') < 0.3 "
                f"THEN 5 * pg_temp.zipf(k, 'reseller', %(resellers)s) ELSE {rank} END"
            )
        drawn = DRAWN.format(rank=rank, customer=customer_of(ctx, "h"))
        paid = CHANNEL.format(
            sales=PAID.format(fate=FATE.format(invoiced=INVOICED, drawn=drawn)),
            resellers=resellers,
            end=customer_of(ctx, "h").replace("h.rank", "h.end_rank"),
        )
        ctx.plan(
            "bench_sale_head",
            f"""SELECT p.*, cur.decimal_places AS dec, com.decimal_places AS com_dec,
                       o.rate / oc.rate AS order_rate,
                       o.rate AS price_rate,
                       coalesce(v.rate / vc.rate, o.rate / oc.rate) AS invoice_rate
                  FROM ({paid}) p
                  JOIN res_currency cur ON cur.id = p.currency_id
                  JOIN res_currency com ON com.id = p.com_currency_id
                  JOIN bench_rate o ON o.currency_id = p.currency_id
                       AND o.month = date_trunc('month', p.day)::date
                  JOIN bench_rate oc ON oc.currency_id = p.com_currency_id
                       AND oc.month = date_trunc('month', p.day)::date
                  LEFT JOIN bench_rate v ON v.currency_id = p.currency_id
                       AND v.month = date_trunc('month', p.invoice_day)::date
                  LEFT JOIN bench_rate vc ON vc.currency_id = p.com_currency_id
                       AND vc.month = date_trunc('month', p.invoice_day)::date""",
            {
                "heads": heads,
                "with_order": with_order,
                "customers": ctx.size.customers,
                "resellers": ctx.size.resellers,
                "lines": list(LINES),
                "kinds": len(LINES),
                "as_of": ctx.as_of,
                "users": ctx.shared["users"],
                "sellers": len(ctx.shared["users"]),
            },
        )
