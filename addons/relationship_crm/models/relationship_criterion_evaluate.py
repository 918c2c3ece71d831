from collections import defaultdict
from typing import NamedTuple

from odoo import fields, models
from odoo.tools import SQL

from ..lib import criteria as criteria_lib
from ..lib import windows as windows_lib
from ..sql_rows import array


class Rule(NamedTuple):
    """A criterion as of a day, as plain values."""

    id: int
    code: str
    window: windows_lib.Window
    #: what it is compared with beside its threshold: None for a constant
    other_code: str | None
    other_window: windows_lib.Window | None
    compare_to: str
    threshold: float
    operator: str
    #: whether it is left out for want of data (else it is not met)
    ignore: bool
    alternative: int

    def needs(self):
        """Pairs (code, window) of the values it looks at."""
        pairs = [(self.code, self.window)]
        return [*pairs, (self.other_code, self.other_window)] if self.other_code else pairs

    def judge(self, value, other):
        """(value, threshold, met) after the comparison is worked out; None where unknown."""
        value, threshold = criteria_lib.effective_threshold(
            self.compare_to, self.threshold, value, other
        )
        return value, threshold, criteria_lib.meets(value, threshold, self.operator)


class RelationshipCriterion(models.Model):
    """Criteria at work on given partners: values, thresholds and what is met."""

    _inherit = "relationship.criterion"

    def _evaluate(self, partner_ids, company, day):
        """Work out these criteria for some partners, as of a day.

        :param partner_ids: ids of commercial partners
        :param company: the one company, record of ``res.company``
        :param day: as of this date: what happened before it counts; criteria that do not hold on
            this date are left out
        :return: {partner id: {criterion id: (value, threshold, met)}}; value and threshold after
            the comparison is worked out, None where data is missing; ``met`` is then False, or
            True where the criterion says "left out"
        """
        partner_ids = list(partner_ids)
        rules = self._rules(day)
        found = self._needed_values(rules, company, partner_ids)
        codes = {code for rule in rules for code, _window in rule.needs()}
        empty = self.env["relationship.metric"]._empty_values(codes)
        none = {}
        result = {}
        for partner in partner_ids:
            values = found.get(partner, none)
            result[partner] = {rule.id: self._judge(rule, values, empty) for rule in rules}
        return result

    def _needed_values(self, rules, company, partner_ids):
        """{partner id: {(code, window): value}} of what rules look at, where something was found.

        Each source is asked for the windows of its own metrics only.
        """
        metric = self.env["relationship.metric"]
        found = defaultdict(dict)
        by_source = self._needs_by_source(rules)
        # what nobody supplies any more may have been kept at month ends
        rest = {need for rule in rules for need in rule.needs()}.difference(*by_source)
        for needs in [*by_source, rest]:
            codes = {code for code, _window in needs}
            windows = [(w, *w) for w in sorted({w for _code, w in needs}, key=str)]
            rows = metric._values(codes, windows, company, partner_ids)
            for (partner, window), row in rows.items():
                values = found[partner]
                for code, value in row.items():
                    values[code, window] = value
        return found

    def _judge(self, rule, values, empty):
        """(value, threshold, met) of one rule, from {(code, window): value} of one partner."""
        value = values.get((rule.code, rule.window), empty[rule.code])
        other = None
        if rule.other_code:
            place = (rule.other_code, rule.other_window)
            other = values.get(place, empty[rule.other_code])
        value, threshold, met = rule.judge(value, other)
        return value, threshold, rule.ignore if met is None else met

    # ------------------------------------------------------------ as of a day

    def _rules(self, day):
        """Those of the criteria that hold on a day, as plain values."""
        day = fields.Date.to_date(day)
        return [criterion._rule(day) for criterion in self._valid_on(day).sudo()]

    def _valid_on(self, day):
        """Those of the criteria that hold on a day."""
        return self.filtered(
            lambda c: (
                (not c.valid_from or c.valid_from <= day) and (not c.valid_to or c.valid_to >= day)
            )
        )

    def _rule(self, day):
        other_code, other_window = self._other(day)
        return Rule(
            self.id,
            self.metric_id.code,
            windows_lib.window(*self._window_as_of(day)),
            other_code,
            other_window,
            self.compare_to,
            self.threshold,
            self.operator,
            self.when_missing == "ignore",
            self.alternative,
        )

    def _other(self, day):
        """(code, window) of what the value is compared with; (None, None) for a constant."""
        if self.compare_to == "constant":
            return None, None
        if self.compare_to == "times_metric":
            return self.other_metric_id.code, windows_lib.window(*self._window_as_of(day))
        by = self.compare_lag or self.window_length
        return self.metric_id.code, windows_lib.earlier(*self._window_as_of(day), by)

    def _window_as_of(self, day):
        return self.window_kind, day, self.window_length, self.lag

    # ------------------------------------------------------------ everybody

    def _everybody_query(self, company, partner_ids=None):
        """Query of the active commercial partners this company may see, but no company of ours.

        :param partner_ids: only of these; None: of all
        """
        return SQL(
            """
            SELECT p.id AS partner_id FROM res_partner p
             WHERE p.active AND p.commercial_partner_id = p.id
               AND (p.company_id IS NULL OR p.company_id = %s)
               AND p.partner_share IS NOT FALSE
               AND NOT EXISTS (SELECT FROM res_company c WHERE c.partner_id = p.id)
               AND %s
            """,
            company.id,
            SQL("TRUE")
            if partner_ids is None
            else SQL("p.id = ANY(%s)", array(partner_ids, "int")),
        )
