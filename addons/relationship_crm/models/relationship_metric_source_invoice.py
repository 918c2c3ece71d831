from odoo import api, models
from odoo.tools import SQL


class RelationshipMetric(models.Model):
    _inherit = "relationship.metric"

    @api.model
    def _metric_sources(self):
        return {
            **super()._metric_sources(),
            "invoices": ("_source_invoices", ["revenue_invoiced", "refund_rate"]),
        }

    @api.model
    def _source_invoices(self, windows, company, partners=None):
        """Posted customer invoices, receipts and credit notes by invoice date, without tax.

        The amount is that of the document's own lines in company currency, so at the rate that
        was stored when it was made.
        """
        refund = SQL("m.move_type = 'out_refund'")
        return SQL(
            """
            SELECT p.commercial_partner_id AS partner_id, w.win,
                   sum(m.amount_untaxed_signed) AS revenue_invoiced,
                   100 * coalesce(-sum(m.amount_untaxed_signed) FILTER (WHERE %(refund)s), 0)
                       / CASE WHEN sum(m.amount_untaxed_signed) FILTER (WHERE NOT %(refund)s) > 0
                              THEN sum(m.amount_untaxed_signed) FILTER (WHERE NOT %(refund)s)
                         END AS refund_rate
              FROM account_move m
              JOIN res_partner p ON p.id = m.partner_id
              JOIN %(windows)s ON m.invoice_date >= w.date_from AND m.invoice_date < w.date_to
             WHERE m.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
               AND m.state = 'posted' AND m.company_id = %(company)s
               AND %(within)s AND %(partners)s
             GROUP BY p.commercial_partner_id, w.win
            """,
            refund=refund,
            windows=self._windows_sql(windows, company),
            company=company.id,
            within=self._within(SQL("m.invoice_date"), windows, company, moments=False),
            partners=self._of_partners(SQL("m.partner_id"), partners),
        )
