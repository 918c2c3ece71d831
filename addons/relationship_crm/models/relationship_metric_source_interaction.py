from odoo import api, models
from odoo.tools import SQL

from ..sql_rows import array


class RelationshipMetric(models.Model):
    """What is read from interactions, and which of our teams work with somebody."""

    _inherit = "relationship.metric"

    @api.model
    def _metric_sources(self):
        return {
            **super()._metric_sources(),
            "interactions": ("_source_interactions", ["interactions", "contacts_engaged"]),
            "responses": ("_source_responses", ["response_hours"]),
            "teams": ("_source_teams", ["departments_engaged"]),
        }

    @api.model
    def _interaction_condition(self, company, partners):
        """Condition on an interaction ``i``: whose it is."""
        ours = SQL("i.company_id = %s AND i.partner_id IS NOT NULL", company.id)
        if partners is None:
            return ours
        return SQL("%s AND i.partner_id = ANY(%s)", ours, array(list(partners), "int"))

    @api.model
    def _source_interactions(self, windows, company, partners=None):
        """Interactions by the moment they occurred, and the contacts who took part."""
        return SQL(
            """
            SELECT i.partner_id, w.win, count(*) AS interactions,
                   count(DISTINCT i.contact_id) FILTER (WHERE k.direction IN ('in', 'mutual'))
                       AS contacts_engaged
              FROM relationship_interaction i
              JOIN relationship_interaction_kind k ON k.id = i.kind_id
              JOIN %(windows)s ON i.occurred_at >= w.utc_from AND i.occurred_at < w.utc_to
             WHERE %(condition)s AND %(within)s
             GROUP BY i.partner_id, w.win
            """,
            windows=self._windows_sql(windows, company),
            condition=self._interaction_condition(company, partners),
            within=self._within(SQL("i.occurred_at"), windows, company),
        )

    @api.model
    def _source_responses(self, windows, company, partners=None):
        """Hours from the first of their mails in a row to our next one.

        The mail is in the window, the answer before its end. Mails of one moment count in the
        order they were recorded. Of mails in a row from one side only the first is kept, so the
        next one is the answer.
        """
        return SQL(
            """
            SELECT m.partner_id, w.win,
                   avg(extract(epoch FROM m.answered_at - m.occurred_at)) / 3600 AS response_hours
              FROM (SELECT t.partner_id, t.code, t.occurred_at,
                           lead(t.occurred_at) OVER (
                               PARTITION BY t.partner_id ORDER BY t.occurred_at, t.id
                           ) AS answered_at
                      FROM (SELECT i.partner_id, i.id, i.occurred_at, k.code,
                                   lag(k.code) OVER (
                                       PARTITION BY i.partner_id ORDER BY i.occurred_at, i.id
                                   ) AS before
                              FROM relationship_interaction i
                              JOIN relationship_interaction_kind k ON k.id = i.kind_id
                             WHERE k.code IN ('mail_in', 'mail_out')
                               AND %(condition)s AND %(before)s) t
                     WHERE t.before IS DISTINCT FROM t.code) m
              JOIN %(windows)s
                ON m.occurred_at >= w.utc_from AND m.answered_at < w.utc_to
             WHERE m.code = 'mail_in'
             GROUP BY m.partner_id, w.win
            """,
            windows=self._windows_sql(windows, company),
            condition=self._interaction_condition(company, partners),
            before=self._within(
                SQL("i.occurred_at"), [(key, None, end) for key, _from, end in windows], company
            ),
        )

    @api.model
    def _source_teams(self, windows, company, partners=None):
        """Sales teams on confirmed orders and on opportunities created.

        A document without a team counts for the department of its salesperson, where employees
        are kept (the app Employees); else not at all.
        """
        department, join = SQL("NULL"), SQL()
        if "hr.version" in self.env:
            department = SQL("'department ' || v.department_id")
            join = SQL(
                """
                LEFT JOIN hr_employee e ON e.user_id = d.user_id AND e.company_id = %s
                LEFT JOIN hr_version v ON v.id = e.current_version_id
                """,
                company.id,
            )
        return SQL(
            """
            SELECT d.partner_id, w.win,
                   count(DISTINCT coalesce('team ' || d.team_id, %(department)s))
                       AS departments_engaged
              FROM (SELECT r.partner_id, r.date_order AS moment, r.team_id, r.user_id
                      FROM (%(orders)s) r
                    UNION ALL
                    SELECT p.commercial_partner_id, l.create_date, l.team_id, l.user_id
                      FROM crm_lead l JOIN res_partner p ON p.id = l.partner_id
                     WHERE %(opportunity)s AND %(within)s) d
              JOIN %(windows)s ON d.moment >= w.utc_from AND d.moment < w.utc_to
              %(join)s
             GROUP BY d.partner_id, w.win
            """,
            department=department,
            join=join,
            orders=self._order_rows(windows, company, partners),
            opportunity=self._opportunity_condition(company, partners),
            within=self._within(SQL("l.create_date"), windows, company),
            windows=self._windows_sql(windows, company),
        )
