"""What a review decides about one partner: from values and thresholds to promote, keep or demote.

The same function decides for a review, for its cure every night and for a simulation, so that a
rule that was tried is the rule that is applied. Nothing here knows of a database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from . import tiers as tiers_lib
from .criteria import attainment

#: a criterion that is not met never counts in full: "more than 10" at exactly 10
ALMOST = 0.9999
#: what was found of a criterion: value, threshold, whether its operator holds
Found = tuple[float | None, float | None, bool]


class Requirement(NamedTuple):
    """A criterion of a tier as of a day, without the partner."""

    id: int
    weight: float
    must: bool
    alternative: int
    higher_is_better: bool
    #: whether it is left out for want of data; a must never is
    ignore: bool


class Tier(NamedTuple):
    """A tier as the decision sees it. A low rank is a good one."""

    id: int
    rank: int
    pass_mark: float
    requirements: tuple[Requirement, ...]


class Decision(NamedTuple):
    """What a review would do with one partner, before notice and grace.

    :ivar current: id of the tier held, 0 without
    :ivar earned: id of the best tier earned, 0 when none is
    :ivar outcome: ``promote``, ``keep`` or ``demote``
    :ivar to_tier: id of the tier after the demotion policy, 0 for none; ``current`` when kept
    :ivar judged: id of the tier that points and evidence speak of: the one promoted to, else the
        one held, else the lowest; 0 without tiers
    :ivar points: 0 to 100, of the tier judged; ``pass_mark`` is what it asks for
    :ivar evidence: one dict a criterion of the tier judged: ``criterion_id``, ``value``,
        ``threshold`` (None for want of data), ``attainment`` 0 to 1, ``must``, ``met``,
        ``left_out`` (for want of data, as the criterion says)
    """

    current: int
    earned: int
    outcome: str
    to_tier: int
    judged: int
    points: float
    pass_mark: float
    evidence: list[dict[str, Any]]


def attained(requirement: Requirement, found: Found) -> float | None:
    """How far a criterion is attained, 0 to 1; None when it is left out for want of data.

    >>> revenue = Requirement(1, 1.0, False, 0, True, False)
    >>> attained(revenue, (50.0, 100.0, False)), attained(revenue, (100.0, 100.0, True))
    (0.5, 1.0)
    >>> attained(revenue, (None, 100.0, False)), attained(revenue, (100.0, 100.0, False))
    (0.0, 0.9999)
    >>> days = revenue._replace(higher_is_better=False)
    >>> attained(days, (40.0, 10.0, False)), attained(days, (5.0, 10.0, True))
    (0.25, 1.0)
    >>> optional = revenue._replace(ignore=True)
    >>> attained(optional, (None, 100.0, True)) is None
    True
    >>> attained(optional._replace(must=True), (None, 100.0, True))
    0.0
    """
    value, threshold, met = found
    if value is None or threshold is None:
        return None if requirement.ignore and not requirement.must else 0.0
    if met:
        return 1.0
    if requirement.higher_is_better and 0 <= value < threshold:
        return min(value / threshold, ALMOST)  # by far the most frequent, and there are thousands
    return min(attainment(value, threshold, requirement.higher_is_better), ALMOST)


def items(requirements: Sequence[Requirement], found: Mapping[int, Found]) -> list[tiers_lib.Item]:
    """What counts for the points of a tier, one item for each alternative.

    Criteria of which nothing was looked up (they do not hold on the day) are not asked for.

    >>> items([Requirement(1, 2.0, True, 0, True, False)], {1: (5.0, 10.0, False)})
    [Item(key=1, weight=2.0, attainment=0.5, must=True, alternative=0)]
    """
    some = []
    for one in requirements:
        part = attained(one, found[one.id]) if one.id in found else None
        if part is not None:
            some.append(tiers_lib.Item(one.id, one.weight, part, one.must, one.alternative))
    return tiers_lib.best_of_alternatives(some)


def decide(
    tiers: Sequence[Tier],
    found: Mapping[int, Found],
    current: int = 0,
    current_rank: int | None = None,
    policy: str = "one_down",
) -> Decision:
    """Decide about one partner.

    A tier that asks for nothing (no criteria, or all left out) is earned by nobody, but whoever
    holds it keeps it: it is given by hand. A tier held that is not among ``tiers`` (archived, or
    of another program) is kept unless a better one is earned.

    :param tiers: the tiers of the program, the best first
    :param found: {criterion id: (value, threshold, met)}
    :param current: id of the tier held, 0 without; ``current_rank`` its rank when it is not one
        of ``tiers``
    :param policy: ``none`` (never down), ``one_down`` (the next tier below, none below the
        lowest), ``to_earned`` (the best tier below that is earned or asks for nothing)

    >>> ask = lambda key: (Requirement(key, 1.0, False, 0, True, False),)
    >>> tiers = [Tier(7, 1, 100, ask(1)), Tier(8, 2, 100, ask(2)), Tier(9, 3, 100, ask(3))]
    >>> values = lambda amount: {n: (amount, t, amount >= t) for n, t in ((1, 900), (2, 500), (3, 100))}
    >>> [decide(tiers, values(amount), 8).outcome for amount in (1000, 600, 50)]
    ['promote', 'keep', 'demote']
    >>> [decide(tiers, values(150), 7, policy=policy).to_tier for policy in ("none", "one_down", "to_earned")]
    [7, 8, 9]
    >>> given = tiers[:2] + [Tier(9, 3, 100, ())]  # the lowest is given by hand: down to it
    >>> decide(given, values(50), 7, policy="to_earned").to_tier
    9
    >>> decide(tiers, values(450), 8)[:7]
    (8, 9, 'demote', 9, 8, 90.0, 100)
    """  # noqa: E501 - one line of a doctest
    counted = {tier.id: items(tier.requirements, found) for tier in tiers}
    places = {tier.id: place for place, tier in enumerate(tiers)}
    earned = next((t for t in tiers if is_earned(counted[t.id], t.pass_mark)), None)
    if earned and _is_better(earned, places, current, current_rank):
        outcome, to_tier = "promote", earned.id
    else:
        to_tier = _after_policy(tiers, counted, places.get(current), earned, policy, current)
        outcome = "keep" if to_tier == current else "demote"
    judged = _judged(tiers, places, outcome, to_tier, current)
    return Decision(
        current,
        earned.id if earned else 0,
        outcome,
        to_tier,
        judged.id if judged else 0,
        tiers_lib.points(counted[judged.id]) if judged and counted[judged.id] else 0.0,
        judged.pass_mark if judged else 0.0,
        evidence(judged.requirements, found) if judged else [],
    )


def is_earned(counted: Sequence[tiers_lib.Item], pass_mark: float) -> bool:
    """Whether a tier is earned; one that asks for nothing is earned by nobody.

    >>> is_earned([], 0), is_earned([tiers_lib.Item(1, 1, 0.5)], 50)
    (False, True)
    """
    return bool(counted) and tiers_lib.earned(counted, pass_mark)


def evidence(
    requirements: Sequence[Requirement], found: Mapping[int, Found]
) -> list[dict[str, Any]]:
    """The criteria with their values, as plain data to be kept.

    >>> [line] = evidence([Requirement(3, 1.0, True, 0, True, False)], {3: (None, 5.0, False)})
    >>> line["criterion_id"], line["value"], line["attainment"], line["met"], line["must"]
    (3, None, 0.0, False, True)
    """
    lines = []
    for one in requirements:
        if one.id not in found:
            continue
        part = attained(one, found[one.id])
        value, threshold, _met = found[one.id]
        lines.append(
            {
                "criterion_id": one.id,
                "value": value,
                "threshold": threshold,
                "attainment": round(part or 0.0, 4),
                "must": one.must,
                "met": part == 1.0,
                "left_out": part is None,
            }
        )
    return lines


def _is_better(
    earned: Tier, places: Mapping[int, int], current: int, current_rank: int | None
) -> bool:
    if not current:
        return True
    if current in places:
        return places[earned.id] < places[current]
    return current_rank is None or earned.rank < current_rank


def _after_policy(
    tiers: Sequence[Tier],
    counted: Mapping[int, list[tiers_lib.Item]],
    place: int | None,
    earned: Tier | None,
    policy: str,
    current: int,
) -> int:
    """The tier of a partner that is not promoted."""
    if place is None or not counted[current] or (earned and earned.id == current):
        return current
    below = tiers[place + 1 :]
    if policy == "one_down":
        return below[0].id if below else 0
    if policy == "to_earned":
        for tier in below:
            if not counted[tier.id] or is_earned(counted[tier.id], tier.pass_mark):
                return tier.id
        return 0
    return current


def _judged(
    tiers: Sequence[Tier], places: Mapping[int, int], outcome: str, to_tier: int, current: int
) -> Tier | None:
    if outcome == "promote":
        return tiers[places[to_tier]]
    if current in places:
        return tiers[places[current]]
    return tiers[-1] if tiers and not current else None
