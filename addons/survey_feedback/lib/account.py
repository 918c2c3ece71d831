"""What a company as a whole thinks, from what its people said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

#: how much the word of a person counts, by the code of their role; the heaviest role counts
WEIGHTS = {"decision_maker": 3, "payer": 2}
#: a company whose score fell by this much is falling
FALL = 2
PROMOTER_FROM = 9


class AccountScore(NamedTuple):
    """Mean of the last answers of a company's people, weighted by their roles, and plain."""

    weighted: float
    raw: float
    people: int


def account_score(answers: Iterable[tuple[float, Iterable[str]]]) -> AccountScore | None:
    """Return the score of a company.

    :param answers: the latest answer of each person with the codes of the person's roles
    :return: None without an answer

    >>> account_score([(9, ["user"]), (3, ["decision_maker", "payer"])])
    AccountScore(weighted=4.5, raw=6.0, people=2)
    >>> account_score([]) is None
    True
    """
    rows = [(value, weight(roles)) for value, roles in answers]
    if not rows:
        return None
    heavy = sum(heaviness for _value, heaviness in rows)
    return AccountScore(
        sum(value * heaviness for value, heaviness in rows) / heavy,
        sum(value for value, _heaviness in rows) / len(rows),
        len(rows),
    )


def weight(roles: Iterable[str]) -> int:
    """Return how much the word of somebody with these roles counts.

    >>> weight(["payer", "user"]), weight([])
    (2, 1)
    """
    return max((WEIGHTS.get(role, 1) for role in roles), default=1)


def is_falling(before: float | None, now: float | None) -> bool:
    """Whether a company that once said ``before`` now says so much less that somebody should ask.

    Two points, or somebody who would have recommended us and no longer would.

    >>> is_falling(8, 6), is_falling(9, 8), is_falling(8, 7), is_falling(None, 3)
    (True, True, False, False)
    """
    if before is None or now is None:
        return False
    return before - now >= FALL or (before >= PROMOTER_FROM > now)
