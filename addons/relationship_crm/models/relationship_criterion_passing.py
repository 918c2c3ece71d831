from collections import defaultdict
from typing import NamedTuple

from odoo import models
from odoo.tools import SQL

from ..lib import criteria as criteria_lib


class Column(NamedTuple):
    """Where a value stands: the numbers of the part, of the value in it, and of its window."""

    part: int
    value: int
    place: int


class RelationshipCriterion(models.Model):
    """Who passes criteria together: one statement over all partners, only ids come back.

    It says in SQL what ``lib/criteria.py`` says in Python (``effective_threshold``, ``meets``,
    ``passes``); a test holds the two together.
    """

    _inherit = "relationship.criterion"

    def _passing(self, company, day, partner_ids=None):
        """Return the set of ids of the commercial partners that pass all these criteria.

        Criteria with the same ``alternative`` are joined by "or". Without any criterion that
        holds on this day, nobody passes.

        :param company: the one company, record of ``res.company``
        :param day: as of this date, as in :meth:`_evaluate`
        :param partner_ids: look only at these commercial partners; None: at all
        :return: of these, active ones and whoever has facts
        """
        query = self._passing_query(company, day, partner_ids)
        return {partner for (partner,) in self.env.execute_query(query)} if query else set()

    def _passing_query(self, company, day, partner_ids=None):
        """The query of :meth:`_passing`, with the one column partner_id; None: nobody passes.

        What is not yet written is flushed first; run it within the same transaction.
        """
        rules = self._rules(day)
        if not rules or (partner_ids is not None and not partner_ids):
            return None
        self.env.flush_all()
        partner_ids = None if partner_ids is None else list(partner_ids)
        parts, columns = self._value_parts(rules, company, partner_ids)
        return SQL(
            "%s %s",
            SQL("WITH %s", SQL(", ").join(parts)) if parts else SQL(),
            self._passing_of_parts(rules, columns, company, partner_ids),
        )

    def _passing_together(self, groups, company, day, partner_ids):
        """Queries of :meth:`_passing` of several groups of criteria that share the sources.

        Each finds whom it would find alone: who has no fact that a group looks at is not seen by
        it, whatever the others look at.

        :param list groups: records of criteria, parts of these
        :return: (list of SQL ``part<n> AS (…)``, for each group the query or None: nobody passes)
        """
        ruled = [group._rules(day) for group in groups]
        every = [rule for rules in ruled for rule in rules]
        parts, columns = self._value_parts(every, company, list(partner_ids), shared=True)
        queries = [
            self._passing_of_parts(rules, columns, company, partner_ids, shared=True)
            if rules
            else None
            for rules in ruled
        ]
        return parts, queries

    def _passing_of_parts(self, rules, columns, company, partner_ids, shared=False):
        """The query of who passes these rules, from the sources as table expressions.

        :param dict columns: as :meth:`_value_parts` gives them
        :param shared: whether others' rules look at these parts, too
        """
        empty = self.env["relationship.metric"]._empty_values(
            {rule.code for rule in rules} | {rule.other_code for rule in rules if rule.other_code}
        )
        needs = {need for rule in rules for need in rule.needs()}
        values = {need: self._column_or_empty(columns.get(need), empty[need[0]]) for need in needs}
        places = defaultdict(set)
        for need in needs & columns.keys():
            places[columns[need].part].add(columns[need].place)
        facts = [
            SQL(
                "SELECT partner_id FROM %s WHERE (%s)",
                SQL.identifier(f"part{part}"),
                SQL(" OR ").join(SQL.identifier(f"w{place}") for place in sorted(asked))
                if shared
                else SQL("TRUE"),
            )
            for part, asked in sorted(places.items())
        ]
        if len(facts) == 1 and not self._pass_without_facts(rules, empty):
            # all that is known of whom to look at stands in the same row: nothing to join
            return SQL("%s AND %s", facts[0], self._passes_sql(rules, values))
        return SQL(
            "SELECT seen.partner_id FROM (%(seen)s) seen %(joins)s WHERE %(passes)s",
            seen=self._seen_query(rules, empty, facts, company, partner_ids),
            joins=SQL(" ").join(
                SQL(f"LEFT JOIN part{part} USING (partner_id)") for part in sorted(places)
            ),
            passes=self._passes_sql(rules, values),
        )

    # ------------------------------------------------------------ values

    def _value_parts(self, rules, company, partner_ids, shared=False):
        """The sources as table expressions, one row a partner, and where each value stands.

        :param shared: whether they also say, as ``w<n>``, who has facts in which window
        :return: (list of SQL ``part<n> AS (…)``, {(code, window): :class:`Column`})
        """
        parts, columns = [], {}
        for source_needs in self._needs_by_source(rules):
            codes = {code for code, _window in source_needs}
            windows = [(w, *w) for w in sorted({w for _code, w in source_needs}, key=str)]
            metric = self.env["relationship.metric"]
            for query, wanted, asked in metric._queries(codes, windows, company, partner_ids):
                places = {key: place for place, (key, _start, _end) in enumerate(asked)}
                held = [
                    n for n in sorted(source_needs, key=str) if n[0] in wanted and n[1] in places
                ]
                if not held:
                    continue
                number = len(parts)
                asked_at = [(code, places[window]) for code, window in held]
                parts.append(self._part(number, query, asked_at, shared))
                for value, need in enumerate(held):
                    columns[need] = Column(number, value, places[need[1]])
        return parts, columns

    def _needs_by_source(self, rules):
        """Sets of (code, window), those of one source together, without what nobody supplies."""
        source = self.env["relationship.metric"]._source_by_code()
        needs = defaultdict(set)
        for rule in rules:
            for code, window in rule.needs():
                if code in source:
                    needs[source[code]].add((code, window))
        return [needs[name] for name in sorted(needs)]

    def _part(self, number, query, held, shared):
        """One source, one row a partner, a column ``v<n>`` for each (code, place of window)."""
        columns = [
            SQL(
                "max(q.%s) FILTER (WHERE q.win = %s) AS %s",
                SQL.identifier(code),
                place,
                SQL.identifier(f"v{value}"),
            )
            for value, (code, place) in enumerate(held)
        ]
        if shared:
            columns += [
                SQL("bool_or(q.win = %s) AS %s", place, SQL.identifier(f"w{place}"))
                for place in sorted({place for _code, place in held})
            ]
        return SQL(
            "%s AS (SELECT q.partner_id, %s FROM (%s) q GROUP BY q.partner_id)",
            SQL.identifier(f"part{number}"),
            SQL(", ").join(columns),
            query,
        )

    def _column_or_empty(self, column, empty):
        """A value, and what stands where nothing was found: 0 or no value."""
        if column is None:
            return SQL("%s::double precision", empty)
        value = SQL.identifier(f"part{column.part}", f"v{column.value}")
        return value if empty is None else SQL("coalesce(%s, %s)", value, empty)

    def _seen_query(self, rules, empty, facts, company, partner_ids):
        """Whom to look at: who has facts, and if who has none can pass, everybody."""
        if self._pass_without_facts(rules, empty):
            facts = [*facts, self._everybody_query(company, partner_ids)]
        return SQL(" UNION ").join(facts) if facts else SQL("SELECT NULL::int AS partner_id")

    def _pass_without_facts(self, rules, empty):
        verdicts = []
        for rule in rules:
            *_compared, met = rule.judge(empty[rule.code], empty.get(rule.other_code))
            verdicts.append((rule.alternative, met if met is not None or rule.ignore else False))
        return criteria_lib.passes(verdicts)

    # ------------------------------------------------------------ judgement

    def _passes_sql(self, rules, values):
        """``criteria.passes``: each on its own, and of every alternative one."""
        alone, groups = [], defaultdict(list)
        for rule in rules:
            met = self._met_sql(rule, values)
            if rule.alternative:
                groups[rule.alternative].append(met)
            else:
                alone.append(SQL("coalesce(%s, TRUE)", met))
        for mets in groups.values():
            known = SQL(", ").join(mets)
            some = SQL(" OR ").join(SQL("coalesce(%s, FALSE)", met) for met in mets)
            alone.append(SQL("(coalesce(%s) IS NULL OR %s)", known, some))
        return SQL(" AND ").join(alone)

    def _met_sql(self, rule, values):
        """``criteria.meets``: NULL only where a rule is left out for want of data."""
        value, threshold = self._compared_sql(rule, values)
        near = SQL(
            "abs(%(value)s - %(threshold)s) <= %(tolerance)s * greatest(1, abs(%(threshold)s))",
            value=value,
            threshold=threshold,
            tolerance=criteria_lib.TOLERANCE,
        )
        met = SQL(
            "CASE WHEN %s THEN %s ELSE %s %s %s END",
            near,
            "=" in rule.operator,
            value,
            SQL(rule.operator),
            threshold,
        )
        return met if rule.ignore else SQL("coalesce(%s, FALSE)", met)

    def _compared_sql(self, rule, values):
        """``criteria.effective_threshold``: (value, threshold)."""
        value = values[rule.code, rule.window]
        constant = SQL("%s::double precision", rule.threshold)
        if rule.compare_to == "constant":
            return value, constant
        other = values[rule.other_code, rule.other_window]
        if rule.compare_to == "difference_lag":
            return SQL("(%s - %s)", value, other), constant
        return value, SQL("(%s * %s)", constant, other)
