"""How surely two facts are about one customer, and what that means for a registration.

Each thing that a registration and something in the base have in common has a weight; the weights
add up, to 100 at most. From `CONFLICT` on they are taken for one customer, from `LOOK` on a
person looks, below both are left alone. Pure functions over plain values.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from odoo.addons.relationship_crm.lib.names import SAME, SIMILAR, similarity, tokens

#: What each thing in common weighs.
WEIGHTS: dict[str, int] = {
    "vat": 100,
    "customer": 100,
    "email": 90,
    "domain": 80,
    "subdomain": 75,
    "phone": 60,
    "name": 55,
    "similar_name": 35,
}
#: Of those that say the same only the heaviest counts.
_FAMILY = {"subdomain": "domain", "similar_name": "name"}
MOST = 100
CONFLICT, LOOK = 80, 50
#: Least score that is shown at all.
SHOWN = min(WEIGHTS.values())
#: Whose something is, the gravest first.
GRAVITY: tuple[str, ...] = ("other_partner", "direct", "existing_customer", "same_partner")


class Reason(TypedDict):
    """One thing in common: its kind, its value in words, its weight."""

    kind: str
    value: str
    weight: int


class Match(TypedDict):
    """What a verdict needs to know of something found: how sure, whose."""

    score: int
    verdict: str


def reason(kind: str, value: str = "", most: int = MOST) -> Reason:
    """One thing in common, weighing what its kind weighs.

    :param most: weighs no more than this: how surely it is known itself

    >>> reason("vat", "BE0477472701")
    {'kind': 'vat', 'value': 'BE0477472701', 'weight': 100}
    >>> reason("customer", "Acme", 80)["weight"]
    80
    """
    return {"kind": kind, "value": value, "weight": min(WEIGHTS[kind], most)}


def name_reason(alike: float, name: str = "") -> list[Reason]:
    """What names so much alike weigh, as a list of one reason or none.

    :param alike: 0 to 1, from `names.similarity`

    >>> [name_reason(s)[0]["weight"] for s in (1.0, 0.92, 0.9199, 0.85)], name_reason(0.8499)
    ([55, 55, 35, 35], [])
    """
    if alike < SIMILAR:
        return []
    return [reason("name" if alike >= SAME else "similar_name", name)]


def names_reason(mine: tuple[str, str], other: tuple[str, str]) -> list[Reason]:
    """What another name weighs beside mine; names in two countries weigh nothing.

    :param mine: the name, and the code of its country, "" when unknown

    >>> names_reason(("Acme NV", "BE"), ("ACME", ""))
    [{'kind': 'name', 'value': 'ACME', 'weight': 55}]
    >>> names_reason(("Acme NV", "BE"), ("Acme", "VN"))
    []
    """
    if mine[1] and other[1] and mine[1] != other[1]:
        return []
    return name_reason(similarity(tokens(mine[0] or ""), tokens(other[0] or "")), other[0])


def score_of(reasons: Iterable[Reason]) -> int:
    """The sum of the weights, the heaviest of each family, 100 at most.

    >>> score_of([reason("phone"), reason("name")]), score_of([reason("subdomain")])
    (100, 75)
    >>> score_of([reason("domain"), reason("subdomain")]), score_of([reason("phone")]), score_of([])
    (80, 60, 0)
    """
    best: dict[str, int] = {}
    for one in reasons:
        family = _FAMILY.get(one["kind"], one["kind"])
        best[family] = max(best.get(family, 0), one["weight"])
    return min(sum(best.values()), MOST)


def level_of(score: int) -> str:
    """What a score means.

    >>> [level_of(score) for score in (100, 80, 79, 50, 49, 0)]
    ['conflict', 'conflict', 'look', 'look', 'clear', 'clear']
    """
    if score >= CONFLICT:
        return "conflict"
    return "look" if score >= LOOK else "clear"


def gravest(matches: Iterable[Match]) -> tuple[str, int]:
    """The verdict over everything that was found, and its score.

    Conflicts come before what a person looks at; among them it counts whose they are.

    >>> gravest([{"score": 100, "verdict": "same_partner"}, {"score": 80, "verdict": "direct"}])
    ('direct', 80)
    >>> gravest([{"score": 55, "verdict": "other_partner"}, {"score": 90, "verdict": "direct"}])
    ('direct', 90)
    >>> gravest([{"score": 35, "verdict": "other_partner"}, {"score": 100, "verdict": "clear"}])
    ('clear', 0)
    """
    grave = [one for one in matches if one["score"] >= LOOK and one["verdict"] in GRAVITY]
    if not grave:
        return "clear", 0
    worst = min(
        grave,
        key=lambda one: (
            one["score"] < CONFLICT,
            GRAVITY.index(one["verdict"]),
            -one["score"],
        ),
    )
    return worst["verdict"], worst["score"]
