"""What targets add up: the sums of each month, for any number of targets in a few statements."""

from collections import defaultdict
from datetime import timedelta
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ..lib import targets as targets_lib
from ..lib.windows import add_months

#: months before the current one that a forecast and its past errors look at
LOOK_BACK = targets_lib.MOST_ERRORS + targets_lib.YEAR + targets_lib.RATE_MONTHS


class Kind(NamedTuple):
    """What of which documents a metric counts."""

    #: ``invoices`` or ``orders``
    documents: str
    #: ``revenue``, ``units`` or ``count``
    measure: str
    #: what partners sold: bought by them or sold through them, each document once
    sold: bool


#: metrics that can be told by product category, customer country and sales team
DOCUMENT_METRICS = {
    "revenue_invoiced": Kind("invoices", "revenue", False),
    "sold_revenue_invoiced": Kind("invoices", "revenue", True),
    "revenue_ordered": Kind("orders", "revenue", False),
    "sold_revenue_ordered": Kind("orders", "revenue", True),
    "orders": Kind("orders", "count", False),
    "sold_orders": Kind("orders", "count", True),
    "units_sold": Kind("orders", "units", False),
    "sold_units": Kind("orders", "units", True),
}


class PrmTarget(models.Model):
    _inherit = "prm.target"

    @api.model
    def _document_metrics(self):
        """Codes of metrics that can be told by product category, customer country and team."""
        return DOCUMENT_METRICS

    def _since(self, day):
        """First month that is looked at as of a day: last year's, and what a forecast needs."""
        self.ensure_one()
        since = add_months(self.date_from, -targets_lib.YEAR)
        if self.date_to >= day:
            since = min(since, add_months(day.replace(day=1), -LOOK_BACK))
        return since

    def _until(self, day):
        """The day after the last one that counts."""
        self.ensure_one()
        return min(self.date_to, day) + timedelta(days=1)

    def _sums(self, company, day):
        """Sums of the months of these targets of one company, up to and with a day.

        As superuser; at most four statements for documents and one for each other source of
        metrics, however many targets.

        :return: {target id: {first day of a month: sum}}, months without anything left out
        """
        found = defaultdict(dict)
        if not self:
            return found
        self.env.flush_all()
        for (documents, lines), some in self._grouped_documents().items():
            some._add_document_sums(found, documents, lines, company, day)
        others = self.filtered(
            lambda one: one.metric_id.adds_up and one.metric_id.code not in DOCUMENT_METRICS
        )
        others._add_source_sums(found, company, day)
        return found

    def _grouped_documents(self):
        """{(documents, whether their lines are needed): targets}."""
        groups = defaultdict(self.browse)
        for target in self:
            kind = DOCUMENT_METRICS.get(target.metric_id.code)
            if kind:
                lines = bool(target.product_categ_id) or kind.measure == "units"
                groups[kind.documents, lines] |= target
        return groups

    # ------------------------------------------------------------ documents

    def _add_document_sums(self, found, documents, lines, company, day):
        kinds = {one.id: DOCUMENT_METRICS[one.metric_id.code] for one in self}
        query = self._document_sums(documents, lines, company, day)
        for target, month, revenue, units, count in self.env.execute_query(query):
            values = {"revenue": revenue, "units": units, "count": count}
            value = values[kinds[target].measure]
            if value:
                found[target][month] = float(value)

    def _document_sums(self, documents, lines, company, day):
        """Statement: (target id, month, revenue, units, number of documents)."""
        windows = [(0, min(one._since(day) for one in self), day + timedelta(days=1))]
        facts = {
            ("invoices", False): self._invoice_facts,
            ("invoices", True): self._invoice_line_facts,
            ("orders", False): self._order_facts,
            ("orders", True): self._order_line_facts,
        }[documents, lines]
        return SQL(
            """
            WITH target AS (%(targets)s), fact AS MATERIALIZED (%(facts)s),
            matched AS (%(matched)s)
            SELECT target_id, date_trunc('month', day)::date, sum(revenue), sum(units),
                   count(DISTINCT doc)
              FROM matched GROUP BY 1, 2
            """,
            targets=self._targets_sql(day),
            facts=facts(windows, company),
            matched=SQL(" UNION ALL ").join(self._matches(company)),
        )

    def _matches(self, company):
        """Queries of the facts that count for each target, one for each way to find them.

        Each way is a join that PostgreSQL can hash; a way that no target needs is left out.
        """
        fits = SQL(
            "fact.day >= target.since AND fact.day < target.until"
            " AND (target.country_id IS NULL OR target.country_id = fact.country_id)"
            " AND (target.categ_path IS NULL OR fact.categ_path LIKE target.categ_path || '%%')"
        )
        columns = SQL(
            "target.id AS target_id, fact.doc, fact.part, fact.day, fact.revenue, fact.units"
        )
        subjects = set(self.mapped("subject"))
        if subjects - {"team", "company"}:
            yield SQL(
                """
                SELECT DISTINCT %(columns)s
                  FROM (SELECT fact.*, fact.buyer AS party, FALSE AS through FROM fact
                         UNION ALL
                        SELECT fact.*, fact.seller, TRUE FROM fact
                         WHERE fact.seller IS NOT NULL) fact
                  JOIN (%(members)s) member ON member.partner_id = fact.party
                  JOIN target ON target.id = member.target_id
                 WHERE (target.sold OR NOT fact.through) AND %(fits)s
                """,
                columns=columns,
                members=self._members_sql(),
                fits=fits,
            )
        joins = {
            "team": SQL("target.subject = 'team' AND target.team_id = fact.team_id"),
            "company": SQL("target.subject = 'company'"),
        }
        for subject in sorted(subjects & joins.keys()):
            yield SQL(
                """
                SELECT %(columns)s
                  FROM fact JOIN target ON %(join)s
                 WHERE %(fits)s AND (NOT target.sold OR fact.seller IS NOT NULL OR fact.buyer IN (
                           SELECT partner_id FROM prm_enrollment WHERE company_id = %(company)s))
                """,
                columns=columns,
                join=joins[subject],
                fits=fits,
                company=company.id,
            )

    def _targets_sql(self, day):
        """These targets as a query, with the span of days that counts.

        Their values are given, not read: the planner then knows how many they are, whatever it
        thinks of the table, and hashes them.
        """
        sold = {code for code, kind in DOCUMENT_METRICS.items() if kind.sold}
        return SQL(
            """
            SELECT * FROM unnest(%s::int[], %s::text[], %s::int[], %s::int[], %s::text[],
                                 %s::date[], %s::date[], %s::bool[])
                AS given(id, subject, team_id, country_id, categ_path, since, until, sold)
            """,
            self.ids,
            [one.subject for one in self],
            [one.team_id.id or None for one in self],
            [one.country_id.id or None for one in self],
            [one.product_categ_id.parent_path or None for one in self],
            [one._since(day) for one in self],
            [one._until(day) for one in self],
            [one.metric_id.code in sold for one in self],
        )

    def _members_sql(self):
        """Whose sums count for these targets: (target_id, partner_id), each pair once.

        The partner itself, the active partners of a tier, who is in a segment now.
        """
        own = self.filtered("partner_id")
        parts = [
            SQL(
                "SELECT * FROM unnest(%s::int[], %s::int[]) AS given(target_id, partner_id)",
                own.ids,
                [one.partner_id.id for one in own],
            )
        ]
        tiers, segments = self.filtered("grade_id"), self.filtered("segment_id")
        if tiers:
            parts.append(
                SQL(
                    """
                    SELECT DISTINCT given.id, e.partner_id
                      FROM unnest(%s::int[], %s::int[], %s::int[]) AS given(id, grade, company)
                      JOIN prm_enrollment e ON e.grade_id = given.grade
                       AND e.company_id = given.company AND e.state = 'active'
                    """,
                    tiers.ids,
                    [one.grade_id.id for one in tiers],
                    [one.company_id.id for one in tiers],
                )
            )
        if segments:
            parts.append(
                SQL(
                    """
                    SELECT given.id, m.partner_id
                      FROM unnest(%s::int[], %s::int[]) AS given(id, segment)
                      JOIN relationship_segment_member m ON m.segment_id = given.segment
                       AND m.left_on IS NULL
                    """,
                    segments.ids,
                    [one.segment_id.id for one in segments],
                )
            )
        return SQL(" UNION ALL ").join(parts)

    # ------------------------------------------------------------ other metrics

    def _add_source_sums(self, found, company, day):
        """Sums of metrics that add up and are told by the partner alone."""
        if not self:
            return
        codes = {one.id: one.metric_id.code for one in self}
        spans = {one.id: (one._since(day), one._until(day)) for one in self}
        windows = self._month_windows(min(span[0] for span in spans.values()), day)
        metric = self.env["relationship.metric"].sudo()
        partners = None
        if "company" not in self.mapped("subject"):
            partners = [row[0] for row in self.env.execute_query(self._partners_of_members())]
            if not partners:
                return
        for query, wanted, positions in metric._queries(
            sorted(set(codes.values())), windows, company, partners
        ):
            for target, position, *values in self.env.execute_query(self._wrapped(query, wanted)):
                month = positions[position][1]
                value = dict(zip(wanted, values, strict=True)).get(codes[target])
                since, until = spans[target]
                if value and since <= month < until:
                    found[target][month] = float(value)

    @api.model
    def _month_windows(self, since, day):
        """One window a month from a month to a day, the last one up to and with the day."""
        stop = day + timedelta(days=1)
        return [
            (month, month, min(add_months(month, 1), stop))
            for month in targets_lib.months(since, stop)
        ]

    def _partners_of_members(self):
        return SQL("SELECT DISTINCT partner_id FROM (%s) member", self._members_sql())

    def _wrapped(self, query, codes):
        """The query of a source, added up for each target."""
        sums = SQL(", ").join(SQL("sum(%s)", SQL.identifier("q", code)) for code in codes)
        whole = [one.id for one in self if one.subject == "company"]
        return SQL(
            """
            WITH q AS MATERIALIZED (%(query)s), member AS (%(members)s)
            SELECT member.target_id, q.win, %(sums)s
              FROM q JOIN member ON member.partner_id = q.partner_id
             GROUP BY member.target_id, q.win
             UNION ALL
            SELECT whole.id, q.win, %(sums)s
              FROM q CROSS JOIN unnest(%(whole)s::int[]) AS whole(id)
             GROUP BY whole.id, q.win
            """,
            query=query,
            members=self._members_sql(),
            sums=sums,
            whole=whole,
        )
