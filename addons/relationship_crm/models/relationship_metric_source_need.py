from odoo import api, models
from odoo.tools import SQL


class RelationshipMetric(models.Model):
    """What is read from needs: those open at the end of a window, and those met in it."""

    _inherit = "relationship.metric"

    @api.model
    def _metric_sources(self):
        return {
            **super()._metric_sources(),
            "needs": ("_source_needs", ["needs_open", "needs_met"]),
        }

    @api.model
    def _source_needs(self, windows, company, partners=None):
        """Needs noted before the end of a window and not closed by then; needs met in a window.

        A need that was opened again counts as open since it was noted.
        """
        return SQL(
            """
            SELECT p.commercial_partner_id AS partner_id, w.win,
                   count(*) FILTER (WHERE n.closed_on IS NULL OR n.closed_on >= w.date_to)
                       AS needs_open,
                   count(*) FILTER (WHERE n.state = 'met' AND n.closed_on >= w.date_from
                                      AND n.closed_on < w.date_to) AS needs_met
              FROM relationship_need n
              JOIN res_partner p ON p.id = n.partner_id
              JOIN %(windows)s ON n.create_date < w.utc_to
             WHERE n.company_id = %(company)s AND %(partners)s
             GROUP BY p.commercial_partner_id, w.win
            """,
            windows=self._windows_sql(windows, company),
            company=company.id,
            partners=self._of_partners(SQL("n.partner_id"), partners),
        )
