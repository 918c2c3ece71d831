"""Small statistics (plain Python)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` of the values do not exceed.

    >>> percentile([5, 1, 4, 2, 3], 0.95), percentile([5, 1, 4, 2, 3], 0.5)
    (5, 3)
    """
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def growth(points: Mapping[float, float]) -> float | None:
    """Return the exponent b of the best fit y = a · x^b, or None with fewer than two sizes.

    >>> round(growth({10: 3.0, 100: 30.0, 1000: 300.0}), 3)
    1.0
    >>> growth({10: 3.0}) is None
    True
    """
    logs = [(math.log(x), math.log(y)) for x, y in points.items() if x > 0 and y > 0]
    if len({x for x, _y in logs}) < 2:
        return None
    mean_x = sum(x for x, _y in logs) / len(logs)
    mean_y = sum(y for _x, y in logs) / len(logs)
    spread = sum((x - mean_x) ** 2 for x, _y in logs)
    return sum((x - mean_x) * (y - mean_y) for x, y in logs) / spread


def difference(ours: Mapping[str, object], other: Mapping[str, object], sampled: bool) -> str:
    """Say how two results differ, or return an empty text.

    :param sampled: the other did a part of the work only: what it has must be the same

    >>> difference({"a": 1, "b": 2}, {"a": 1}, sampled=True)
    ''
    >>> difference({"a": 1, "b": 2}, {"a": 1}, sampled=False)
    "1 only with us: 'b' = 2"
    >>> difference({"a": 1}, {"a": 2}, sampled=False)
    "1 of 1 differ: 'a' is 1 with us, 2 there"
    """
    wrong = [key for key, value in other.items() if key in ours and ours[key] != value]
    if wrong:
        key = wrong[0]
        return (
            f"{len(wrong)} of {len(other)} differ: {key!r} is {ours[key]!r} with us, "
            f"{other[key]!r} there"
        )
    for some, keys in (
        ("only there", other.keys() - ours.keys()),
        ("only with us", set() if sampled else ours.keys() - other.keys()),
    ):
        if keys:
            key = min(keys)
            return f"{len(keys)} {some}: {key!r} = {({**other, **ours})[key]!r}"
    return "" if other else "nothing to compare"
