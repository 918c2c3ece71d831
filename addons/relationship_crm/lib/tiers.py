"""Partner tiers as a decision over criteria: points, whether earned, and what is missing.

Points = 100 × Σ weight × attainment ÷ Σ weight. A tier is earned when the points reach its pass
mark and every "must" is attained in full. What is missing is the set of criteria that costs the
least effort, effort being the part of each that is not attained.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

#: up to so many optional criteria the cheapest set is found by trying all; above, by the ratio of
#: points to effort
EXACT = 12
#: rounding of sums of weights must not cost a tier
TOLERANCE = 1e-9


class Item(NamedTuple):
    """One criterion of a tier for one partner.

    ``key`` names it, ``attainment`` is from 0 to 1. Items with the same ``alternative`` (not 0)
    count as one, the best of them.
    """

    key: int
    weight: float
    attainment: float
    must: bool = False
    alternative: int = 0


class Gaps(NamedTuple):
    """What is missing: all of ``must``, and one of the sets in ``options``, the cheapest first."""

    must: list[int]
    options: list[list[int]]


def best_of_alternatives(items: Iterable[Item]) -> list[Item]:
    """One item for each alternative: its best attainment, its greatest weight, "must" if any is.

    >>> best_of_alternatives([Item(1, 2, 0.5, alternative=1), Item(2, 1, 0.8, alternative=1)])
    [Item(key=2, weight=2, attainment=0.8, must=False, alternative=1)]
    """
    kept: list[Item] = []
    groups: dict[int, list[Item]] = {}
    for item in items:
        if item.alternative:
            groups.setdefault(item.alternative, []).append(item)
        else:
            kept.append(item)
    for group in groups.values():
        best = max(group, key=lambda item: item.attainment)
        weight = max(item.weight for item in group)
        kept.append(best._replace(weight=weight, must=any(item.must for item in group)))
    return kept


def points(items: Sequence[Item]) -> float:
    """Points from 0 to 100; 100 where nothing carries weight.

    >>> points([Item(1, 3, 1.0), Item(2, 1, 0.5)]), points([])
    (87.5, 100.0)
    """
    total = sum(item.weight for item in items)
    if not total:
        return 100.0
    return 100.0 * sum(item.weight * item.attainment for item in items) / total


def earned(items: Sequence[Item], pass_mark: float) -> bool:
    """Whether the points reach the pass mark and every must is attained.

    >>> items = [Item(1, 1, 1.0, must=True), Item(2, 1, 0.5)]
    >>> earned(items, 75), earned(items, 76), earned([Item(1, 1, 0.9, must=True)], 50)
    (True, False, False)
    """
    if any(item.must and item.attainment < 1 for item in items):
        return False
    return points(items) + TOLERANCE * 100 >= pass_mark


def gaps(items: Sequence[Item], pass_mark: float, most: int = 3) -> Gaps:
    """What a partner must still attain to earn a tier.

    :param items: from :func:`best_of_alternatives`
    :param most: at most so many sets to choose from

    >>> items = [Item(1, 1, 0.5, must=True), Item(2, 1, 0.9), Item(3, 1, 0.2), Item(4, 1, 1.0)]
    >>> gaps(items, 80)
    Gaps(must=[1], options=[[2], [3]])
    >>> gaps(items, 75), gaps([Item(1, 1, 1.0)], 100)
    (Gaps(must=[1], options=[]), Gaps(must=[], options=[]))
    """
    must = [item.key for item in items if item.must and item.attainment < 1]
    held = [item._replace(attainment=1.0) if item.must else item for item in items]
    if earned(held, pass_mark):
        return Gaps(must, [])
    open_items = [item for item in held if item.attainment < 1]
    if len(open_items) > EXACT:
        return Gaps(must, [_by_ratio(held, open_items, pass_mark)])
    return Gaps(must, _cheapest(held, open_items, pass_mark)[:most])


def _raised(items: Sequence[Item], keys: Iterable[int]) -> list[Item]:
    wanted = set(keys)
    return [item._replace(attainment=1.0) if item.key in wanted else item for item in items]


def _cheapest(items: Sequence[Item], candidates: list[Item], pass_mark: float) -> list[list[int]]:
    """All sets that pass and of which none contains another, by effort."""
    found: list[tuple[float, list[int]]] = []
    for size in range(1, len(candidates) + 1):
        for some in combinations(candidates, size):
            keys = [item.key for item in some]
            if any(set(smaller) <= set(keys) for _effort, smaller in found):
                continue
            if earned(_raised(items, keys), pass_mark):
                found.append((sum(1 - item.attainment for item in some), keys))
    return [keys for _effort, keys in sorted(found, key=lambda pair: (pair[0], pair[1]))]


def _by_ratio(items: Sequence[Item], candidates: list[Item], pass_mark: float) -> list[int]:
    """One set that passes, taken by the most points for the least effort."""
    keys: list[int] = []
    for item in sorted(candidates, key=lambda item: -item.weight):
        if earned(_raised(items, keys), pass_mark):
            break
        keys.append(item.key)
    return keys
