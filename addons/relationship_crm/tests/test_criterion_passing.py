from collections import defaultdict
from datetime import date
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from odoo.addons.relationship_crm.lib import criteria as criteria_lib

DAY = date(2026, 11, 22)
CODES = {"orders": "fake_a", "win_rate": "fake_a", "interactions": "fake_b", "nps": None}

values = st.none() | st.sampled_from([-1.0, 0.0, 0.1, 0.3, 1.0, 2.0, 10.0])
criteria = st.lists(
    st.fixed_dictionaries(
        {
            "code": st.sampled_from(sorted(CODES)),
            "other": st.sampled_from(sorted(CODES)),
            "window_kind": st.sampled_from(["rolling", "quarter", "year", "ever"]),
            "window_length": st.integers(1, 2),
            "lag": st.integers(0, 1),
            "operator": st.sampled_from(sorted(criteria_lib.OPERATORS)),
            "threshold": st.sampled_from([-1.0, 0.0, 0.1, 1.0, 2.0, 3.0]),
            "compare_to": st.sampled_from(
                ["constant", "constant", "times_lag", "times_metric", "difference_lag"]
            ),
            "compare_lag": st.integers(1, 2),
            "alternative": st.integers(0, 2),
            "when_missing": st.sampled_from(["fail", "ignore"]),
        }
    ),
    min_size=1,
    max_size=4,
)


@tagged("post_install", "-at_install")
class TestCriterionPassing(TransactionCase):
    """Who passes by one statement is who passes by judging everybody in Python."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.metric = cls.env["relationship.metric"]
        cls.partners = cls.env["res.partner"].create([{"name": f"P{n}"} for n in range(4)])

    @settings(
        max_examples=150,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn=criteria, data=st.data())
    def test_statement_equals_python(self, drawn, data):
        facts = defaultdict(lambda: data.draw(values))
        present = defaultdict(lambda: data.draw(st.booleans()))
        rules = self._criteria(drawn)
        with self._sources(facts, present):
            judged = rules._evaluate(self.partners.ids, self.env.company, DAY)
            expected = {p for p in self.partners.ids if self._passes(rules, judged[p])}
            given_ones = rules._passing(self.env.company, DAY, self.partners.ids)
            everybody = rules._passing(self.env.company, DAY)
        self.assertEqual(given_ones, expected)
        self.assertEqual(everybody & set(self.partners.ids), expected)

    def test_a_hair_is_no_difference(self):
        """3 × 0.1 is 0.30000000000000004, and yet 0.3 is at least that much."""
        rule = self._criteria(
            [
                {
                    "code": "orders",
                    "other": "win_rate",
                    "window_kind": "ever",
                    "threshold": 3.0,
                    "compare_to": "times_metric",
                }
            ]
        )
        values = defaultdict(lambda: 0.3)
        values.update({("win_rate", p, None, DAY): 0.1 for p in self.partners.ids})
        present = defaultdict(lambda: True)
        for operator, expected in ((">=", 4), ("<=", 4), ("=", 4), (">", 0), ("<", 0)):
            rule.operator = operator
            with self._sources(values, present):
                passing = rule._passing(self.env.company, DAY, self.partners.ids)
            self.assertEqual(len(passing), expected, operator)

    def _criteria(self, drawn):
        metric = {code: self.metric.search([("code", "=", code)]) for code in CODES}
        criterion = self.env["relationship.criterion"]
        records = criterion
        for vals in drawn:
            vals = dict(vals)
            other = metric[vals.pop("other")]
            vals["metric_id"] = metric[vals.pop("code")].id
            vals["other_metric_id"] = other.id if vals["compare_to"] == "times_metric" else False
            records += criterion.new(vals)
        return records

    def _passes(self, rules, judged):
        verdicts = []
        for rule in rules:
            value, threshold, met = judged[rule.id]
            missing = value is None or threshold is None
            ignored = missing and rule.when_missing == "ignore"
            verdicts.append((rule.alternative, None if ignored else met))
        return criteria_lib.passes(verdicts)

    def _sources(self, facts, present):
        """Sources whose rows are drawn: who has a row in a window, and its values."""

        def queried(_self, name, windows, _company, partners=None):
            codes = [code for code, source in CODES.items() if source == name]
            rows = [SQL("(NULL::int, NULL::int, %s)", SQL(", ").join([SQL("NULL")] * len(codes)))]
            for partner in self.partners.ids:
                for place, (_key, start, end) in enumerate(windows):
                    if present[name, partner, start, end]:
                        drawn = [SQL("%s", facts[c, partner, start, end]) for c in codes]
                        rows.append(SQL("(%s, %s, %s)", partner, place, SQL(", ").join(drawn)))
            columns = SQL(", ").join(SQL.identifier(code) for code in codes)
            return SQL(
                "SELECT * FROM (VALUES %s) AS drawn(partner_id, win, %s)",
                SQL(", ").join(rows),
                columns,
            )

        sources = {
            name: [code for code, source in CODES.items() if source == name]
            for name in ("fake_a", "fake_b")
        }
        return patch.multiple(
            type(self.metric),
            _source_query=queried,
            _codes_by_source=lambda _self: sources,
        )
