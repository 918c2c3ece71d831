"""What targets count: the lines of orders and invoices, and whose they are."""

from odoo import api, models
from odoo.tools import SQL

from .relationship_metric_source_invoice import CUSTOMER_TYPES

#: targets of partners for which only the documents of these are looked at
FEW = 200


class PrmTarget(models.Model):
    _inherit = "prm.target"

    @api.model
    def _parties(self):
        """Columns and joins of a document ``d``: buyer, seller other than the buyer, country."""
        columns = SQL(
            "c.commercial_partner_id AS buyer,"
            " nullif(s.commercial_partner_id, c.commercial_partner_id) AS seller,"
            " client.country_id, d.team_id"
        )
        joins = SQL(
            "JOIN res_partner c ON c.id = d.partner_id"
            " LEFT JOIN res_partner s ON s.id = d.prm_partner_id"
            " LEFT JOIN res_partner e ON e.id = d.prm_end_customer_id"
            " JOIN res_partner client"
            " ON client.id = coalesce(e.commercial_partner_id, c.commercial_partner_id)"
        )
        return columns, joins

    def _parties_where(self):
        """Condition on a document ``d`` that an index can use, where few partners are asked for."""
        if len(self) > FEW or set(self.mapped("subject")) != {"partner"}:
            return SQL("TRUE")
        partners, metric = self.partner_id.ids, self.env["relationship.metric"]
        return SQL(
            "(%s OR %s)",
            metric._of_partners(SQL("d.partner_id"), partners),
            metric._of_partners(SQL("d.prm_partner_id"), partners),
        )

    def _invoices_where(self, windows, company):
        return SQL(
            "d.move_type IN %s AND d.state = 'posted' AND d.company_id = %s AND %s AND %s",
            CUSTOMER_TYPES,
            company.id,
            self._parties_where(),
            self.env["relationship.metric"]._within(
                SQL("d.invoice_date"), windows, company, moments=False
            ),
        )

    def _invoice_facts(self, windows, company):
        """Posted invoices as ``revenue_invoiced`` takes them."""
        columns, joins = self._parties()
        return SQL(
            """
            SELECT d.id AS doc, d.id AS part, d.invoice_date AS day, %s,
                   NULL::varchar AS categ_path, d.amount_untaxed_signed AS revenue,
                   NULL::numeric AS units
              FROM account_move d %s WHERE %s
            """,
            columns,
            joins,
            self._invoices_where(windows, company),
        )

    def _invoice_line_facts(self, windows, company):
        """Their lines: for each document they add up to its amount."""
        columns, joins = self._parties()
        return SQL(
            """
            SELECT d.id AS doc, l.id AS part, d.invoice_date AS day, %s,
                   categ.parent_path AS categ_path, -l.balance AS revenue, NULL::numeric AS units
              FROM account_move d %s
              JOIN account_move_line l ON l.move_id = d.id
              LEFT JOIN product_product pp ON pp.id = l.product_id
              LEFT JOIN product_template pt ON pt.id = pp.product_tmpl_id
              LEFT JOIN product_category categ ON categ.id = pt.categ_id
             WHERE %s AND (l.display_type = 'product'
                OR (l.display_type = 'rounding' AND l.tax_repartition_line_id IS NULL))
            """,
            columns,
            joins,
            self._invoices_where(windows, company),
        )

    def _orders_where(self, windows, company):
        return SQL(
            "d.state = 'sale' AND d.company_id = %s AND %s AND %s",
            company.id,
            self._parties_where(),
            self.env["relationship.metric"]._within(SQL("d.date_order"), windows, company),
        )

    def _order_facts(self, windows, company):
        """Confirmed orders as ``revenue_ordered`` takes them."""
        columns, joins = self._parties()
        return SQL(
            """
            SELECT d.id AS doc, d.id AS part, %s AS day, %s, NULL::varchar AS categ_path,
                   d.amount_untaxed / coalesce(nullif(d.currency_rate, 0), 1) AS revenue,
                   NULL::numeric AS units
              FROM sale_order d %s WHERE %s
            """,
            self.env["relationship.metric"]._local_day(SQL("d.date_order"), company),
            columns,
            joins,
            self._orders_where(windows, company),
        )

    def _order_line_facts(self, windows, company):
        """Their lines, units as ``units_sold`` takes them."""
        columns, joins = self._parties()
        return SQL(
            """
            SELECT d.id AS doc, l.id AS part, %s AS day, %s, categ.parent_path AS categ_path,
                   l.price_subtotal / coalesce(nullif(d.currency_rate, 0), 1) AS revenue,
                   CASE WHEN l.is_downpayment IS NOT TRUE AND pt.type <> 'combo'
                        THEN l.product_uom_qty * coalesce(u.factor / pu.factor, 1) END AS units
              FROM sale_order d %s
              JOIN sale_order_line l ON l.order_id = d.id
              LEFT JOIN product_product pp ON pp.id = l.product_id
              LEFT JOIN product_template pt ON pt.id = pp.product_tmpl_id
              LEFT JOIN product_category categ ON categ.id = pt.categ_id
              LEFT JOIN uom_uom pu ON pu.id = pt.uom_id
              LEFT JOIN uom_uom u ON u.id = l.product_uom_id
             WHERE %s AND l.display_type IS NULL
            """,
            self.env["relationship.metric"]._local_day(SQL("d.date_order"), company),
            columns,
            joins,
            self._orders_where(windows, company),
        )
