"""Intervals of shares, of means and of differences, honest for few answers.

Shares: E. B. Wilson's score interval. Differences of two shares: R. G. Newcombe's hybrid of two
score intervals ("Interval estimation for the difference between independent proportions",
Statistics in Medicine 17, 1998, method 10). Means of few answers: Student's t. Differences of two
net promoter scores: the two adjusted Wald errors of ``nps.py`` added as squares.
"""

from __future__ import annotations

from math import atan, pi, sqrt
from typing import NamedTuple

from .nps import ADDED_TO_ALL, ADDED_TO_EACH, Z95, nps

#: from here on Student's t is the normal distribution in three digits
MANY = 1000
#: two-sided 95 %
SURE = 0.95


class Estimate(NamedTuple):
    """A figure with the ends of its interval and the number of answers behind it."""

    value: float
    low: float
    high: float
    answers: int


def share(hits: int, answers: int, z: float = Z95) -> Estimate | None:
    """Return a share in percent with Wilson's interval.

    :param hits: answers that count
    :param answers: all answers
    :return: None without any answer
    :raise ValueError: more hits than answers

    Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3:

    >>> [round(figure, 2) for figure in share(81, 263)[:3]]
    [30.8, 25.53, 36.62]
    >>> [round(figure, 2) for figure in share(15, 148)[:3]]
    [10.14, 6.24, 16.05]
    >>> [round(figure, 2) for figure in share(0, 20)[:3]]
    [0.0, 0.0, 16.11]
    >>> [round(figure, 2) for figure in share(1, 29)[:3]]
    [3.45, 0.61, 17.18]
    """
    if hits < 0 or hits > answers:
        raise ValueError("hits are a part of the answers")
    if not answers:
        return None
    value = hits / answers
    centre = value + z * z / (2 * answers)
    spread = z * sqrt(value * (1 - value) / answers + z * z / (4 * answers * answers))
    scale = 1 + z * z / answers
    low, high = max((centre - spread) / scale, 0.0), min((centre + spread) / scale, 1.0)
    # rounding must not push an end past a share of nothing or of everything
    return Estimate(100 * value, 100 * min(low, value), 100 * max(high, value), answers)


def share_change(now: tuple[int, int], before: tuple[int, int], z: float = Z95) -> Estimate | None:
    """Return by how many points of a hundred a share changed, with the interval of the difference.

    :param now: (hits, answers) of the later sample
    :param before: (hits, answers) of the earlier, independent sample
    :return: None when one of them has no answer; ``answers`` are those of both

    Newcombe (1998), table II, method 10:

    >>> [round(figure, 2) for figure in share_change((56, 70), (48, 80))[:3]]
    [20.0, 5.24, 33.39]
    >>> [round(figure, 2) for figure in share_change((9, 10), (3, 10))[:3]]
    [60.0, 17.05, 80.9]
    >>> [round(figure, 2) for figure in share_change((5, 56), (0, 29))[:3]]
    [8.93, -3.81, 19.26]
    """
    one, other = share(*now, z), share(*before, z)
    if not one or not other:
        return None
    value = one.value - other.value
    low = value - sqrt((one.value - one.low) ** 2 + (other.high - other.value) ** 2)
    high = value + sqrt((one.high - one.value) ** 2 + (other.value - other.low) ** 2)
    return Estimate(value, max(low, -100.0), min(high, 100.0), one.answers + other.answers)


def nps_change(
    now: tuple[int, int, int], before: tuple[int, int, int], z: float = Z95
) -> Estimate | None:
    """Return by how many points a net promoter score changed, with the interval of the difference.

    :param now: (promoters, detractors, answers) of the later sample
    :param before: the same of the earlier, independent sample
    :return: None when one of them has no answer; from -200 to 200

    Twice the same sample is no change; the interval is the wider by the square root of two:

    >>> one, change = nps(50, 20, 100), nps_change((50, 20, 100), (50, 20, 100))
    >>> half = (one.high - one.low) / 2
    >>> change.value, round(change.high / half, 4), round(change.low / half, 4)
    (0.0, 1.4142, -1.4142)
    """
    one, other = nps(*now, z), nps(*before, z)
    if not one or not other:
        return None
    (centre, error), (centre_before, error_before) = _adjusted(*now), _adjusted(*before)
    value = one.value - other.value
    middle = 100 * (centre - centre_before)
    spread = 100 * z * sqrt(error + error_before)
    low, high = max(middle - spread, -200.0), min(middle + spread, 200.0)
    return Estimate(value, min(low, value), max(high, value), one.answers + other.answers)


def _adjusted(promoters: int, detractors: int, answers: int) -> tuple[float, float]:
    """Return the adjusted score as a share and the square of its standard error."""
    size = answers + ADDED_TO_ALL
    up, down = (promoters + ADDED_TO_EACH) / size, (detractors + ADDED_TO_EACH) / size
    centre = up - down
    return centre, max(up + down - centre * centre, 0) / size


def mean(
    total: float, squares: float, answers: int, lowest: float, highest: float
) -> Estimate | None:
    """Return the mean of answers on a scale with Student's interval, cut to the scale.

    One answer, and answers that are all the same, say nothing of how answers differ: the interval
    of a single one is the whole scale.

    :param total: sum of the answers
    :param squares: sum of their squares
    :param lowest: lowest answer of the scale
    :param highest: highest answer of the scale

    >>> [round(figure, 3) for figure in mean(15, 55, 5, 1, 7)[:3]]  # 1, 2, 3, 4, 5
    [3.0, 1.037, 4.963]
    >>> mean(4, 16, 1, 1, 7)
    Estimate(value=4.0, low=1, high=7, answers=1)
    >>> mean(0, 0, 0, 1, 7) is None
    True
    """
    if not answers:
        return None
    value = total / answers
    if answers == 1:
        return Estimate(value, lowest, highest, 1)
    variance = max(squares - total * total / answers, 0) / (answers - 1)
    spread = student(answers - 1) * sqrt(variance / answers)
    return Estimate(value, max(value - spread, lowest), min(value + spread, highest), answers)


def student(freedom: int, sure: float = SURE) -> float:
    """Return how many standard errors hold this much of Student's distribution.

    Found by halving between 0 and 1000 with the finite sums of M. Abramowitz and I. A. Stegun,
    "Handbook of Mathematical Functions", 26.7.3 and 26.7.4.

    :param freedom: degrees of freedom, 1 or more
    :param sure: share in the middle of the distribution

    Their table 26.10:

    >>> [round(student(freedom), 3) for freedom in (1, 2, 5, 10, 30, 120)]
    [12.706, 4.303, 2.571, 2.228, 2.042, 1.98]
    """
    if freedom >= MANY:
        return Z95 if sure == SURE else student(MANY - 1, sure)
    low, high = 0.0, 1000.0
    for _step in range(60):
        middle = (low + high) / 2
        if _within(middle, freedom) < sure:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _within(t: float, freedom: int) -> float:
    """Return how much of Student's distribution lies between -t and t."""
    angle = atan(t / sqrt(freedom))
    cosine = 1 / sqrt(1 + t * t / freedom)
    sine = t / sqrt(freedom) * cosine
    odd = freedom % 2
    term = cosine if odd else 1.0
    total = term if freedom > 1 else 0.0
    for step in range(3 if odd else 2, freedom - 1, 2):
        term *= cosine * cosine * (step - 1) / step
        total += term
    return 2 / pi * (angle + sine * total) if odd else sine * total
