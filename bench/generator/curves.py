"""Shapes of real life as quantile tables (plain Python, no database).

A table of quantiles lets SQL turn an even number between 0 and 1 into a skewed value by one
array look-up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import accumulate
from math import gcd
from typing import TypeVar

T = TypeVar("T")

# Sales by month (December rush, August lull) and by weekday (Monday first).
MONTHS = (0.85, 0.88, 1.05, 0.97, 1.0, 1.04, 0.86, 0.74, 1.06, 1.1, 1.2, 1.25)
WEEKDAYS = (1.15, 1.25, 1.2, 1.15, 0.95, 0.22, 0.12)
YEARLY_GROWTH = 1.15
PRIME = 2_654_435_761


def quantiles(values: Sequence[T], weights: Iterable[float], slots: int) -> list[T]:
    """Return `slots` values so that an even draw among them follows the weights.

    >>> quantiles("ab", (3, 1), 4)
    ['a', 'a', 'a', 'b']
    """
    sums = list(accumulate(weights))
    out: list[T] = []
    at = 0
    for slot in range(slots):
        aim = (slot + 0.5) / slots * sums[-1]
        while sums[at] < aim:
            at += 1
        out.append(values[at])
    return out


def day_weight(day: date, start: date) -> float:
    """Return how much is sold on a day, against an average day of the first year.

    >>> monday, sunday = date(2026, 6, 1), date(2026, 6, 7)
    >>> day_weight(monday, monday) > 5 * day_weight(sunday, monday)
    True
    """
    growth: float = YEARLY_GROWTH ** ((day - start).days / 365.25)
    return growth * MONTHS[day.month - 1] * WEEKDAYS[day.weekday()]


def day_quantiles(start: date, days: int, slots: int = 16_384) -> list[int]:
    """Return offsets in days from `start`, skewed by growth, season and weekday, ascending.

    >>> table = day_quantiles(date(2023, 1, 1), 365, 1000)
    >>> table == sorted(table), min(table) >= 0, max(table) < 365
    (True, True, True)
    """
    offsets = range(days)
    weights = [day_weight(start + timedelta(days=day), start) for day in offsets]
    return quantiles(offsets, weights, slots)


def scramble(n: int) -> tuple[int, int, int]:
    """Return (multiplier, shift, inverse) of a fixed shuffle of 0 … n − 1.

    Rank r sits at place (r × multiplier + shift) mod n; the rank of place p is
    ((p − shift) × inverse) mod n. So the biggest customers lie anywhere in the table.

    >>> m, s, i = scramble(1000)
    >>> sorted((r * m + s) % 1000 for r in range(1000)) == list(range(1000))
    True
    >>> all(((((r * m + s) % 1000) - s) * i) % 1000 == r for r in range(1000))
    True
    """
    if n < 2:
        return 1, 0, 1
    multiplier = PRIME % n
    while gcd(multiplier, n) != 1:
        multiplier += 1
    return multiplier, n // 3, pow(multiplier, -1, n)


def month_starts(start: date, until: date) -> list[date]:
    """Return the first days of the months from `start`'s month to `until`'s.

    >>> [str(day) for day in month_starts(date(2025, 11, 5), date(2026, 1, 1))]
    ['2025-11-01', '2025-12-01', '2026-01-01']
    """
    out = []
    day = start.replace(day=1)
    while day <= until:
        out.append(day)
        day = (day + timedelta(days=32)).replace(day=1)
    return out
