"""Properties of spread, season and forecast; the oracles stand in the doctests of the module."""

import doctest
import math
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import TransactionCase, tagged

from ..lib import scorecard as scorecard_lib
from ..lib import targets as targets_lib

FAST = settings(max_examples=300, deadline=None, derandomize=True, database=None)
amounts = st.floats(-1e6, 1e6).map(lambda value: round(value, 2))
histories = st.lists(st.floats(0, 1e6).map(lambda value: round(value, 2)), min_size=6, max_size=40)


@tagged("post_install", "-at_install")
class TestTargetLib(TransactionCase):
    def test_doctests(self):
        for module in (targets_lib, scorecard_lib):
            failed, tried = doctest.testmod(module)
            self.assertGreater(tried, 5)
            self.assertFalse(failed, module.__name__)

    @FAST
    @given(goal=st.floats(1, 1e9), former=st.none() | st.lists(amounts, min_size=12, max_size=12))
    def test_a_spread_adds_up_and_is_never_negative(self, goal, former):
        parts = targets_lib.spread(goal, former, 12)
        self.assertEqual(len(parts), 12)
        self.assertTrue(math.isclose(sum(parts), goal, rel_tol=1e-9))
        self.assertGreaterEqual(min(parts), 0)

    @FAST
    @given(history=st.lists(amounts, max_size=40))
    def test_weights_of_a_season_are_one_on_average(self, history):
        weights = targets_lib.season(history)
        self.assertTrue(math.isclose(sum(weights), 12, rel_tol=1e-9))
        self.assertGreaterEqual(min(weights), 0)

    @FAST
    @given(year=st.lists(st.floats(1, 1e6), min_size=12, max_size=12), growth=st.floats(0.1, 10))
    def test_a_year_that_repeats_is_forecast_without_error(self, year, growth):
        """The same season at another level: every month to come is last year's at that level."""
        history = [*year, *(value * growth for value in year[:6])]
        ahead = targets_lib.expect(history, 6)
        for value, former in zip(ahead, year[6:], strict=True):
            self.assertTrue(math.isclose(value, former * growth, rel_tol=1e-6))

    @FAST
    @given(history=histories, left=st.integers(0, 11), part=st.floats(0, 1), done=st.floats(0, 1e6))
    def test_a_forecast_lies_in_its_interval(self, history, left, part, done):
        found = targets_lib.forecast(history, done, part, left)
        self.assertLessEqual(found.low, found.value)
        self.assertLessEqual(found.value, found.high)
        self.assertGreaterEqual(found.low, min(done, found.value), "what is sold stays sold")

    @FAST
    @given(history=histories, factor=st.sampled_from([0.01, 2.0, 24000.0]))
    def test_another_currency_changes_nothing(self, history, factor):
        one = targets_lib.forecast(history, 10.0, 0.5, 3)
        other = targets_lib.forecast([value * factor for value in history], 10.0 * factor, 0.5, 3)
        for value, scaled in zip(one, other, strict=True):
            self.assertTrue(math.isclose(value * factor, scaled, rel_tol=1e-6, abs_tol=1e-3))

    @FAST
    @given(history=st.lists(amounts, max_size=5))
    def test_no_forecast_below_six_months(self, history):
        self.assertIsNone(targets_lib.forecast(history, 1.0, 0.5, 3))

    @FAST
    @given(value=amounts, peers=st.lists(amounts, max_size=30), more=st.floats(0, 1e6))
    def test_a_higher_value_never_has_a_worse_place(self, value, peers, more):
        place = scorecard_lib.quartile(value, peers, True)
        if len(peers) < 5 or set(peers) == {value}:
            self.assertIsNone(place)
            return
        self.assertIn(place, (1, 2, 3, 4))
        higher = scorecard_lib.quartile(value + more, peers, True)
        self.assertLessEqual(higher or 1, place)
        turned = scorecard_lib.quartile(-value, [-peer for peer in peers], False)
        self.assertEqual(turned, place, "lower is better: the same turned round")

    def test_a_day_outside_the_period(self):
        plan = {date(2026, month, 1): 10.0 for month in (4, 5, 6)}
        sums = {date(2026, 5, 1): 12.0, date(2025, 5, 1): 99.0}
        before = targets_lib.stand(30, plan, sums, date(2025, 5, 1), date(2026, 3, 31))
        self.assertEqual((before.value, before.pace, before.forecast), (0, None, None))
        after = targets_lib.stand(30, plan, sums, date(2025, 5, 1), date(2027, 1, 31))
        self.assertEqual((after.value, after.attainment, after.expected), (12, 40, 30))
        self.assertEqual(after.forecast, (12, 12, 12))
