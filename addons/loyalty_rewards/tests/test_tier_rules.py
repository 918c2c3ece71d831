"""The decision about a tier, against a naive model and for what must always hold."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..lib.earning import add_months
from ..lib.tiers import Held, Terms, Tier, decide, earned, last_day, missing

START = date(2026, 1, 1)
VALUES = st.integers(min_value=0, max_value=12).map(lambda number: number * 100.0)
DAYS = st.dates(min_value=START, max_value=date(2028, 12, 31))


@st.composite
def ladders(draw):
    """Tiers of a program: different entry thresholds, each kept by no more than it asks for."""
    entries = draw(st.lists(VALUES, min_size=1, max_size=5, unique=True))
    tiers = [
        Tier(number, entry, draw(VALUES.filter(lambda keep, most=entry: keep <= most)))
        for number, entry in enumerate(sorted(entries), 1)
    ]
    closed = draw(st.integers(min_value=-1, max_value=len(tiers) - 1))
    return [
        tier._replace(open=number != closed or len(tiers) == 1) for number, tier in enumerate(tiers)
    ]


TERMS = st.builds(
    Terms,
    validity=st.integers(0, 3),
    grace=st.integers(0, 20),
    notice=st.integers(0, 40),
    policy=st.sampled_from(["one_down", "to_earned", "none"]),
)


@st.composite
def situations(draw):
    """Tiers, their terms, what a member holds, and a day."""
    tiers, terms, today = draw(ladders()), draw(TERMS), draw(DAYS)
    until = draw(st.none() | DAYS)
    told = draw(st.none() | st.integers(0, 60)) if until else None
    held = Held(
        draw(st.sampled_from([0, *(tier.id for tier in tiers)])),
        until,
        None if told is None else today - timedelta(days=told),
    )
    return tiers, terms, held if held.tier else Held(), today


def rank(tiers, tier):
    """Place of a tier, 0 for none."""
    return {one.id: place for place, one in enumerate(tiers, 1)}.get(tier, 0)


class Naive:
    """A member's tier told as a story, night by night; written without looking at the lib."""

    def __init__(self, tiers, terms):
        self.tiers, self.terms = sorted(tiers, key=lambda tier: tier.entry), terms
        self.place = -1
        self.run_out = self.told = None
        self.notices = []

    def night(self, today, value):
        reached = [
            place for place, tier in enumerate(self.tiers) if tier.open and tier.entry <= value
        ]
        if reached and reached[-1] > self.place:
            self.place, self.run_out, self.told = reached[-1], None, None
        elif self.place >= 0:
            if value >= self.tiers[self.place].keep or self.terms.policy == "none":
                self.run_out = self.told = None
            else:
                self.below(today, value)
        return self.tiers[self.place].id if self.place >= 0 else 0

    def below(self, today, value):
        if self.run_out is None:
            self.run_out = add_months(today, self.terms.validity)
        if self.told is None:
            if (self.run_out - today).days <= self.terms.notice:
                self.told = today
                self.notices.append(today)
            return
        late = (today - self.run_out).days > self.terms.grace
        if late and (today - self.told).days > self.terms.notice:
            self.fall(today, value)

    def fall(self, today, value):
        while self.place >= 0:
            self.place -= 1
            if self.place < 0:
                break
            tier = self.tiers[self.place]
            if tier.open and (self.terms.policy == "one_down" or value >= tier.keep):
                break
        self.run_out = self.told = None
        if self.place >= 0 and value < self.tiers[self.place].keep:
            self.run_out = add_months(today, self.terms.validity)


@tagged("post_install", "-at_install")
class TestTierRules(BaseCase):
    def nights(self, tiers, terms, values, step=5):
        """Decide night by night; return the outcomes."""
        held, outcomes = Held(), []
        for number, value in enumerate(values):
            outcomes.append(
                decide(tiers, value, held, terms, START + timedelta(days=step * number))
            )
            held = outcomes[-1].held
        return outcomes

    @settings(max_examples=150, deadline=None, derandomize=True)
    @given(situations(), VALUES, VALUES, st.booleans())
    def test_more_never_means_a_lower_tier(self, situation, value, more, may_drop):
        tiers, terms, held, today = situation
        low = decide(tiers, value, held, terms, today, may_drop)
        high = decide(tiers, value + more, held, terms, today, may_drop)
        self.assertGreaterEqual(rank(tiers, high.held.tier), rank(tiers, low.held.tier))

    @settings(max_examples=100, deadline=None, derandomize=True)
    @given(
        ladders(),
        TERMS.filter(lambda terms: terms.policy != "to_earned"),
        st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=60),
    )
    def test_who_always_has_more_is_never_behind(self, tiers, terms, pairs):
        tiers = [tier._replace(open=True) for tier in tiers]
        low = self.nights(tiers, terms, [value for value, _more in pairs])
        high = self.nights(tiers, terms, [value + more for value, more in pairs])
        for one, other in zip(low, high, strict=True):
            self.assertGreaterEqual(rank(tiers, other.held.tier), rank(tiers, one.held.tier))

    @settings(max_examples=150, deadline=None, derandomize=True)
    @given(situations(), VALUES, st.randoms(use_true_random=False))
    def test_order_of_the_tiers_does_not_matter(self, situation, value, random):
        tiers, terms, held, today = situation
        shuffled = random.sample(tiers, len(tiers))
        self.assertEqual(
            decide(tiers, value, held, terms, today), decide(shuffled, value, held, terms, today)
        )

    @settings(max_examples=150, deadline=None, derandomize=True)
    @given(situations(), VALUES)
    def test_the_same_night_again_changes_nothing(self, situation, value):
        tiers, terms, held, today = situation
        first = decide(tiers, value, held, terms, today)
        again = decide(tiers, value, first.held, terms, today)
        if first.direction != "down":  # what follows on a drop begins to run that night
            self.assertEqual((again.held, again.direction, again.tell), (first.held, "", False))

    @settings(max_examples=150, deadline=None, derandomize=True)
    @given(situations(), VALUES)
    def test_nobody_drops_unless_told_in_time(self, situation, value):
        tiers, terms, held, today = situation
        outcome = decide(tiers, value, held, terms, today)
        if outcome.direction == "down":
            self.assertTrue(held.told_on)
            self.assertGreater(today, held.told_on + timedelta(days=terms.notice))
            self.assertGreater(today, held.until + timedelta(days=terms.grace))
            self.assertGreater(today, last_day(held, terms, today))
        if outcome.held.tier != held.tier:
            self.assertTrue(outcome.direction, "nothing moves silently")

    @settings(max_examples=150, deadline=None, derandomize=True)
    @given(ladders(), TERMS, st.lists(VALUES, min_size=1, max_size=80))
    def test_equals_a_naive_model(self, tiers, terms, values):
        naive, held, told = Naive(tiers, terms), Held(), []
        for number, value in enumerate(values):
            today = START + timedelta(days=5 * number)
            outcome = decide(tiers, value, held, terms, today)
            held = outcome.held
            told += [today] * outcome.tell
            self.assertEqual(naive.night(today, value), held.tier, (today, value))
            self.assertEqual((naive.run_out, naive.told), (held.until, held.told_on))
        self.assertEqual(told, naive.notices)

    @settings(max_examples=100, deadline=None, derandomize=True)
    @given(ladders(), VALUES, VALUES)
    def test_what_is_missing_is_enough(self, tiers, value, holding):
        held = earned(tiers, holding)
        found = missing(tiers, value, held.id if held else 0)
        if found:
            tier, gap = found
            reached = decide(tiers, value + gap, Held(held.id if held else 0), Terms(), START)
            self.assertEqual(reached.held.tier, tier.id)
            self.assertGreater(gap, 0)

    def test_gifts_of_skipped_tiers_and_again_after_a_drop(self):
        tiers = [Tier(1, 0, 0), Tier(2, 500, 400), Tier(3, 1000, 800)]
        terms = Terms(validity=0, grace=0, notice=0)
        outcomes = self.nights(tiers, terms, [0, 1000, 1000, 700, 700, 700, 1000], step=1)
        gifts = [outcome.gifts for outcome in outcomes]
        self.assertEqual(gifts, [(1,), (2, 3), (), (), (), (), (3,)])
        outcomes = self.nights(tiers, terms, [1000, 700, 700, 700, 700, 1000], step=1)
        self.assertEqual([one.direction for one in outcomes], ["up", "", "down", "", "", "up"])
        self.assertEqual(outcomes[-1].gifts, (3,))
