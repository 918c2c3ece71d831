from odoo import api, models
from odoo.tools import SQL

from ..lib.account import WEIGHTS

#: a partner's score from fewer end customers says nothing
LEAST_CUSTOMERS = 5


class RelationshipMetric(models.Model):
    """What an account thinks as a whole, and what a partner's end customers think."""

    _inherit = "relationship.metric"

    @api.model
    def _source_accounts(self, windows, company, partners=None):
        """Mean of the latest recommendation of each person, by the weight of their role today."""
        role = self.env["res.partner"]._fields["relationship_role_ids"]
        return SQL(
            """
            SELECT said.partner_id, said.win,
                   sum(said.value * coalesce(role.weight, 1))::float
                       / sum(coalesce(role.weight, 1)) AS account_score
              FROM (%(scores)s) said
              LEFT JOIN (SELECT rel.%(contact)s AS contact_id,
                                max(CASE part.code %(weights)s ELSE 1 END) AS weight
                           FROM %(relation)s rel
                           JOIN relationship_role part ON part.id = rel.%(role)s
                          GROUP BY rel.%(contact)s) role ON role.contact_id = said.contact_id
             GROUP BY said.partner_id, said.win
            """,
            scores=self._latest_scores(windows, company, partners, ("nps",)),
            contact=SQL.identifier(role.column1),
            relation=SQL.identifier(role.relation),
            role=SQL.identifier(role.column2),
            weights=SQL(" ").join(
                SQL("WHEN %s THEN %s", code, heavy) for code, heavy in WEIGHTS.items()
            ),
        )

    @api.model
    def _source_end_customers(self, windows, company, partners=None):
        """Net promoter score of those who bought through a partner before they answered.

        Answers to our invitations only, so that nobody begs for tens; from five people on.
        """
        return self._recommendations_sql(
            self._end_customer_scores(windows, company, partners),
            "end_customer_nps",
            "end_customer_nps_lower",
            least=LEAST_CUSTOMERS,
        )

    @api.model
    def _end_customer_scores(self, windows, company, partners):
        """Query: the latest invited answer of each person of a partner's customers."""
        condition = SQL("o.company_id = %s AND o.state = 'sale'", company.id)
        if partners is not None:
            condition = SQL("%s AND t.commercial_partner_id = ANY(%s)", condition, list(partners))
        return SQL(
            """
            SELECT DISTINCT ON (sold.partner_id, coalesce(s.contact_id, -s.id), w.win)
                   sold.partner_id, w.win, s.value, s.band
              FROM (SELECT t.commercial_partner_id AS partner_id,
                           coalesce(e.commercial_partner_id, c.commercial_partner_id)
                               AS customer_id, min(o.date_order) AS since
                      FROM sale_order o
                      JOIN res_partner t ON t.id = o.prm_partner_id
                      JOIN res_partner c ON c.id = o.partner_id
                      LEFT JOIN res_partner e ON e.id = o.prm_end_customer_id
                     WHERE %(condition)s
                     GROUP BY 1, 2) sold
              JOIN feedback_score s
                ON s.partner_id = sold.customer_id AND s.answered_on >= sold.since
              JOIN %(windows)s ON s.answered_on >= w.utc_from AND s.answered_on < w.utc_to
             WHERE s.company_id = %(company)s AND s.metric = 'nps' AND s.wave_id IS NOT NULL
               AND s.is_sealed IS NOT TRUE AND sold.customer_id <> sold.partner_id AND %(within)s
             ORDER BY sold.partner_id, coalesce(s.contact_id, -s.id), w.win,
                      s.answered_on DESC, s.id DESC
            """,
            condition=condition,
            windows=self._windows_sql(windows, company),
            company=company.id,
            within=self._within(SQL("s.answered_on"), windows, company),
        )
