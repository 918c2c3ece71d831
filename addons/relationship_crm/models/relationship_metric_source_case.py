from odoo import api, models
from odoo.tools import SQL


class RelationshipMetric(models.Model):
    """What is read from cases: those open at the end of a window, and how long they took."""

    _inherit = "relationship.metric"

    @api.model
    def _metric_sources(self):
        return {
            **super()._metric_sources(),
            "open_cases": ("_source_open_cases", ["open_cases"]),
            "closed_cases": ("_source_closed_cases", ["case_hours"]),
        }

    @api.model
    def _case_condition(self, company, partners):
        """Condition on a case ``c`` joined with its customer ``p``."""
        ours = SQL("c.company_id = %s AND c.active", company.id)
        if partners is None:
            return ours
        return SQL("%s AND p.commercial_partner_id = ANY(%s)", ours, list(partners))

    @api.model
    def _source_open_cases(self, windows, company, partners=None):
        """Cases opened before the end of a window and closed after it, or not yet.

        A case that was reopened counts as open since it was first opened.
        """
        return SQL(
            """
            SELECT p.commercial_partner_id AS partner_id, w.win, count(*) AS open_cases
              FROM relationship_case c
              JOIN res_partner p ON p.id = c.partner_id
              JOIN %(windows)s
                ON c.opened_at < w.utc_to AND (c.closed_at IS NULL OR c.closed_at >= w.utc_to)
             WHERE %(condition)s
             GROUP BY p.commercial_partner_id, w.win
            """,
            windows=self._windows_sql(windows, company),
            condition=self._case_condition(company, partners),
        )

    @api.model
    def _source_closed_cases(self, windows, company, partners=None):
        """Average hours from opening to closing, of cases by the moment they were closed."""
        return SQL(
            """
            SELECT p.commercial_partner_id AS partner_id, w.win,
                   avg(extract(epoch FROM c.closed_at - c.opened_at)) / 3600 AS case_hours
              FROM relationship_case c
              JOIN res_partner p ON p.id = c.partner_id
              JOIN %(windows)s ON c.closed_at >= w.utc_from AND c.closed_at < w.utc_to
             WHERE %(condition)s AND %(within)s
             GROUP BY p.commercial_partner_id, w.win
            """,
            windows=self._windows_sql(windows, company),
            condition=self._case_condition(company, partners),
            within=self._within(SQL("c.closed_at"), windows, company),
        )
