from datetime import timedelta
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings

from odoo.tests import tagged

from .metric_naive import NaiveMetrics
from .metric_world import FACTS, FIRST_DAY, MetricWorld

BOUNDED = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)

SOURCES = """orders order_lines first_order sold_orders sold_lines sold_invoices
invoices payments bills opportunities pipeline interactions responses teams""".split()


@tagged("post_install", "-at_install")
class TestMetricNaive(MetricWorld):
    """Metrics by SQL are those that a naive loop over the documents gives, as of any past day."""

    @BOUNDED
    @given(facts=FACTS)
    def test_sql_equals_naive(self, facts):
        live = patch.object(type(self.env["relationship.metric"]), "_kept_codes", lambda *_: set())
        with live, self.env.cr.savepoint() as savepoint:
            made = self.fill(facts)
            for company in self.companies:
                self._compare(made, company, facts["windows"])
            savepoint.rollback()
        self.env.invalidate_all()

    def _compare(self, made, company, windows):
        metric = self.env["relationship.metric"].with_company(company)
        supplied = self._proven(metric, NaiveMetrics(made, company, *windows[0]))
        keyed = [(window, *window) for window in windows]
        partners = self.partners.commercial_partner_id
        everybody = metric._values(list(supplied), keyed, company)
        some = metric._values(list(supplied), keyed, company, partners.ids)
        empty = metric._empty_values(supplied)
        for window in windows:
            naive = NaiveMetrics(made, company, *window)
            for partner in partners:
                expected = naive.values(partner)
                for found in (everybody, some):
                    values = found.get((partner.id, window), empty)
                    for code, value in expected.items():
                        self._same(values[code], value, (company.name, window, partner.name, code))

    def _proven(self, metric, naive):
        """The codes of the sources looked at here: every one of them has its naive twin."""
        codes = {
            code
            for name, codes in metric._codes_by_source().items()
            if name in SOURCES
            for code in codes
        }
        naive = set(naive.values(self.partners[0]))
        self.assertEqual(codes - {"margin", "sold_margin"}, naive)
        return naive

    def _same(self, value, expected, what):
        if expected is None or value is None:
            self.assertEqual(value, expected, what)
        else:
            self.assertAlmostEqual(value, expected, delta=1e-6 * max(1, abs(expected)), msg=what)


@tagged("post_install", "-at_install")
class TestPaymentDelay(MetricWorld):
    """A figure worked out by hand: neither credit notes nor exchange differences are payments."""

    def test_by_hand(self):
        fact = {
            "company": 0,
            "partner": 0,
            "currency": 1,
            "day": FIRST_DAY,
            "due": 10,
            "type": "out_invoice",
            "amount": 1391.0,
            "state": "posted",
            "through": None,
            "blocked": False,
            "payments": [(0, 0.25), (25, 0.25)],
            "credits_former": False,
        }
        credit = {**fact, "type": "out_refund", "amount": 500.0, "credits_former": True}
        moves = self._make_invoices([fact, credit])
        self.assertEqual(moves[0].amount_total_signed, 1000, "at a rate of 1.391")
        self.assertEqual(len(moves[0].line_ids.matched_credit_ids.exchange_move_id), 1)
        codes = ["payment_delay_days", "revenue_invoiced", "refund_rate"]
        window = (0, FIRST_DAY, FIRST_DAY + timedelta(days=40))
        metric = self.env["relationship.metric"]
        values = metric._values(codes, [window], self.companies[0])[self.partners[0].id, 0]
        # a quarter ten days early at 1.391, a quarter fifteen days late at 1.755
        early, late = 250, round(347.75 / 1.755, 2)
        self.assertAlmostEqual(
            values["payment_delay_days"], (late * 15 - early * 10) / (late + early)
        )
        self.assertAlmostEqual(values["revenue_invoiced"], 1000 - 359.45)
        self.assertAlmostEqual(values["refund_rate"], 35.945)
