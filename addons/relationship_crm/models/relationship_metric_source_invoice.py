from odoo import api, models
from odoo.tools import SQL

CUSTOMER_TYPES = ("out_invoice", "out_refund", "out_receipt")
SUPPLIER_TYPES = ("in_invoice", "in_refund", "in_receipt")


class RelationshipMetric(models.Model):
    """What is read from posted invoices and bills, and from how they were paid."""

    _inherit = "relationship.metric"

    @api.model
    def _metric_sources(self):
        return {
            **super()._metric_sources(),
            "invoices": ("_source_invoices", ["revenue_invoiced", "refund_rate"]),
            "payments": ("_source_payments", ["payment_delay_days"]),
            "bills": ("_source_bills", ["spend_invoiced", "bill_disputes"]),
        }

    # ------------------------------------------------------------ documents

    @api.model
    def _invoice_rows(self, windows, company, partners=None, types=CUSTOMER_TYPES):
        """Posted invoices as a query: partner_id, id, invoice_date, move_type, amount.

        ``amount`` is without tax in company currency, at the rate of the document's own lines;
        credit notes are negative for customers, bills for suppliers.
        """
        return self._invoice_rows_of(
            windows,
            company,
            types,
            SQL("c.commercial_partner_id"),
            self._among(SQL("c.commercial_partner_id"), partners),
        )

    @api.model
    def _invoice_rows_of(self, windows, company, types, counts_for, condition):
        return SQL(
            """
            SELECT %(counts_for)s AS partner_id, m.id, m.invoice_date, m.move_type,
                   m.payment_state, m.amount_untaxed_signed AS amount
              FROM account_move m
              JOIN res_partner c ON c.id = m.partner_id
              LEFT JOIN res_partner t ON t.id = m.prm_partner_id
             WHERE m.move_type IN %(types)s AND m.state = 'posted' AND m.company_id = %(company)s
               AND %(within)s AND %(condition)s
            """,
            counts_for=counts_for,
            types=types,
            company=company.id,
            within=self._within(SQL("m.invoice_date"), windows, company, moments=False),
            condition=condition,
        )

    # ------------------------------------------------------------ sources

    @api.model
    def _source_invoices(self, windows, company, partners=None):
        """Posted customer invoices, receipts and credit notes by invoice date, without tax."""
        return SQL(
            """
            SELECT d.partner_id, w.win, sum(d.amount) AS revenue_invoiced,
                   CASE WHEN sum(d.amount) FILTER (WHERE d.move_type <> 'out_refund') > 0
                        THEN -100 * coalesce(
                                 sum(d.amount) FILTER (WHERE d.move_type = 'out_refund'), 0)
                             / sum(d.amount) FILTER (WHERE d.move_type <> 'out_refund')
                   END AS refund_rate
              FROM (%(rows)s) d
              JOIN %(windows)s ON d.invoice_date >= w.date_from AND d.invoice_date < w.date_to
             GROUP BY d.partner_id, w.win
            """,
            rows=self._invoice_rows(windows, company, partners),
            windows=self._windows_sql(windows, company),
        )

    @api.model
    def _source_payments(self, windows, company, partners=None):
        """What was matched with customer invoices, by the day of the later of both bookings.

        Neither credit notes nor exchange differences are payments.
        """
        return SQL(
            """
            SELECT p.commercial_partner_id AS partner_id, w.win,
                   sum(r.amount * (r.max_date - coalesce(l.date_maturity, m.invoice_date_due)))
                       / nullif(sum(r.amount), 0) AS payment_delay_days
              FROM account_partial_reconcile r
              JOIN account_move_line l ON l.id = r.debit_move_id
              JOIN account_move m ON m.id = l.move_id
              JOIN res_partner p ON p.id = m.partner_id
              JOIN account_move_line cl ON cl.id = r.credit_move_id
              JOIN account_move cm ON cm.id = cl.move_id
              JOIN %(windows)s ON r.max_date >= w.date_from AND r.max_date < w.date_to
             WHERE m.move_type IN ('out_invoice', 'out_receipt') AND m.state = 'posted'
               AND m.company_id = %(company)s AND cm.move_type = 'entry'
               AND NOT EXISTS (SELECT FROM account_partial_reconcile x
                                WHERE x.exchange_move_id = cm.id)
               AND %(within)s AND %(partners)s
             GROUP BY p.commercial_partner_id, w.win
            """,
            windows=self._windows_sql(windows, company),
            company=company.id,
            within=self._within(SQL("r.max_date"), windows, company, moments=False),
            partners=self._of_partners(SQL("m.partner_id"), partners),
        )

    @api.model
    def _source_bills(self, windows, company, partners=None):
        """Posted vendor bills, receipts and refunds by bill date; which are blocked today."""
        return SQL(
            """
            SELECT d.partner_id, w.win, -sum(d.amount) AS spend_invoiced,
                   count(*) FILTER (WHERE d.payment_state = 'blocked') AS bill_disputes
              FROM (%(rows)s) d
              JOIN %(windows)s ON d.invoice_date >= w.date_from AND d.invoice_date < w.date_to
             GROUP BY d.partner_id, w.win
            """,
            rows=self._invoice_rows(windows, company, partners, types=SUPPLIER_TYPES),
            windows=self._windows_sql(windows, company),
        )
