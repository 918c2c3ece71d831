"""Which loyalty tier a member has: from what was counted, and from the tier held until now.

A tier is entered at once when its entry threshold is reached. It is kept while its keep threshold
is met, and for some months after the last day on which it was; then for some days of grace, and
never before the member has been told for long enough. Nothing here knows of a database or a clock.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from .earning import add_months


class Tier(NamedTuple):
    """A tier as the decision sees it. ``open`` is false for one that is archived: who has it keeps
    it by its own rules, and nobody enters it."""

    id: int
    entry: float
    keep: float
    open: bool = True


class Terms(NamedTuple):
    """How long a tier stays: months after its keep threshold was last met, days of grace after
    that, days of notice before it is lost, and where members drop: ``one_down`` (the next tier
    below), ``to_earned`` (the best one below whose keep threshold is met) or ``none`` (nowhere)."""

    validity: int = 0
    grace: int = 0
    notice: int = 0
    policy: str = "one_down"


class Held(NamedTuple):
    """What a member has: ``tier`` (0 for none), ``until`` when it runs out (None while its keep
    threshold is met), ``told_on`` when the member was told so."""

    tier: int = 0
    until: date | None = None
    told_on: date | None = None


class Outcome(NamedTuple):
    """What a night decides.

    :ivar held: what the member has from now on
    :ivar direction: ``up``, ``down`` or empty when the tier stays
    :ivar gifts: tiers entered on the way up, whose gifts the member gets, the lowest first
    :ivar tell: whether the member is told tonight that the tier may be lost
    """

    held: Held
    direction: str = ""
    gifts: tuple[int, ...] = ()
    tell: bool = False


def earned(tiers: Sequence[Tier], value: float) -> Tier | None:
    """The best tier whose entry threshold is reached.

    >>> tiers = [Tier(1, 0, 0), Tier(2, 500, 400), Tier(3, 1000, 800)]
    >>> [earned(tiers, value).id for value in (0, 499.99, 500, 5000)]
    [1, 1, 2, 3]
    >>> earned(tiers[1:], 0) is None
    True
    """
    reached = [tier for tier in tiers if tier.open and value >= tier.entry]
    return max(reached, key=lambda tier: tier.entry, default=None)


def last_day(held: Held, terms: Terms, today: date) -> date | None:
    """The last day of a tier that runs out, if nothing changes; None while it does not.

    >>> day, terms = date(2026, 3, 31), Terms(grace=14, notice=30)
    >>> last_day(Held(3, day, date(2026, 3, 1)), terms, date(2026, 3, 2))
    datetime.date(2026, 4, 14)
    >>> last_day(Held(3, day), terms, date(2026, 4, 10))  # told today at the earliest
    datetime.date(2026, 5, 10)
    >>> last_day(Held(3), terms, day) is None
    True
    """
    if not held.until:
        return None
    told = held.told_on or max(today, held.until - timedelta(days=terms.notice))
    return max(held.until + timedelta(days=terms.grace), told + timedelta(days=terms.notice))


def below(tiers: Sequence[Tier], tier: Tier, value: float, policy: str) -> Tier | None:
    """The tier that follows on one that is lost; None when there is none.

    >>> tiers = [Tier(1, 0, 0), Tier(2, 500, 400), Tier(3, 1000, 800), Tier(4, 2000, 1500)]
    >>> [below(tiers, tiers[3], 450, policy).id for policy in ("one_down", "to_earned")]
    [3, 2]
    >>> below(tiers, tiers[0], 0, "one_down") is None
    True
    """
    lower = [one for one in tiers if one.open and one.entry < tier.entry]
    if policy == "to_earned":
        lower = [one for one in lower if value >= one.keep]
    return max(lower, key=lambda one: one.entry, default=None)


def decide(
    tiers: Sequence[Tier],
    value: float,
    held: Held,
    terms: Terms,
    today: date,
    may_drop: bool = True,
) -> Outcome:
    """Decide about one member.

    :param tiers: of the program, in any order; with the archived ones that somebody still has
    :param value: what was counted until today
    :param may_drop: false while something speaks against it, such as an open complaint

    A member reaches Gold and gets the gift of Silver, too; falls below; is told; loses it:

    >>> tiers = [Tier(1, 0, 0), Tier(2, 500, 400), Tier(3, 1000, 800)]
    >>> terms = Terms(validity=2, grace=10, notice=30)
    >>> up = decide(tiers, 1200, Held(1), terms, date(2026, 1, 5))
    >>> up.held.tier, up.direction, up.gifts
    (3, 'up', (2, 3))
    >>> decide(tiers, 800, up.held, terms, date(2026, 6, 1)) == Outcome(up.held)
    True
    >>> low = decide(tiers, 799, up.held, terms, date(2026, 6, 1))
    >>> low.held.until, low.tell
    (datetime.date(2026, 8, 1), False)
    >>> told = decide(tiers, 799, low.held, terms, date(2026, 7, 2))
    >>> told.tell, decide(tiers, 799, told.held, terms, date(2026, 8, 11)).direction
    (True, '')
    >>> lost = decide(tiers, 799, told.held, terms, date(2026, 8, 12))
    >>> lost.direction, lost.held
    ('down', Held(tier=2, until=None, told_on=None))
    >>> decide(tiers, 800, told.held, terms, date(2026, 8, 12)).held  # met again: it stays
    Held(tier=3, until=None, told_on=None)
    >>> decide(tiers, 799, told.held, terms, date(2026, 8, 12), may_drop=False).direction
    ''
    """
    now = next((tier for tier in tiers if tier.id == held.tier), None)
    best = earned(tiers, value)
    if best and (now is None or best.entry > now.entry):
        floor = now.entry if now else -1.0
        entered = [tier for tier in tiers if tier.open and floor < tier.entry <= best.entry]
        gifts = tuple(tier.id for tier in sorted(entered, key=lambda tier: tier.entry))
        return Outcome(Held(best.id), "up", gifts)
    if now is None or value >= now.keep or terms.policy == "none":
        return Outcome(Held(now.id if now else 0))
    return _running_out(tiers, now, value, held, terms, today, may_drop)


def _running_out(
    tiers: Sequence[Tier],
    now: Tier,
    value: float,
    held: Held,
    terms: Terms,
    today: date,
    may_drop: bool,
) -> Outcome:
    """Decide about a member who no longer meets what the tier asks for to be kept."""
    until = held.until or add_months(today, terms.validity)
    told_on, tell = held.told_on, False
    if not told_on and today >= until - timedelta(days=terms.notice):
        told_on, tell = today, True
    held = Held(now.id, until, told_on)
    end = last_day(held, terms, today)
    if tell or not told_on or not may_drop or not end or today <= end:
        return Outcome(held, tell=tell)
    lower = below(tiers, now, value, terms.policy)
    if lower and value < lower.keep:
        return Outcome(Held(lower.id, add_months(today, terms.validity)), "down")
    return Outcome(Held(lower.id if lower else 0), "down")


def missing(tiers: Sequence[Tier], value: float, tier: int) -> tuple[Tier, float] | None:
    """The next tier above, and how much is missing to enter it; None above the best.

    >>> tiers = [Tier(1, 0, 0), Tier(2, 500, 400), Tier(3, 1000, 800)]
    >>> missing(tiers, 120.5, 1)
    (Tier(id=2, entry=500, keep=400, open=True), 379.5)
    >>> missing(tiers, 850, 3) is None
    True
    """
    floor = next((one.entry for one in tiers if one.id == tier), -1.0)
    higher = [one for one in tiers if one.open and one.entry > max(floor, value)]
    if not higher:
        return None
    following = min(higher, key=lambda one: one.entry)
    return following, round(following.entry - value, 4)
