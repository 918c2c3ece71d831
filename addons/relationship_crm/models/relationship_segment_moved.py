import json
from collections import defaultdict
from datetime import timedelta
from hashlib import sha256

from odoo import api, fields, models
from odoo.tools import SQL

from ..sql_rows import array
from .relationship_profile_night import OVERLAP
from .relationship_profile_refresh import TOPIC

#: after a longer rest everybody is looked at again
REST = timedelta(days=31)
#: it pays to look at some only when they are few, or at most this part of all customers
FEW, PART = 200, 0.3


class RelationshipSegment(models.Model):
    """Which customers a night has to judge again for a segment.

    Those whose facts or fields changed since the last time, and those who have a row that entered
    or left a window meanwhile. Everybody, when the rules are others, when a metric can change
    without either (days since something), and once in every month.
    """

    _inherit = "relationship.segment"

    judged_at = fields.Datetime(readonly=True, copy=False)
    judged_on = fields.Date(
        readonly=True, copy=False, help="As of this day of the company it was found who is in it."
    )
    judged_by = fields.Char(
        readonly=True, copy=False, help="What was judged by: another value, everybody again."
    )
    whole_on = fields.Date(
        readonly=True, copy=False, help="Day on which everybody was judged for the last time."
    )
    # JSON: ids of customers that meet the criteria and do not fit the filters; kept only where
    # filters look at more than the customer's own records
    outside = fields.Json(readonly=True, copy=False, prefetch=False)

    def _moved(self, day, touched):
        """Ids of the commercial partners to judge again as of a day; None: everybody.

        :param dict touched: as :meth:`_touched` gives them
        """
        self.ensure_one()
        rules = self.criterion_ids._valid_on(day).sudo()
        if not self._can_look_at_some(rules, day):
            return None
        if not rules and not self._has_own_filters():
            return None
        moved = set(touched[self.company_id, self.judged_at])
        moving = self.env["relationship.metric"]._moving_query(
            rules._needs_since(self.judged_on, day), self.company_id
        )
        if moving:
            moved.update(id_ for (id_,) in self.env.execute_query(moving))
        return sorted(moved) if self._is_few(moved) else None

    def _is_few(self, moved):
        """Whether looking at these only is less work than looking at everybody."""
        if len(moved) <= FEW:
            return True
        mine = [("company_id", "=", self.company_id.id)]
        return len(moved) <= PART * self.env["relationship.profile"].search_count(mine)

    def _can_look_at_some(self, rules, day):
        """Whether nothing but facts, fields and days can have changed who is in it."""
        if not (self.refreshed_at and self.judged_at and self.judged_on and self.whole_on):
            return False
        if self.judged_by != self._judged_by(rules):
            return False
        if not self.judged_on <= day <= self.judged_on + REST:
            return False
        if self.whole_on.replace(day=1) != day.replace(day=1):
            return False
        return rules._codes() <= self.env["relationship.metric"]._windowed_codes()

    def _touched(self):
        """Customers whose facts or fields changed since these segments were found, or may have.

        :return: {(company, judged at): [ids]}; one query for each moment
        """
        judged = {(segment.company_id, segment.judged_at) for segment in self if segment.judged_at}
        found = {}
        for moment in {moment for _company, moment in judged}:
            companies = [company for company, at in judged if at == moment]
            changed = self._touched_since(companies, moment)
            for company in companies:
                found[company, moment] = sorted(changed[company.id] | changed[None])
        return found

    @api.model
    def _touched_since(self, companies, moment):
        """Who changed since a moment, or may have: {company id, or None for all: set of ids}.

        Looks back further than that: what commits late is dated before.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT company_id, partner_id FROM relationship_profile
                 WHERE company_id = ANY(%(companies)s)
                   AND (touched_at >= %(since)s OR write_date >= %(since)s)
                UNION ALL
                SELECT NULL, id FROM res_partner
                 WHERE write_date >= %(since)s AND commercial_partner_id = id
                UNION ALL
                SELECT waiting.company_id, partner.commercial_partner_id
                  FROM relationship_queue waiting JOIN res_partner partner
                    ON partner.id = waiting.partner_id
                 WHERE waiting.topic = %(topic)s
                """,
                companies=[company.id for company in companies],
                since=moment - OVERLAP,
                topic=TOPIC,
            )
        )
        changed = defaultdict(set)
        for company, partner in rows:
            changed[company].add(partner)
        return changed

    # ------------------------------------------------------------ parts of the statement

    def _sql_whose(self, moved):
        """Condition on the members to compare with: all, unless only who moved can differ."""
        if moved is None or not self._has_own_filters():
            return SQL("TRUE")
        return SQL("partner_id = ANY(%s)", array(moved, "int"))

    def _sql_wanted(self, day, moved=None):
        """Table expressions, the last one ``wanted``: ids of whom belongs in this segment.

        With criteria, ``passing`` is who meets them, whatever the filters say.

        :param day: as of this date
        :param moved: judge only these; needs ``current``. Where filters are own, they are the only
            ones in ``passing`` and ``wanted``
        """
        fit = self._query_wanted(moved if self._has_own_filters() else None)
        if not self.criterion_ids:
            return SQL("wanted(id) AS MATERIALIZED %s", fit)
        return SQL(
            """
            passing(id) AS MATERIALIZED (%s),
            wanted AS MATERIALIZED (
                SELECT id FROM passing WHERE id IN (SELECT id FROM %s AS fit(id))
            )
            """,
            self._sql_passing(day, moved),
            fit,
        )

    def _sql_passing(self, day, moved):
        """Query of the ids of whoever meets the criteria on a day."""
        judged = self.criterion_ids._passing_query(self.company_id, day, moved)
        judged = judged or SQL("SELECT NULL::int AS partner_id WHERE FALSE")
        if moved is None or self._has_own_filters():
            return judged
        return SQL(
            """
            SELECT partner_id FROM (
                SELECT partner_id FROM current
                 UNION ALL
                SELECT jsonb_array_elements_text(outside)::int FROM relationship_segment
                 WHERE id = %(segment)s AND jsonb_typeof(outside) = 'array'
            ) known
             WHERE partner_id NOT IN (SELECT unnest(%(moved)s))
             UNION
            SELECT partner_id FROM (%(judged)s) judged
            """,
            segment=self.id,
            moved=array(moved, "int"),
            judged=judged,
        )

    def _sql_outside(self):
        """Table expression that keeps which customers meet the criteria and not the filters."""
        if not self.criterion_ids or self._has_own_filters():
            return SQL()
        return SQL(
            """
            , kept AS (
                UPDATE relationship_segment
                   SET outside = fresh.ids
                  FROM (SELECT jsonb_agg(partner_id ORDER BY partner_id) AS ids
                          FROM relationship_profile
                         WHERE company_id = %s AND partner_id IN (SELECT id FROM passing)
                           AND partner_id NOT IN (SELECT id FROM wanted)) fresh
                 WHERE relationship_segment.id = %s
                   AND relationship_segment.outside IS DISTINCT FROM fresh.ids
            )
            """,
            self.company_id.id,
            self.id,
        )

    # ------------------------------------------------------------ what is noted

    def _judged_by(self, rules):
        """What a judgement depends on beside facts and days, as a short text."""
        facts = self.env["relationship.metric"]._facts()
        terms = [
            [rule.id, rule.metric_id.code, *rule._term(), rule.threshold, rule.when_missing]
            + [facts.get(code) for code in sorted(rule._codes())]
            for rule in rules.sorted("id")
        ]
        company = self.company_id
        about = [company._relationship_tz(), company.currency_id.id]
        filters = [self.partner_domain, self.profile_domain]
        text = json.dumps([about, filters, terms])
        return sha256(text.encode()).hexdigest()[:16]

    def _prepare_judged(self, day, moved):
        """What is noted when it was found who is in it, of some customers or (None) of all."""
        vals = {"judged_at": self.env.cr.now().replace(microsecond=0), "judged_on": day}
        if moved is not None:
            return vals  # judged by the same as before, else it had been everybody
        judged_by = self._judged_by(self.criterion_ids._valid_on(day).sudo())
        return {**vals, "judged_by": judged_by, "whole_on": day}


class RelationshipCriterion(models.Model):
    _inherit = "relationship.criterion"

    def _codes(self):
        """Codes of the metrics that these criteria look at."""
        return set((self.metric_id | self.other_metric_id).mapped("code"))

    def _needs_since(self, former, day):
        """List of (code, window as of a former day, window as of a day) of these criteria."""
        return [
            (code, before, now)
            for criterion in self
            for (code, before), (_code, now) in zip(
                criterion._rule(former).needs(), criterion._rule(day).needs(), strict=True
            )
        ]
