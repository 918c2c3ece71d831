from odoo import api, models
from odoo.tools import SQL

from ..lib.deal_states import FOLLOWING


class RelationshipMetric(models.Model):
    """What is read from deal registrations: those approved, and those closed, in a window."""

    _inherit = "relationship.metric"

    @api.model
    def _metric_sources(self):
        return {
            **super()._metric_sources(),
            "deals": ("_source_deals", ["deals_registered"]),
            "deals_closed": ("_source_deals_closed", ["deals_won", "deal_win_rate"]),
        }

    @api.model
    def _source_deals(self, windows, company, partners=None):
        """Registrations that were approved, by the day of the approval."""
        return SQL(
            """
            SELECT p.commercial_partner_id AS partner_id, w.win, count(*) AS deals_registered
              FROM prm_deal d
              JOIN res_partner p ON p.id = d.partner_id
              JOIN %(windows)s ON d.decided_on >= w.utc_from AND d.decided_on < w.utc_to
             WHERE d.state IN %(states)s AND d.company_id = %(company)s AND %(partners)s
               AND %(within)s
             GROUP BY p.commercial_partner_id, w.win
            """,
            windows=self._windows_sql(windows, company),
            states=FOLLOWING,
            company=company.id,
            partners=self._of_partners(SQL("d.partner_id"), partners),
            within=self._within(SQL("d.decided_on"), windows, company),
        )

    @api.model
    def _source_deals_closed(self, windows, company, partners=None):
        """Registrations that were won or lost, by the day of closing."""
        return SQL(
            """
            SELECT p.commercial_partner_id AS partner_id, w.win,
                   count(*) FILTER (WHERE d.state = 'won') AS deals_won,
                   100.0 * count(*) FILTER (WHERE d.state = 'won') / count(*) AS deal_win_rate
              FROM prm_deal d
              JOIN res_partner p ON p.id = d.partner_id
              JOIN %(windows)s ON d.closed_on >= w.utc_from AND d.closed_on < w.utc_to
             WHERE d.state IN ('won', 'lost') AND d.company_id = %(company)s AND %(partners)s
               AND %(within)s
             GROUP BY p.commercial_partner_id, w.win
            """,
            windows=self._windows_sql(windows, company),
            company=company.id,
            partners=self._of_partners(SQL("d.partner_id"), partners),
            within=self._within(SQL("d.closed_on"), windows, company),
        )
