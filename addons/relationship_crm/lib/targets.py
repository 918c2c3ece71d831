"""Targets without a database: spread over the months, pace, forecast with its interval.

A target is a sum to reach over whole months. What is known is the sum of each month so far: a list
of *complete* months, the oldest first, and what the current month has brought.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from math import sqrt
from typing import NamedTuple

from .windows import add_months

#: complete months from which a forecast is given
ENOUGH = 6
#: complete months from which one past month can be forecast, to learn how wrong forecasts are
ENOUGH_TO_TRY = 3
#: months that tell the present rate
RATE_MONTHS = 6
#: months that tell the season
YEAR = 12
#: past errors that are looked at, the latest
MOST_ERRORS = 12
#: 90th percentile of Student's t with 1, 2 … 12 degrees of freedom: an interval of 80 % from so
#: many past errors
T90 = (3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372, 1.363, 1.356)


class Forecast(NamedTuple):
    """What a period is expected to bring, and between what it lies four times in five."""

    value: float
    low: float
    high: float


class Standing(NamedTuple):
    """How a target stands on a day; None: too little data, or nothing was expected yet."""

    value: float
    attainment: float | None
    expected: float
    pace: float | None
    forecast: Forecast | None


def months(start: date, end: date) -> list[date]:
    """First days of the months from ``start`` (a first of a month) before ``end``.

    >>> months(date(2026, 11, 1), date(2027, 1, 1))
    [datetime.date(2026, 11, 1), datetime.date(2026, 12, 1)]
    """
    found = []
    while start < end:
        found.append(start)
        start = add_months(start, 1)
    return found


def spread(goal: float, former: Sequence[float] | None, count: int) -> list[float]:
    """A goal spread over its months by what the same months brought a year earlier.

    Months that brought less than nothing count as nothing; where the year before is not known or
    brought nothing, every month gets the same.

    :param former: sums of the same months a year earlier; None when they are not known

    >>> spread(1200, [100, 300, 0], 3), spread(90, None, 3), spread(90, [0, -5, 0], 3)
    ([300.0, 900.0, 0.0], [30.0, 30.0, 30.0], [30.0, 30.0, 30.0])
    """
    weights = [max(value, 0.0) for value in former or ()]
    total = sum(weights)
    if not total:
        return [goal / count] * count
    return [goal * weight / total for weight in weights]


def season(history: Sequence[float]) -> list[float]:
    """Weight of each of the twelve months, 1 on average, the month after the history first.

    The year before the last six months tells it, so that these can tell what has changed since;
    with a history of less than 18 months its first year does. All 1 below twelve months.

    >>> season([30.0] * 11) == [1.0] * 12
    True
    >>> season([0, 0, 0, 0, 0, 120, 0, 0, 0, 0, 0, 0])
    [0.0, 0.0, 0.0, 0.0, 0.0, 12.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    start = max(0, len(history) - YEAR - RATE_MONTHS)
    year = [max(value, 0.0) for value in history[start : start + YEAR]]
    total = sum(year)
    if len(year) < YEAR or not total:
        return [1.0] * YEAR
    ahead = len(history) - start
    return [year[(ahead + step) % YEAR] * YEAR / total for step in range(YEAR)]


def expect(history: Sequence[float], count: int) -> list[float]:
    """What the months after a history are expected to bring: season × present rate.

    The rate is the sum of the last six months over the sum of their weights.

    >>> expect([10, 20, 30], 2)
    [20.0, 20.0]
    >>> year = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120]
    >>> expect(year + [20, 40, 60, 80, 100, 120], 2)
    [140.0, 160.0]
    """
    weights = season(history)
    recent = history[-RATE_MONTHS:]
    past = [weights[(place - len(recent)) % YEAR] for place in range(len(recent))]
    if not sum(past):
        weights, past = [1.0] * YEAR, [1.0] * len(recent)
    rate = sum(recent) / sum(past)
    return [rate * weights[step % YEAR] for step in range(count)]


def past_errors(history: Sequence[float]) -> list[float]:
    """What past months brought more than had been expected the month before, the latest twelve.

    >>> past_errors([10, 10, 10, 16, 10.5])
    [6.0, -1.0]
    """
    first = max(ENOUGH_TO_TRY, len(history) - MOST_ERRORS)
    return [history[at] - expect(history[:at], 1)[0] for at in range(first, len(history))]


def forecast(
    history: Sequence[float], value: float, current_left: float, whole_left: int
) -> Forecast | None:
    """What a period brings in all, with an interval of 80 %; None below six complete months.

    :param history: sums of the complete months up to now
    :param value: what the period has brought so far, the current month included
    :param current_left: part of the current month (0 to 1) that is still to come
    :param whole_left: months of the period after the current one

    Errors of different months are taken as independent: over n months they grow with √n.

    >>> forecast([10.0] * 6, 25, 0.5, 2)
    Forecast(value=50.0, low=50.0, high=50.0)
    >>> forecast([10.0] * 5, 25, 0.5, 2) is None
    True
    """
    if len(history) < ENOUGH:
        return None
    ahead = expect(history, 1 + whole_left)
    total = value + ahead[0] * current_left + sum(ahead[1:])
    errors = past_errors(history)
    deviation = sqrt(sum(error * error for error in errors) / len(errors))
    width = T90[len(errors) - 1] * deviation * sqrt(current_left + whole_left)
    low = total - width
    if min(*history, value) >= 0:
        low = min(max(low, value), total)
    return Forecast(total, low, total + width)


def expected(plan: Sequence[float], whole: int, part: float) -> float:
    """What the plan asks for so far: its first months, and a part of the next.

    >>> expected([100, 200, 300], 1, 0.25), expected([100, 200, 300], 3, 0)
    (150.0, 600.0)
    """
    so_far = sum(plan[:whole])
    return so_far + (plan[whole] * part if whole < len(plan) else 0.0)


def stand(
    goal: float,
    plan: Mapping[date, float],
    sums: Mapping[date, float],
    first: date | None,
    day: date,
) -> Standing:
    """How a target stands at the end of a day.

    :param plan: goal of each month of the period, by its first day, without a gap
    :param sums: what each month brought, the day itself included; months without are 0
    :param first: month in which the first sum is known, None when there is none
    :param day: the last day that counts

    >>> plan = {date(2026, month, 1): 100.0 for month in range(1, 13)}
    >>> sums = {date(2026, 1, 1): 90.0, date(2026, 2, 1): 60.0}
    >>> stand(1200, plan, sums, date(2026, 1, 1), date(2026, 2, 14))
    Standing(value=150.0, attainment=12.5, expected=150.0, pace=100.0, forecast=None)
    """
    wanted = list(plan)
    current = day.replace(day=1)
    after = add_months(current, 1)
    value = sum(sums.get(month, 0.0) for month in wanted if month <= current)
    whole = sum(month < current for month in wanted)
    elapsed = day.day / (after - current).days if current in plan else 0.0
    so_far = expected(list(plan.values()), whole, elapsed)
    return Standing(
        value,
        100 * value / goal if goal else None,
        so_far,
        100 * value / so_far if so_far > 0 else None,
        _forecast_of(wanted, sums, first, value, current, elapsed),
    )


def _forecast_of(
    wanted: Sequence[date],
    sums: Mapping[date, float],
    first: date | None,
    value: float,
    current: date,
    elapsed: float,
) -> Forecast | None:
    """Forecast of a period that began; None before, and what it brought once it is over."""
    if not wanted or wanted[0] > current:
        return None
    if wanted[-1] < current:
        return Forecast(value, value, value)
    past = months(first, current) if first else []
    history = [sums.get(month, 0.0) for month in past]
    left = sum(month > current for month in wanted)
    return forecast(history, value, 1 - elapsed, left)
