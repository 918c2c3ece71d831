"""Net promoter score with an interval that is honest for few answers.

The interval is the adjusted Wald interval for a difference of two shares of one sample: three
answers are added, three quarters of a promoter and three quarters of a detractor among them
(J. Sauro and J. R. Lewis, "Confidence Intervals for Net Promoter Scores", MeasuringU, after
A. Agresti and Y. Min, 2005). It is cut to what a score can be, -100 to 100.
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

#: two-sided 95 % of the normal distribution
Z95 = 1.959963984540054
ADDED_TO_EACH = 0.75
ADDED_TO_ALL = 3
#: answers from 9 are promoters, up to 6 detractors
PROMOTER_FROM, DETRACTOR_TO = 9, 6


class Score(NamedTuple):
    """A net promoter score with its interval, each from -100 to 100, and the number of answers."""

    value: float
    low: float
    high: float
    answers: int


def nps(promoters: int, detractors: int, answers: int, z: float = Z95) -> Score | None:
    """Return the net promoter score of a number of answers with its interval.

    :param promoters: answers of 9 or 10
    :param detractors: answers of 0 to 6
    :param answers: all answers, passives included
    :param z: width of the interval in standard errors
    :return: None without any answer
    :raise ValueError: the counts cannot be those of one sample

    Figures of the source:

    >>> [round(figure, 1) for figure in nps(50, 20, 100)[:3]]
    [30.0, 14.1, 44.2]
    >>> [round(figure, 1) for figure in nps(250, 100, 500)[:3]]
    [30.0, 23.0, 36.6]
    >>> [round(figure, 1) for figure in nps(5, 2, 10)[:3]]
    [30.0, -19.1, 65.2]

    Ten promoters of ten would give 106; a score ends at 100:

    >>> [round(figure, 1) for figure in nps(10, 0, 10)[:3]]
    [100.0, 47.5, 100.0]
    >>> nps(0, 0, 0) is None
    True
    """
    if min(promoters, detractors) < 0 or promoters + detractors > answers:
        raise ValueError("promoters and detractors are parts of the answers")
    if not answers:
        return None
    size = answers + ADDED_TO_ALL
    up = (promoters + ADDED_TO_EACH) / size
    down = (detractors + ADDED_TO_EACH) / size
    centre = up - down
    spread = z * sqrt(max(up + down - centre * centre, 0) / size)
    value = 100 * (promoters - detractors) / answers
    low = max(100 * (centre - spread), -100.0)
    high = min(100 * (centre + spread), 100.0)
    # with few answers all of one kind the centre is drawn inwards, past the estimate itself
    return Score(value, min(low, value), max(high, value), answers)
