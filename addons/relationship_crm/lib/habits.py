"""What a customer's purchases have in common. Pure functions: no database, no clock."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from datetime import date
from itertools import pairwise
from statistics import median
from typing import TypeVar

#: fewer purchases than this say nothing about habits
FEWEST = 3
TOP = 3

T = TypeVar("T", bound=Hashable)


def habits(
    days: Iterable[date],
    categories: Mapping[int, float],
    channels: Iterable[str] = (),
) -> dict[str, object] | None:
    """Sum up purchases; None below three of them.

    :param days: day of each purchase, in any order
    :param categories: product category id → amount purchased
    :param channels: channel of each purchase of which it is known
    :return: ``categories`` (list of ``[id, share]``, at most three, largest first, shares of the
        positive total from 0 to 1), ``interval_days`` (median number of days from one day with a
        purchase to the next, None when all were on one day), ``channel``, ``weekday`` (1 Monday
        to 7 Sunday) and ``month`` (1 to 12), each the one most usual or None

    >>> habits([date(2026, 1, 5), date(2026, 2, 2)], {}) is None
    True
    >>> found = habits(
    ...     [date(2026, 2, 2), date(2026, 1, 5), date(2026, 3, 2)],
    ...     {7: 300.0, 8: 100.0, 9: -50.0},
    ...     ["web", "web", "email"],
    ... )
    >>> found["categories"], found["interval_days"]
    ([[7, 0.75], [8, 0.25]], 28)
    >>> found["channel"], found["weekday"], found["month"]
    ('web', 1, None)
    """
    ordered = sorted(days)
    if len(ordered) < FEWEST:
        return None
    return {
        "categories": shares(categories),
        "interval_days": interval(ordered),
        "channel": usual(channels),
        "weekday": usual(day.isoweekday() for day in ordered),
        "month": usual(day.month for day in ordered),
    }


def shares(amounts: Mapping[int, float], top: int = TOP) -> list[list[float]]:
    """Give the largest positive amounts as ``[key, share of their total]``, at most ``top``.

    >>> shares({1: 10.0, 2: 30.0, 3: 0.0})
    [[2, 0.75], [1, 0.25]]
    >>> shares({1: -10.0})
    []
    """
    positive = {key: amount for key, amount in amounts.items() if amount > 0}
    total = sum(positive.values())
    ranked = sorted(positive.items(), key=lambda item: (-item[1], item[0]))
    return [[key, round(amount / total, 2)] for key, amount in ranked[:top]]


def interval(ordered: list[date]) -> int | None:
    """Give the median number of days between purchases on different days, rounded.

    >>> interval([date(2026, 1, 1), date(2026, 1, 1), date(2026, 1, 11), date(2026, 1, 31)])
    15
    >>> interval([date(2026, 1, 1)] * 3) is None
    True
    """
    days = sorted(set(ordered))
    gaps = [(later - sooner).days for sooner, later in pairwise(days)]
    return round(median(gaps)) if gaps else None


def usual(values: Iterable[T]) -> T | None:
    """Give the value that occurs most often; None when none does more often than all others.

    >>> usual([3, 1, 3, 2])
    3
    >>> usual([1, 2]) is None, usual([]) is None
    (True, True)
    """
    counts = Counter(values).most_common(2)
    if not counts or (len(counts) > 1 and counts[0][1] == counts[1][1]):
        return None
    return counts[0][0]
