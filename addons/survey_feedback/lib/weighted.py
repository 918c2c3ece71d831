"""A net promoter score of groups that were asked in other proportions than they exist."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt
from typing import NamedTuple

from .nps import ADDED_TO_ALL, ADDED_TO_EACH, Z95, Score


class Group(NamedTuple):
    """A group of people: how many there are, and what those who answered said."""

    people: int
    promoters: int
    detractors: int
    answers: int


def weighted_nps(groups: Iterable[Group], z: float = Z95) -> Score | None:
    """Return the net promoter score of all people, each group by its size.

    An answer weighs people ÷ answers of its group. The interval is that of ``nps``, for as many
    answers as unequal weights leave: (Σw)² ÷ Σw² (L. Kish, "Survey Sampling", 1965, 11.7).

    :param groups: those without an answer stand for nobody
    :return: None without any answer; ``answers`` are those that were given

    Nine of ten people belong to a group that likes us; as many of both were asked:

    >>> few, many = Group(100, 10, 40, 50), Group(900, 40, 10, 50)
    >>> [round(figure, 1) for figure in weighted_nps([few, many])[:3]]
    [48.0, 24.3, 67.2]

    Groups asked in proportion give what all answers give together:

    >>> even = weighted_nps([Group(200, 20, 8, 40), Group(300, 30, 12, 60)])
    >>> [round(figure, 1) for figure in even[:3]]
    [30.0, 14.1, 44.2]
    >>> weighted_nps([Group(10, 0, 0, 0)]) is None
    True
    """
    heard = [group for group in groups if group.answers and group.people]
    if not heard:
        return None
    weights = [group.people / group.answers for group in heard]
    people = sum(group.people for group in heard)
    pairs = list(zip(weights, heard, strict=True))
    up = sum(weight * group.promoters for weight, group in pairs) / people
    down = sum(weight * group.detractors for weight, group in pairs) / people
    size = people**2 / sum(weight**2 * group.answers for weight, group in pairs)
    value = 100 * (up - down)
    up = (up * size + ADDED_TO_EACH) / (size + ADDED_TO_ALL)
    down = (down * size + ADDED_TO_EACH) / (size + ADDED_TO_ALL)
    centre = up - down
    spread = z * sqrt(max(up + down - centre * centre, 0) / (size + ADDED_TO_ALL))
    low = max(100 * (centre - spread), -100.0)
    high = min(100 * (centre + spread), 100.0)
    answers = sum(group.answers for group in heard)
    return Score(value, min(low, value), max(high, value), answers)
