"""Decisions over metrics, without a database: whether a criterion is met, how far, who passes."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping

#: a value may miss its threshold by this share of it and still meet it: sums of cents are floats
TOLERANCE = 1e-9

OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "=": operator.eq,
}


def effective_threshold(
    compare_to: str, threshold: float, value: float | None, other: float | None
) -> tuple[float | None, float | None]:
    """What is compared with what: (value, threshold) after the comparison is worked out.

    :param compare_to: ``constant`` (the threshold as it is), ``times_lag`` and ``times_metric``
        (threshold × other), ``difference_lag`` (value − other against the threshold)
    :param other: the earlier value, or that of the other metric; None when unknown

    >>> effective_threshold("constant", 10, 12, None)
    (12, 10)
    >>> effective_threshold("times_lag", 1.2, 130.0, 100.0)
    (130.0, 120.0)
    >>> effective_threshold("difference_lag", -20, 50.0, 75.0)
    (-25.0, -20)
    >>> effective_threshold("times_metric", 1.5, 60.0, None)
    (60.0, None)
    """
    if compare_to == "constant":
        return value, threshold
    if compare_to == "difference_lag":
        return (None if value is None or other is None else value - other), threshold
    return value, (None if other is None else threshold * other)


def meets(value: float | None, threshold: float | None, comparison: str) -> bool | None:
    """Whether a value compares so with its threshold; None when one of them is unknown.

    >>> meets(10.0, 10, ">="), meets(9.99, 10, ">="), meets(0.1 + 0.2, 0.3, "=")
    (True, False, True)
    >>> meets(0.1 + 0.2, 0.3, ">"), meets(None, 10, "<")
    (False, None)
    """
    if value is None or threshold is None:
        return None
    if abs(value - threshold) <= TOLERANCE * max(1.0, abs(threshold)):
        value = threshold
    return OPERATORS[comparison](value, threshold)


def attainment(value: float | None, threshold: float | None, higher_is_better: bool) -> float:
    """How far a criterion is attained, from 0 to 1; too little data is 0.

    >>> attainment(50, 100, True), attainment(150, 100, True), attainment(-5, 100, True)
    (0.5, 1.0, 0.0)
    >>> attainment(20, 10, False), attainment(5, 10, False), attainment(None, 10, False)
    (0.5, 1.0, 0.0)
    >>> attainment(0, 0, True), attainment(3, 0, False), attainment(0, 0, False)
    (1.0, 0.0, 1.0)
    """
    if value is None or threshold is None:
        return 0.0
    if meets(value, threshold, ">=" if higher_is_better else "<="):
        return 1.0
    part, whole = (value, threshold) if higher_is_better else (threshold, value)
    return min(max(part / whole, 0.0), 1.0) if whole > 0 else 0.0


def passes(verdicts: Iterable[tuple[int, bool | None]]) -> bool:
    """Whether criteria are passed together.

    :param verdicts: pairs (alternative, met); the alternatives of one number are joined by "or",
        number 0 stands for itself; met None: left out for want of data. An alternative of which
        every criterion is left out asks for nothing.

    >>> passes([(0, True), (1, False), (1, True)]), passes([(0, True), (1, False), (1, None)])
    (True, False)
    >>> passes([(0, None), (2, None)]), passes([(0, False)])
    (True, False)
    """
    groups: dict[int, list[bool]] = {}
    for alternative, met in verdicts:
        if met is None:
            continue
        if not alternative and not met:
            return False
        if alternative:
            groups.setdefault(alternative, []).append(met)
    return all(any(group) for group in groups.values())
