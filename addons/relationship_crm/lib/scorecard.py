"""What a scorecard says of a number: its trend, and its place among the peers."""

from __future__ import annotations

from collections.abc import Sequence

#: peers with a value from which a place is told; with fewer one could guess whose numbers they are
ENOUGH_PEERS = 5
#: percent of change below which a number counts as the same
STILL = 2.0


def quartile(value: float | None, peers: Sequence[float], higher_is_better: bool) -> int | None:
    """Quarter in which a value lies among its peers and itself: 1 is the best, 4 the last.

    :param peers: values of the others, without those that have none
    :return: None without a value, with less than five peers, or where all have the same value

    >>> quartile(50, [10, 20, 30, 40, 60], True), quartile(50, [10, 20, 30, 40, 60], False)
    (1, 3)
    >>> quartile(50, [10, 20, 30, 40], True) is None, quartile(None, [1] * 9, True) is None
    (True, True)
    >>> quartile(7, [7] * 9, True) is None, quartile(7, [7] * 8 + [6], True)
    (True, 1)
    """
    if value is None or len(peers) < ENOUGH_PEERS or set(peers) == {value}:
        return None
    better = sum(peer > value if higher_is_better else peer < value for peer in peers)
    return better * 4 // (len(peers) + 1) + 1


def change(value: float | None, former: float | None, unit: str) -> float | None:
    """How much a value changed: in percent, for rates and scores in points; None if not known.

    >>> change(120, 100, "money"), change(52, 50, "percent"), change(5, 0, "count") is None
    (20.0, 2, True)
    """
    if value is None or former is None:
        return None
    if unit in ("percent", "score", "days"):
        return value - former
    return 100 * (value - former) / former if former > 0 else None


def direction(changed: float | None, higher_is_better: bool) -> str | None:
    """Whether a change is ``better``, ``worse`` or the ``same``; None where it is not known.

    >>> direction(5, True), direction(5, False), direction(-1.5, True), direction(None, True)
    ('better', 'worse', 'same', None)
    """
    if changed is None:
        return None
    if abs(changed) < STILL:
        return "same"
    return "better" if (changed > 0) == higher_is_better else "worse"


def heights(values: Sequence[float], top: float) -> list[int]:
    """Heights of bars from 0 to 100, of a chart whose highest bar stands for ``top``.

    >>> heights([5, 10, -3, 0], 10), heights([0, 0], 0)
    ([50, 100, 0, 0], [0, 0])
    """
    return [round(100 * max(value, 0) / top) if top > 0 else 0 for value in values]
