from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..lib import windows as windows_lib

#: months that are made up for when the nightly work stood still
MOST_MONTHS = 12


class RelationshipMetricSnapshot(models.Model):
    """One source of one company, kept for one month end: what the snapshot work has done.

    Every month end each source is read once and its values go to ``relationship.metric.value`` in
    one statement: all metrics of the partners in a program, for everybody else those that a live
    criterion uses.
    """

    _name = "relationship.metric.snapshot"
    _description = "Snapshot Work"
    _inherit = "relationship.job"
    _order = "month desc, company_id, source"
    _rec_name = "source"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade", index=True
    )
    month = fields.Date(string="Month End", required=True, readonly=True)
    source = fields.Char(required=True, readonly=True)
    rows = fields.Integer(string="Values Written", readonly=True)

    _unit_unique = models.Constraint(
        "UNIQUE (company_id, month, source)", "This source is kept for this month already."
    )

    @api.model
    def _cron_snapshot(self):
        """Keep what the months that ended since last time were like."""
        self._run_job("snapshot", 1)

    @api.model
    def _job_snapshot(self, limit):
        """Do up to ``limit`` sources; return how many remain."""
        todo = self._due()
        for company, month, source in todo[:limit]:
            self._take(company, month, source)
        return max(len(todo) - limit, 0)

    # ------------------------------------------------------------ what is due

    @api.model
    def _due(self):
        """List of (company, month end, source name) not kept yet, oldest month first."""
        done = {
            (unit.company_id, unit.month, unit.source)
            for unit in self.search([("month", ">=", fields.Date.today() - timedelta(days=400))])
        }
        sources = sorted(self.env["relationship.metric"]._codes_by_source())
        due = [
            (company, month, source)
            for company in self.env["res.company"].search([])
            for month in self._due_months(company)
            for source in sources
            if (company, month, source) not in done
        ]
        return sorted(due, key=lambda unit: (unit[1], unit[0].id, unit[2]))

    @api.model
    def _due_months(self, company):
        """Month ends since the first one kept for a company up to the last; at first the last.

        Nothing reaches back beyond ``MOST_MONTHS``.
        """
        last = company._relationship_today().replace(day=1) - timedelta(days=1)
        [(first,)] = self._read_group([("company_id", "=", company.id)], aggregates=["month:min"])
        months = [last]
        while first and months[-1] > first and len(months) < MOST_MONTHS:
            months.append(months[-1].replace(day=1) - timedelta(days=1))
        return months

    # ------------------------------------------------------------ one unit

    @api.model
    def _take(self, company, month, source):
        """Write the values of one source at a month end that differ from those before."""
        self.env.flush_all()
        metrics = self._metrics_of(source, company, month)
        ruled = metrics & self._ruled_metrics(company, month)
        rows = self._write_values(ruled, source, company, month, None)
        enrolled = self._kept_partners(company)
        if enrolled:
            rows += self._write_values(metrics - ruled, source, company, month, enrolled)
        self.env["relationship.metric.value"].invalidate_model()
        return self.create(
            {"company_id": company.id, "month": month, "source": source, "rows": rows}
        )

    @api.model
    def _metrics_of(self, source, company, month):
        """Metrics of a source; one without a past of its own only for the month just ended."""
        metric = self.env["relationship.metric"].sudo()
        domain = [("code", "in", metric._codes_by_source()[source])]
        if month + timedelta(days=1) != company._relationship_today().replace(day=1):
            domain.append(("as_of", "=", "exact"))
        return metric.search(domain)

    @api.model
    def _ruled_metrics(self, company, month):
        """Hook: metrics that are kept for everybody, those that a live criterion uses."""
        criteria = self.env["relationship.criterion"].sudo()
        criteria = criteria.search(
            [
                ("simulation_id", "=", False),
                "|",
                ("valid_to", "=", False),
                ("valid_to", ">=", month),
            ]
        )
        return criteria.metric_id | criteria.other_metric_id

    @api.model
    def _kept_partners(self, company):
        """Hook: ids of the commercial partners of whom all metrics are kept, those in a program."""
        enrollments = self.env["prm.enrollment"].sudo()
        enrollments = enrollments.search(
            [("company_id", "=", company.id), ("state", "!=", "ended")]
        )
        return enrollments.partner_id.commercial_partner_id.ids

    @api.model
    def _write_values(self, metrics, source, company, month, partners):
        """Write what changed of some metrics; return how many rows."""
        if not metrics:
            return 0
        self.env.cr.execute(self._write_sql(metrics, source, company, month, partners))
        return self.env.cr.rowcount

    @api.model
    def _write_sql(self, metrics, source, company, month, partners):
        """The statement: source → one row a metric → those that differ from the month before."""
        windows = self._snapshot_windows(month + timedelta(days=1))
        return SQL(
            """
            WITH metric AS (
                SELECT id, CASE WHEN empty_is_zero THEN 0.0::double precision END AS empty
                  FROM relationship_metric WHERE id = ANY(%(metrics)s)
            ), fresh AS (
                SELECT v.metric_id, s.partner_id, v.value
                  FROM (%(source)s) s
                  CROSS JOIN LATERAL (VALUES %(columns)s) AS v(metric_id, win, value)
                 WHERE v.win = s.win AND s.partner_id IS NOT NULL
            ), former AS (
                SELECT DISTINCT ON (metric_id, partner_id) metric_id, partner_id,
                       CASE WHEN missing IS NOT TRUE THEN value END AS value, TRUE AS known
                  FROM relationship_metric_value
                 WHERE company_id = %(company)s AND metric_id = ANY(%(metrics)s)
                   AND month < %(month)s AND %(whose)s
                 ORDER BY metric_id, partner_id, month DESC
            ), compared AS (
                SELECT metric_id, partner_id, coalesce(fresh.value, metric.empty) AS value,
                       CASE WHEN former.known THEN former.value ELSE metric.empty END AS before
                  FROM fresh FULL JOIN former USING (metric_id, partner_id)
                  JOIN metric ON metric.id = metric_id
            )
            INSERT INTO relationship_metric_value
                        (metric_id, partner_id, company_id, month, value, missing)
            SELECT metric_id, partner_id, %(company)s, %(month)s, coalesce(value, 0), value IS NULL
              FROM compared WHERE value IS DISTINCT FROM before
            ON CONFLICT (company_id, metric_id, partner_id, month) DO UPDATE
                    SET value = EXCLUDED.value, missing = EXCLUDED.missing
            """,
            metrics=metrics.ids,
            source=self.env["relationship.metric"]._source_query(
                source, windows, company, partners
            ),
            columns=self._snapshot_columns(metrics, windows),
            company=company.id,
            month=month,
            whose=SQL("TRUE") if partners is None else SQL("partner_id = ANY(%s)", partners),
        )

    @api.model
    def _snapshot_windows(self, end):
        """The windows that snapshots look back on, keyed by ``snapshot_span``."""
        return [
            ("month", windows_lib.add_months(end, -1), end),
            ("year", windows_lib.add_months(end, -12), end),
            ("ever", None, end),
        ]

    @api.model
    def _snapshot_columns(self, metrics, windows):
        """One row (metric, window, value) for each metric, from the columns of source ``s``."""
        position = {key: place for place, (key, _start, _end) in enumerate(windows)}
        return SQL(", ").join(
            SQL(
                "(%s, %s, %s::double precision)",
                metric.id,
                position[metric.snapshot_span],
                SQL.identifier("s", metric.code),
            )
            for metric in metrics
        )
