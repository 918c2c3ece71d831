from odoo import api, models
from odoo.tools import SQL

from .relationship_metric_source_invoice import CUSTOMER_TYPES


class RelationshipMetric(models.Model):
    """What a partner sold: documents made out to it (sell-in) or sold through it (sell-through).

    A document that is both counts once.
    """

    _inherit = "relationship.metric"

    @api.model
    def _metric_sources(self):
        return {
            **super()._metric_sources(),
            "sold_orders": (
                "_source_sold_orders",
                [
                    "sold_revenue_ordered",
                    *self._margin_codes("sold_margin"),
                    "sold_orders",
                    "active_customers",
                ],
            ),
            "sold_lines": ("_source_sold_lines", ["sold_units", "sold_products"]),
            "sold_invoices": ("_source_sold_invoices", ["sold_revenue_invoiced"]),
        }

    @api.model
    def _through(self, partners):
        """Condition that a document is sold through a partner who is not its customer."""
        return SQL(
            "t.commercial_partner_id <> c.commercial_partner_id AND %s",
            self._among(SQL("t.commercial_partner_id"), partners),
        )

    @api.model
    def _sold_order_rows(self, windows, company, partners=None):
        """As ``_order_rows``, for whom the partner sold to."""
        through = self._order_rows_of(
            windows,
            company,
            SQL("t.commercial_partner_id"),
            self._through(partners),
        )
        return SQL("%s UNION ALL %s", self._order_rows(windows, company, partners), through)

    @api.model
    def _sold_invoice_rows(self, windows, company, partners=None):
        """As ``_invoice_rows``, for whom the partner sold to."""
        through = self._invoice_rows_of(
            windows,
            company,
            CUSTOMER_TYPES,
            SQL("t.commercial_partner_id"),
            self._through(partners),
        )
        return SQL("%s UNION ALL %s", self._invoice_rows(windows, company, partners), through)

    @api.model
    def _source_sold_orders(self, windows, company, partners=None):
        """Confirmed orders a partner sold: amounts, number, customers other than the partner."""
        return SQL(
            """
            SELECT r.partner_id, w.win,
                   sum(r.amount) AS sold_revenue_ordered,
                   sum(r.margin) AS sold_margin,
                   count(*) AS sold_orders,
                   count(DISTINCT nullif(coalesce(r.end_customer_id, r.customer_id), r.partner_id))
                       AS active_customers
              FROM (%(rows)s) r
              JOIN %(windows)s ON r.date_order >= w.utc_from AND r.date_order < w.utc_to
             GROUP BY r.partner_id, w.win
            """,
            rows=self._sold_order_rows(windows, company, partners),
            windows=self._windows_sql(windows, company),
        )

    @api.model
    def _source_sold_lines(self, windows, company, partners=None):
        """Lines of confirmed orders a partner sold: quantities and products."""
        rows = self._sold_order_rows(windows, company, partners)
        return self._order_lines_sql(rows, windows, company, "sold_units", "sold_products")

    @api.model
    def _source_sold_invoices(self, windows, company, partners=None):
        """Posted invoices and credit notes of what a partner sold, without tax."""
        return SQL(
            """
            SELECT d.partner_id, w.win, sum(d.amount) AS sold_revenue_invoiced
              FROM (%(rows)s) d
              JOIN %(windows)s ON d.invoice_date >= w.date_from AND d.invoice_date < w.date_to
             GROUP BY d.partner_id, w.win
            """,
            rows=self._sold_invoice_rows(windows, company, partners),
            windows=self._windows_sql(windows, company),
        )
