from odoo import api, models
from odoo.tools import SQL


class RelationshipMetric(models.Model):
    """What is read from opportunities: those closed, and those open at the end of a window."""

    _inherit = "relationship.metric"

    @api.model
    def _metric_sources(self):
        return {
            **super()._metric_sources(),
            "opportunities": ("_source_opportunities", ["opportunities_won", "win_rate"]),
            "pipeline": ("_source_pipeline", ["pipeline"]),
        }

    @api.model
    def _opportunity_condition(self, company, partners):
        """Condition on an opportunity ``l``; without a company it counts in every company."""
        return SQL(
            "l.type = 'opportunity' AND (l.company_id = %s OR l.company_id IS NULL) AND %s",
            company.id,
            self._of_partners(SQL("l.partner_id"), partners),
        )

    @api.model
    def _source_opportunities(self, windows, company, partners=None):
        """Opportunities won and lost by closing date."""
        return SQL(
            """
            SELECT p.commercial_partner_id AS partner_id, w.win,
                   count(*) FILTER (WHERE l.won_status = 'won') AS opportunities_won,
                   100.0 * count(*) FILTER (WHERE l.won_status = 'won') / count(*) AS win_rate
              FROM crm_lead l
              JOIN res_partner p ON p.id = l.partner_id
              JOIN %(windows)s ON l.date_closed >= w.utc_from AND l.date_closed < w.utc_to
             WHERE %(condition)s AND l.won_status IN ('won', 'lost') AND %(within)s
             GROUP BY p.commercial_partner_id, w.win
            """,
            windows=self._windows_sql(windows, company),
            condition=self._opportunity_condition(company, partners),
            within=self._within(SQL("l.date_closed"), windows, company),
        )

    @api.model
    def _source_pipeline(self, windows, company, partners=None):
        """Opportunities open at the end of a window: created before, closed later or not yet."""
        return SQL(
            """
            SELECT p.commercial_partner_id AS partner_id, w.win,
                   sum(l.expected_revenue) AS pipeline
              FROM crm_lead l
              JOIN res_partner p ON p.id = l.partner_id
              JOIN %(windows)s
                ON l.create_date < w.utc_to
                   AND (l.won_status = 'pending' AND l.active OR l.date_closed >= w.utc_to)
             WHERE %(condition)s
             GROUP BY p.commercial_partner_id, w.win
            """,
            windows=self._windows_sql(windows, company),
            condition=self._opportunity_condition(company, partners),
        )
