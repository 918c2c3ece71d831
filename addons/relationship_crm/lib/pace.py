"""When a criterion will be met if things go on as they do: pace from two looks at one number."""

from __future__ import annotations

from math import ceil

#: two looks lie so many days apart
LOOK_BACK = 28
#: a pace that takes longer than this says nothing
MOST_WEEKS = 104
#: below so many days since a window began there is no pace yet
FEWEST_DAYS = 7


def weeks_to_go(
    value: float | None,
    earlier: float | None,
    days: int,
    threshold: float | None,
    higher_is_better: bool = True,
) -> int | None:
    """Whole weeks until a value reaches its threshold at the pace of some days.

    :param value: now; ``earlier``: so many ``days`` before
    :param threshold: taken as it is now
    :return: 0 when it is reached; None when it is not known, does not come nearer, or takes more
        than two years

    >>> weeks_to_go(700, 500, 28, 1000), weeks_to_go(1000, 900, 28, 1000)
    (6, 0)
    >>> weeks_to_go(700, 750, 28, 1000), weeks_to_go(None, 1, 28, 10), weeks_to_go(1, 0.9, 28, 99)
    (None, None, None)
    >>> weeks_to_go(50, 60, 28, 30, higher_is_better=False)
    8
    """
    if value is None or earlier is None or threshold is None or days < FEWEST_DAYS:
        return None
    sign = 1 if higher_is_better else -1
    missing, gained = sign * (threshold - value), sign * (value - earlier)
    if missing <= 0:
        return 0
    if gained <= 0:
        return None
    weeks = ceil(missing / gained * days / 7 - 1e-9)
    return weeks if weeks <= MOST_WEEKS else None
