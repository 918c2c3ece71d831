"""Warnings about the rules of tiers: too steep a way in, steps too small or too big, rules that
part nobody from anybody.

Rules of thumb of partner programs: the entry tier asks for 25 to 40 % of what a new partner usually
brings in its first year, and each tier for 1.5 to 2.5 times what the one below asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

#: most of a usual first year that the entry tier may ask for
ENTRY_MOST = 0.4
#: least and most of a step from one tier to the next
STEP_LEAST, STEP_MOST = 1.5, 2.5
#: fewer partners say nothing of a "usual" year, or of what everybody meets
ENOUGH = 5
TOLERANCE = 1e-9


def usual(values: Iterable[float | None]) -> float | None:
    """What is usual among partners: the median; None for too few of them.

    >>> usual([1, 2, 3, 4, 100]), usual([1, 2, None]), usual([])
    (3, None, None)
    """
    known = [value for value in values if value is not None]
    return median(known) if len(known) >= ENOUGH else None


def entry_share(threshold: float, year: float | None, months: float = 12) -> float | None:
    """Part of a usual first year that a threshold asks for; None where that says nothing.

    :param year: what is usual in the first twelve months
    :param months: length of the window of the threshold; a part of a year asks for that part

    >>> entry_share(50, 100), entry_share(20, 100, 3), entry_share(50, None), entry_share(50, 0)
    (0.5, 0.8, None, None)
    """
    if not year or year <= 0 or months <= 0:
        return None
    return threshold / (year * months / 12)


def too_steep(share: float | None) -> bool:
    """Whether the way in asks for too much.

    >>> too_steep(0.4), too_steep(0.41), too_steep(None)
    (False, True, False)
    """
    return share is not None and share > ENTRY_MOST + TOLERANCE


def step(lower: float, upper: float) -> float | None:
    """How many times more the better tier asks for; None where there is nothing to compare.

    >>> step(100, 250), step(0, 10)
    (2.5, None)
    """
    return upper / lower if lower > 0 and upper > 0 else None


def odd_step(times: float | None) -> str:
    """``small`` or ``big`` where a step is out of the usual, else an empty text.

    >>> [odd_step(times) for times in (1.4, 1.5, 2.5, 2.6, None)]
    ['small', '', '', 'big', '']
    """
    if times is None:
        return ""
    if times < STEP_LEAST - TOLERANCE:
        return "small"
    return "big" if times > STEP_MOST + TOLERANCE else ""


def parts_nobody(verdicts: Sequence[bool]) -> str:
    """``nobody`` or ``everybody`` where a criterion tells no partner from another.

    >>> parts_nobody([False] * 5), parts_nobody([True] * 5), parts_nobody([True] * 4)
    ('nobody', 'everybody', '')
    >>> parts_nobody([True, False, False, False, False])
    ''
    """
    if len(verdicts) < ENOUGH:
        return ""
    if not any(verdicts):
        return "nobody"
    return "everybody" if all(verdicts) else ""
