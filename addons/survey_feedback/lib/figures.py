"""What is published of a number of answers to one measure."""

from __future__ import annotations

from typing import NamedTuple

from .intervals import Estimate, mean, nps_change, share, share_change
from .nps import nps
from .scale import SCALES


class Counts(NamedTuple):
    """Answers to one measure: how many, in the high and low bands, their sum and squares."""

    answers: int
    high: int
    low: int
    total: float
    squares: float


def figure(metric: str, counts: Counts) -> Estimate | None:
    """Return the figure of a measure with its interval.

    NPS: percent of promoters less percent of detractors. CES: the mean on 1–7. CSAT and dimensions:
    percent of the two best answers, which is the same on any scale.

    :param metric: a key of ``scale.SCALES``
    :return: None without an answer

    >>> [round(end, 1) for end in figure("nps", Counts(10, 5, 2, 0, 0))[:3]]
    [30.0, -19.1, 65.2]
    >>> [round(end, 1) for end in figure("csat", Counts(20, 0, 3, 0, 0))[:3]]
    [0.0, 0.0, 16.1]
    >>> [round(end, 1) for end in figure("ces", Counts(5, 0, 3, 15, 55))[:3]]
    [3.0, 1.0, 5.0]
    """
    if metric == "nps":
        score = nps(counts.high, counts.low, counts.answers)
        return score and Estimate(*score)
    if metric == "ces":
        return mean(counts.total, counts.squares, counts.answers, *SCALES["ces"][0])
    return top_boxes(counts)


def top_boxes(counts: Counts) -> Estimate | None:
    """Return the percentage of the two best answers with its interval; None without an answer.

    >>> [round(end, 1) for end in top_boxes(Counts(20, 0, 3, 0, 0))[:3]]
    [0.0, 0.0, 16.1]
    """
    return share(counts.high, counts.answers)


def change(metric: str, now: Counts, before: Counts) -> Estimate | None:
    """Return by how much a figure changed between two independent samples, with its interval.

    Of CES it is the change of the percentage of the two best answers, as its mean has too few
    steps for an interval of the difference.

    :return: None when one of the samples is empty

    >>> round(change("csat", Counts(70, 56, 0, 0, 0), Counts(80, 48, 0, 0, 0)).low, 2)
    5.24
    >>> change("nps", Counts(0, 0, 0, 0, 0), Counts(1, 1, 0, 9, 81)) is None
    True
    """
    if metric == "nps":
        return nps_change(
            (now.high, now.low, now.answers), (before.high, before.low, before.answers)
        )
    return share_change((now.high, now.answers), (before.high, before.answers))


def is_sure(estimate: Estimate | None) -> bool:
    """Whether a change is more than chance: its interval does not hold zero.

    >>> is_sure(Estimate(12.0, 1.5, 22.0, 90)), is_sure(Estimate(12.0, -1.5, 25.0, 40))
    (True, False)
    """
    return estimate is not None and (estimate.low > 0 or estimate.high < 0)
