from odoo import api, models
from odoo.tools import SQL


class RelationshipMetric(models.Model):
    """What is read from sales orders: their heads, their lines, the first one."""

    _inherit = "relationship.metric"

    @api.model
    def _metric_sources(self):
        return {
            **super()._metric_sources(),
            "orders": (
                "_source_orders",
                [
                    "revenue_ordered",
                    *self._margin_codes("margin"),
                    "orders",
                    "average_order",
                    "days_since_purchase",
                    "repeat_rate",
                    "days_between_purchases",
                    "next_purchase_on",
                ],
            ),
            "order_lines": ("_source_order_lines", ["units_sold", "products_sold"]),
            "first_order": ("_source_first_order", ["first_purchase_days", "tenure_days"]),
        }

    @api.model
    def _margin_codes(self, *codes):
        """These codes if orders have a margin (the app sale_margin), else none."""
        return codes if "margin" in self.env["sale.order"]._fields else ()

    # ------------------------------------------------------------ documents

    @api.model
    def _order_rows(self, windows, company, partners=None):
        """Confirmed orders as a query.

        Columns: partner_id (whom the order counts for), id, date_order, amount (without tax) and
        margin in company currency at the rate stored on the order, team_id, user_id, customer_id
        (commercial partner it is made out to), end_customer_id (the one named as end customer).
        A bridge that knows other purchases adds them here with UNION ALL.
        """
        return self._order_rows_of(
            windows,
            company,
            SQL("c.commercial_partner_id"),
            self._among(SQL("c.commercial_partner_id"), partners),
        )

    @api.model
    def _order_rows_of(self, windows, company, counts_for, condition):
        amount, margin = self._order_amounts()
        return SQL(
            """
            SELECT %(counts_for)s AS partner_id, o.id, o.date_order, o.team_id, o.user_id,
                   %(amount)s AS amount, %(margin)s AS margin,
                   c.commercial_partner_id AS customer_id,
                   e.commercial_partner_id AS end_customer_id
              FROM sale_order o
              JOIN res_partner c ON c.id = o.partner_id
              LEFT JOIN res_partner t ON t.id = o.prm_partner_id
              LEFT JOIN res_partner e ON e.id = o.prm_end_customer_id
             WHERE o.state = 'sale' AND o.company_id = %(company)s
               AND %(within)s AND %(condition)s
            """,
            counts_for=counts_for,
            amount=amount,
            margin=margin,
            company=company.id,
            within=self._within(SQL("o.date_order"), windows, company),
            condition=condition,
        )

    @api.model
    def _order_amounts(self):
        """SQL of an order ``o``: (amount without tax, margin), both in company currency."""
        rate = SQL("coalesce(nullif(o.currency_rate, 0), 1)")
        margin = SQL("NULL::numeric")
        if "margin" in self.env["sale.order"]._fields:
            margin = SQL("o.margin / %s", rate)
        return SQL("o.amount_untaxed / %s", rate), margin

    # ------------------------------------------------------------ sources

    @api.model
    def _source_orders(self, windows, company, partners=None):
        """Confirmed orders by order date: amounts, number, days of purchase."""
        last_day = SQL("(w.date_to - 1)")
        return SQL(
            """
            SELECT d.partner_id, w.win,
                   sum(d.amount) AS revenue_ordered,
                   sum(d.margin) AS margin,
                   count(*) AS orders,
                   sum(d.amount) / count(*) AS average_order,
                   %(last_day)s - max(d.day) AS days_since_purchase,
                   CASE WHEN max(d.day) > min(d.day) THEN 100 ELSE 0 END AS repeat_rate,
                   %(between)s AS days_between_purchases,
                   %(between)s - (%(last_day)s - max(d.day)) AS next_purchase_on
              FROM (SELECT r.*, %(day)s AS day FROM (%(rows)s) r) d
              JOIN %(windows)s ON d.date_order >= w.utc_from AND d.date_order < w.utc_to
             GROUP BY d.partner_id, w.win, w.date_to
            """,
            last_day=last_day,
            between=SQL(
                "(max(d.day) - min(d.day))::numeric / nullif(count(DISTINCT d.day) - 1, 0)"
            ),
            day=self._local_day(SQL("r.date_order"), company),
            rows=self._order_rows(windows, company, partners),
            windows=self._windows_sql(windows, company),
        )

    @api.model
    def _source_order_lines(self, windows, company, partners=None):
        """Lines of confirmed orders by order date: quantities and products."""
        rows = self._order_rows(windows, company, partners)
        return self._order_lines_sql(rows, windows, company, "units_sold", "products_sold")

    @api.model
    def _order_lines_sql(self, rows, windows, company, units, products):
        """Quantities and products of the lines of some orders, under the codes given."""
        return SQL(
            """
            SELECT r.partner_id, w.win,
                   coalesce(sum(l.product_uom_qty * coalesce(u.factor / pu.factor, 1)), 0)
                       AS %(units)s,
                   count(DISTINCT pp.product_tmpl_id) FILTER (WHERE l.product_uom_qty > 0)
                       AS %(products)s
              FROM (%(rows)s) r
              JOIN sale_order_line l ON l.order_id = r.id
              JOIN product_product pp ON pp.id = l.product_id
              JOIN product_template pt ON pt.id = pp.product_tmpl_id
              JOIN uom_uom pu ON pu.id = pt.uom_id
              LEFT JOIN uom_uom u ON u.id = l.product_uom_id
              JOIN %(windows)s ON r.date_order >= w.utc_from AND r.date_order < w.utc_to
             WHERE l.display_type IS NULL AND l.is_downpayment IS NOT TRUE AND pt.type <> 'combo'
             GROUP BY r.partner_id, w.win
            """,
            units=SQL.identifier(units),
            products=SQL.identifier(products),
            rows=rows,
            windows=self._windows_sql(windows, company),
        )

    @api.model
    def _source_first_order(self, windows, company, partners=None):
        """The first confirmed order and the first posted invoice ever, seen from each window."""
        history = [(key, None, end) for key, _start, end in windows]
        return SQL(
            """
            SELECT f.partner_id, w.win,
                   CASE WHEN f.ordered >= w.date_from AND f.ordered < w.date_to
                             AND f.ordered >= f.entered
                        THEN f.ordered - f.entered END AS first_purchase_days,
                   CASE WHEN least(f.ordered, f.invoiced) < w.date_to
                        THEN w.date_to - 1 - least(f.ordered, f.invoiced) END AS tenure_days
              FROM (SELECT d.partner_id, min(d.ordered) AS ordered, min(d.invoiced) AS invoiced,
                           min(%(entered)s) AS entered
                      FROM (SELECT partner_id, %(day)s AS ordered, NULL::date AS invoiced
                              FROM (%(orders)s) o
                            UNION ALL
                            SELECT partner_id, NULL, invoice_date FROM (%(invoices)s) i) d
                      JOIN res_partner p ON p.id = d.partner_id
                     GROUP BY d.partner_id) f
              CROSS JOIN %(windows)s
            """,
            entered=self._local_day(SQL("p.create_date"), company),
            day=self._local_day(SQL("o.date_order"), company),
            orders=self._order_rows(history, company, partners),
            invoices=self._invoice_rows(
                history, company, partners, types=("out_invoice", "out_receipt")
            ),
            windows=self._windows_sql(windows, company),
        )
