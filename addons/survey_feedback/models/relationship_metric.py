from odoo import api, models
from odoo.tools import SQL

from ..lib.nps import ADDED_TO_ALL, ADDED_TO_EACH, Z95


class RelationshipMetric(models.Model):
    """What customers think: as it was known on any day, each person counted once in a window."""

    _inherit = "relationship.metric"

    @api.model
    def _metric_sources(self):
        return {
            **super()._metric_sources(),
            "recommendations": ("_source_recommendations", ["nps", "nps_lower"]),
            "satisfaction": ("_source_satisfaction", ["csat", "ces"]),
            "invitations": ("_source_invitations", ["response_rate"]),
            "accounts": ("_source_accounts", ["account_score"]),
            "end_customers": (
                "_source_end_customers",
                ["end_customer_nps", "end_customer_nps_lower"],
            ),
        }

    @api.model
    def _latest_scores(self, windows, company, partners, metrics):
        """Query: the latest answer of each person to each measure, in each window.

        Several answers of one person are not several opinions. Who is not known counts each time.
        """
        condition = SQL(
            "s.company_id = %s AND s.partner_id IS NOT NULL AND s.is_sealed IS NOT TRUE", company.id
        )
        if partners is not None:
            condition = SQL("%s AND s.partner_id = ANY(%s)", condition, list(partners))
        return SQL(
            """
            SELECT DISTINCT ON (s.metric, s.question_id, s.partner_id,
                                coalesce(s.contact_id, -s.id), w.win)
                   s.partner_id, s.contact_id, w.win, s.metric, s.value, s.band
              FROM feedback_score s
              JOIN %(windows)s ON s.answered_on >= w.utc_from AND s.answered_on < w.utc_to
             WHERE s.metric IN %(metrics)s AND %(condition)s AND %(within)s
             ORDER BY s.metric, s.question_id, s.partner_id, coalesce(s.contact_id, -s.id), w.win,
                      s.answered_on DESC, s.id DESC
            """,
            windows=self._windows_sql(windows, company),
            metrics=metrics,
            condition=condition,
            within=self._within(SQL("s.answered_on"), windows, company),
        )

    @api.model
    def _source_recommendations(self, windows, company, partners=None):
        """Net promoter score and the lower end of its interval, as ``lib/nps.py`` has them."""
        scores = self._latest_scores(windows, company, partners, ("nps",))
        return self._recommendations_sql(scores, "nps", "nps_lower")

    @api.model
    def _recommendations_sql(self, scores, value, lower, least=1):
        """Net promoter score of some answers and the lower end of its interval.

        :param SQL scores: query of partner_id, win and band
        :param str value: code of the score
        :param str lower: code of the lower end
        :param int least: answers without which there is no score
        """
        return SQL(
            """
            SELECT partner_id, win, 100.0 * (up - down) / n AS %(value)s,
                   least(100.0 * (up - down) / n, greatest(-100, 100 * (
                       centre - %(z)s * sqrt(greatest(spread - centre * centre, 0) / size)
                   ))) AS %(lower)s
              FROM (SELECT *, n + %(all)s AS size,
                           (up - down)::double precision / (n + %(all)s) AS centre,
                           (up + down + 2 * %(each)s)::double precision / (n + %(all)s) AS spread
                      FROM (SELECT partner_id, win, count(*) AS n,
                                   count(*) FILTER (WHERE band = 'high') AS up,
                                   count(*) FILTER (WHERE band = 'low') AS down
                              FROM (%(scores)s) latest
                             GROUP BY partner_id, win
                            HAVING count(*) >= %(least)s) counted) sized
            """,
            value=SQL.identifier(value),
            lower=SQL.identifier(lower),
            least=least,
            scores=scores,
            z=Z95,
            all=ADDED_TO_ALL,
            each=ADDED_TO_EACH,
        )

    @api.model
    def _source_satisfaction(self, windows, company, partners=None):
        """Percent of the two best answers (satisfaction), mean of the answers (effort)."""
        return SQL(
            """
            SELECT partner_id, win,
                   100.0 * count(*) FILTER (WHERE metric = 'csat' AND band = 'high')
                       / nullif(count(*) FILTER (WHERE metric = 'csat'), 0) AS csat,
                   avg(value) FILTER (WHERE metric = 'ces') AS ces
              FROM (%(scores)s) latest
             GROUP BY partner_id, win
            """,
            scores=self._latest_scores(windows, company, partners, ("csat", "ces")),
        )

    @api.model
    def _source_invitations(self, windows, company, partners=None):
        """Percent of the people reached by invitations of a window who answered by its end."""
        condition = SQL("i.company_id = %s AND i.partner_id IS NOT NULL", company.id)
        if partners is not None:
            condition = SQL("%s AND i.partner_id = ANY(%s)", condition, list(partners))
        return SQL(
            """
            SELECT i.partner_id, w.win,
                   100.0 * count(*) FILTER (WHERE i.done_at < w.utc_to) / count(*)
                       AS response_rate
              FROM feedback_invitation i
              JOIN %(windows)s ON i.sent_at >= w.utc_from AND i.sent_at < w.utc_to
             WHERE i.state <> 'bounced' AND %(condition)s AND %(within)s
             GROUP BY i.partner_id, w.win
            """,
            windows=self._windows_sql(windows, company),
            condition=condition,
            within=self._within(SQL("i.sent_at"), windows, company),
        )
