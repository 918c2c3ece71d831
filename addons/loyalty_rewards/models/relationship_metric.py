from odoo import api, models
from odoo.tools import SQL


class RelationshipMetric(models.Model):
    """Points as a metric."""

    _inherit = "relationship.metric"

    @api.model
    def _metric_sources(self):
        return {
            **super()._metric_sources(),
            "loyalty_ledger": ("_source_loyalty_ledger", ["points_balance"]),
        }

    @api.model
    def _source_loyalty_ledger(self, windows, company, partners=None):
        """Points of loyalty programs at the end of each window: all entries posted until then."""
        return SQL(
            """
            SELECT p.commercial_partner_id AS partner_id, w.win, sum(e.points) AS points_balance
              FROM loyalty_ledger_entry e
              JOIN loyalty_program program ON program.id = e.program_id
               AND program.program_type = 'loyalty'
              JOIN res_partner p ON p.id = e.partner_id
              JOIN %(windows)s ON e.posted_at < w.utc_to
             WHERE e.state = 'posted' AND (e.company_id = %(company)s OR e.company_id IS NULL)
               AND %(partners)s
             GROUP BY p.commercial_partner_id, w.win
            """,
            windows=self._windows_sql(windows, company),
            company=company.id,
            partners=self._of_partners(SQL("e.partner_id"), partners),
        )
