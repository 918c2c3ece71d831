"""Flows between tiers as a picture: where bars and bands lie, as percentages of the height.

Bars on one side are the tiers before, on the other side the tiers after; a band joins two bars,
as thick as the number of partners that go that way. No bar is thinner than can be labelled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

#: least height of a bar and the space between two, in percent of the whole
LEAST = 9.0
SPACE = 3.0


class Bar(NamedTuple):
    """A tier on one side: its key, how many partners, where it begins, how high it is."""

    key: int
    partners: int
    top: float
    height: float


class Band(NamedTuple):
    """Partners that go from one tier to another: where the band begins and ends on both sides."""

    source: int
    target: int
    partners: int
    left: float
    left_height: float
    right: float
    right_height: float


def bars(keys: Sequence[int], counts: Mapping[int, int]) -> list[Bar]:
    """The bars of one side, in the order given; tiers without partners are left out.

    >>> bars([1, 2, 3], {1: 1, 3: 1})
    [Bar(key=1, partners=1, top=0.0, height=48.5), Bar(key=3, partners=1, top=51.5, height=48.5)]
    >>> [round(bar.height, 1) for bar in bars([1, 2], {1: 999, 2: 1})]
    [88.0, 9.0]
    """
    shown = [key for key in keys if counts.get(key)]
    room = 100.0 - SPACE * (len(shown) - 1)
    total = sum(counts[key] for key in shown)
    heights = {key: max(room * counts[key] / total, LEAST) for key in shown}
    over = sum(heights.values()) - room
    wide = {key: height - LEAST for key, height in heights.items() if height > LEAST}
    if over > 0 and wide:
        give = min(over / sum(wide.values()), 1.0)
        heights |= {key: heights[key] - part * give for key, part in wide.items()}
    found, top = [], 0.0
    for key in shown:
        found.append(Bar(key, counts[key], round(top, 3), round(heights[key], 3)))
        top += heights[key] + SPACE
    return found


def bands(
    keys: Sequence[int], moves: Mapping[tuple[int, int], int]
) -> tuple[list[Bar], list[Bar], list[Band]]:
    """Both sides and the bands between them.

    :param keys: keys of the tiers, the best first
    :param moves: {(from, to): number of partners}

    >>> left, right, joined = bands([1, 2], {(2, 1): 1, (2, 2): 1})
    >>> [(bar.key, bar.partners) for bar in left], [(bar.key, bar.partners) for bar in right]
    ([(2, 2)], [(1, 1), (2, 1)])
    >>> joined[1]
    Band(source=2, target=2, partners=1, left=50.0, left_height=50.0, right=51.5, right_height=48.5)
    >>> bands([], {})
    ([], [], [])
    """
    before: dict[int, int] = {}
    after: dict[int, int] = {}
    for (source, target), count in moves.items():
        before[source] = before.get(source, 0) + count
        after[target] = after.get(target, 0) + count
    left, right = bars(keys, before), bars(keys, after)
    from_left = {bar.key: [bar.top, bar.height / bar.partners] for bar in left}
    from_right = {bar.key: [bar.top, bar.height / bar.partners] for bar in right}
    joined = []
    for source in keys:
        for target in keys:
            count = moves.get((source, target), 0)
            if count:
                start, end = from_left[source], from_right[target]
                joined.append(
                    Band(
                        source,
                        target,
                        count,
                        round(start[0], 3),
                        round(start[1] * count, 3),
                        round(end[0], 3),
                        round(end[1] * count, 3),
                    )
                )
                start[0] += start[1] * count
                end[0] += end[1] * count
    return left, right, joined


def path(band: Band) -> str:
    """A band as the outline of an SVG path, 100 wide and 100 high.

    >>> path(Band(1, 2, 1, 0, 10, 50, 20))
    'M0,0C50,0 50,50 100,50V70C50,70 50,10 0,10Z'
    """
    low_left, low_right = band.left + band.left_height, band.right + band.right_height
    left, right, end, start = (
        f"{value:g}" for value in (band.left, band.right, low_right, low_left)
    )
    return f"M0,{left}C50,{left} 50,{right} 100,{right}V{end}C50,{end} 50,{start} 0,{start}Z"
