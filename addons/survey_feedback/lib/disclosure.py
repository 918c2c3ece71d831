"""Which figures of a small group may be shown so that nobody's answer can be worked out.

A figure of four people says too much of each of them, and so do two figures that differ by four.
Whoever reads figures by tier, by owner and by role can combine them; the finest groups that all
these combinations can reach are the people alike in all of them. So groupings are shown only as
long as each of these finest groups has enough people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

#: no report about fewer people
LEAST = 5
#: the cell of those whose own cell would be too small
OTHERS = "__others__"

Cells = Mapping[int, Hashable]


def shown(
    people: Sequence[int], groupings: Sequence[tuple[str, Cells]], least: int = LEAST
) -> dict[str, dict[int, Hashable]]:
    """Return the cell of each person in each grouping that may be shown, small cells put together.

    Groupings come first to be shown first; one that would make too fine a picture together with
    those before it is left out.

    :param people: whose answers are counted
    :param groupings: (name, {person: cell}) in the order of their importance; whoever has no cell
        is in the cell None
    :param least: people that each group needs which can be worked out
    :return: {name: {person: cell}}, cells that were put together named ``OTHERS``; empty when
        there are fewer people than ``least``

    Six of Gold and one of Silver: the one could be worked out from the total.

    >>> people = range(7)
    >>> shown(people, [("tier", {**dict.fromkeys(range(6), "Gold"), 6: "Silver"})])
    {}
    >>> tier = {**dict.fromkeys(range(5), "Gold"), **dict.fromkeys(range(5, 10), "Silver")}
    >>> sorted(set(shown(range(10), [("tier", tier)])["tier"].values()))
    ['Gold', 'Silver']

    By owner the same ten fall apart otherwise, and both together would tell of two people:

    >>> owner = {person: "Ann" if person < 3 or person > 7 else "Bo" for person in range(10)}
    >>> list(shown(range(10), [("tier", tier), ("owner", owner)]))
    ['tier']
    """
    if len(people) < least:
        return {}
    known: dict[int, tuple[Hashable, ...]] = {person: () for person in people}
    result: dict[str, dict[int, Hashable]] = {}
    for name, cells in groupings:
        merged = put_together({person: cells.get(person) for person in people}, least)
        if len(set(merged.values())) < 2:
            continue
        finer = {person: (*known[person], merged[person]) for person in people}
        if min(Counter(finer.values()).values()) >= least:
            known = finer
            result[name] = merged
    return result


def put_together(cells: Cells, least: int = LEAST) -> dict[int, Hashable]:
    """Return the cells with those too small put together, and with the next one if need be.

    :param cells: {person: cell}
    :param least: people that a cell needs

    >>> put_together({1: "a", 2: "a", 3: "b", 4: "c"}, 2)
    {1: 'a', 2: 'a', 3: '__others__', 4: '__others__'}
    >>> put_together({1: "a", 2: "a", 3: "a", 4: "b", 5: "b", 6: "c"}, 2)
    {1: 'a', 2: 'a', 3: 'a', 4: '__others__', 5: '__others__', 6: '__others__'}
    """
    sizes = sorted(Counter(cells.values()).items(), key=lambda item: (item[1], str(item[0])))
    gone: set[Hashable] = set()
    held = 0
    for cell, size in sizes:
        if size >= least and (held == 0 or held >= least):
            break
        gone.add(cell)
        held += size
    return {person: OTHERS if cell in gone else cell for person, cell in cells.items()}
