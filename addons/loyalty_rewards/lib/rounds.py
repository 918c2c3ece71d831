"""In which order the postings of one transaction are settled."""

from collections.abc import Iterable, Sequence

#: order within a round: points given back to lots, new points, points taken
RETURN, CREDIT, DEBIT = range(3)


def phase(points: float, takes_back: bool) -> int:
    """Return when within a round a posting is settled.

    >>> [phase(5, True), phase(5, False), phase(-5, True), phase(-5, False)]
    [0, 1, 2, 2]
    """
    if points < 0:
        return DEBIT
    return RETURN if takes_back else CREDIT


def rounds(postings: Sequence[tuple[int, int, bool]]) -> list[int]:
    """Return the round of each posting, so that each card sees its postings in their order.

    All postings of a round are settled by the same few statements: first what is given back, then
    what is new, then what is taken. A posting that would come out of order on its card starts the
    next round of that card; so does one that takes back what may have been posted just before.

    :param postings: (card, phase, looks back) of each, in the order they were made

    >>> plain = [(1, CREDIT), (1, DEBIT), (2, CREDIT), (1, CREDIT), (1, DEBIT), (2, CREDIT)]
    >>> rounds([(*posting, False) for posting in plain])
    [0, 0, 0, 1, 1, 0]
    >>> rounds([(1, CREDIT, False), (1, DEBIT, True), (2, DEBIT, True), (2, DEBIT, True)])
    [0, 1, 0, 0]
    """
    last: dict[int, tuple[int, int, bool]] = {}
    result = []
    for card, now, back in postings:
        number, before, plain = last.get(card, (0, RETURN, False))
        if now < before or (back and plain):
            number, plain = number + 1, False
        last[card] = (number, now, plain or not back)
        result.append(number)
    return result


def split(amount: float, shares: Iterable[tuple[int, float]]) -> list[tuple[int | None, float]]:
    """Part an amount over shares, each filled before the next; what is left has no owner.

    Points have four decimals.

    :param amount: what to part, above zero
    :param shares: (owner, how much it can take)
    :return: (owner, taken) of those who take any; (None, rest) last

    >>> split(50, [(1, 30), (2, 30)])
    [(1, 30), (2, 20)]
    >>> split(70.5, [(1, 30), (2, 0), (3, 40)])
    [(1, 30), (3, 40), (None, 0.5)]
    """
    result: list[tuple[int | None, float]] = []
    for owner, room in shares:
        taken = round(min(room, amount), 4)
        if taken > 0:
            result.append((owner, taken))
            amount = round(amount - taken, 4)
    if amount > 0:
        result.append((None, amount))
    return result
