"""Decisions about tiers against numbers worked out by hand, and what must hold for any numbers."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.exceptions import ValidationError
from odoo.tests import BaseCase, tagged

from ..lib import tier_decision
from ..lib.criteria import meets
from .tier_common import TierCommon

#: how fast examples are made and tried says nothing about the decision
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
POLICIES = ("none", "one_down", "to_earned")
values = st.none() | st.integers(-50, 300)
requirements = st.builds(
    tier_decision.Requirement,
    id=st.just(0),
    weight=st.sampled_from([0.0, 1.0, 2.5]),
    must=st.booleans(),
    alternative=st.sampled_from([0, 0, 1]),
    higher_is_better=st.booleans(),
    ignore=st.booleans(),
)
#: a tier: pass mark and criteria, each with its threshold and whether exactly that is too little
drawn_tiers = st.lists(
    st.tuples(
        st.sampled_from([0, 40, 70, 100]),
        st.lists(st.tuples(requirements, st.integers(-20, 200), st.booleans()), max_size=4),
    ),
    min_size=1,
    max_size=4,
)


def build(drawn, amounts):
    """Return (tiers, found) of drawn tiers, the n-th criterion with the n-th amount."""
    tiers, found, number = [], {}, 0
    for rank, (pass_mark, asked) in enumerate(drawn, 1):
        mine = []
        for requirement, threshold, strict in asked:
            number += 1
            mine.append(requirement._replace(id=number))
            value = amounts[number % len(amounts)]
            sign = (">" if requirement.higher_is_better else "<") + ("" if strict else "=")
            met = meets(value, threshold, sign)
            found[number] = (value, threshold, requirement.ignore if met is None else met)
        tiers.append(tier_decision.Tier(rank * 10, rank, pass_mark, tuple(mine)))
    return tiers, found


@tagged("post_install", "-at_install")
class TestDecisionProperties(BaseCase):
    @UNHURRIED
    @given(drawn_tiers, st.lists(values, min_size=16, max_size=16), st.integers(0, 15), st.data())
    def test_a_better_value_never_lowers_a_tier(self, drawn, amounts, place, data):
        tiers, found = build(drawn, amounts)
        keys = [r.id for tier in tiers for r in tier.requirements if found[r.id][0] is not None]
        if not keys:
            return
        asked = {r.id: r for tier in tiers for r in tier.requirements}
        key = keys[place % len(keys)]
        value, threshold, met = found[key]
        better = value + (1 if asked[key].higher_is_better else -1) * data.draw(st.integers(0, 250))
        # what was met stays so; what becomes better by more than the threshold is met
        sure = better > threshold if asked[key].higher_is_better else better < threshold
        raised = found | {key: (better, threshold, met or sure)}
        for current in [0, *[tier.id for tier in tiers]]:
            for policy in POLICIES:
                before = tier_decision.decide(tiers, found, current, policy=policy)
                after = tier_decision.decide(tiers, raised, current, policy=policy)
                self.assertLessEqual(self._rank(after.to_tier), self._rank(before.to_tier))
                self.assertLessEqual(self._rank(after.earned), self._rank(before.earned))

    @UNHURRIED
    @given(drawn_tiers, st.lists(values, min_size=16, max_size=16), st.integers(0, 15))
    def test_want_of_data_never_promotes(self, drawn, amounts, place):
        """Where a criterion is not left out, None is at most as good as any value."""
        drawn = [(m, [(r._replace(ignore=False), t, s) for r, t, s in some]) for m, some in drawn]
        tiers, found = build(drawn, amounts)
        if not found:
            return
        key = list(found)[place % len(found)]
        missing = found | {key: (None, found[key][1], False)}
        for current in [0, *[tier.id for tier in tiers]]:
            before = tier_decision.decide(tiers, found, current)
            after = tier_decision.decide(tiers, missing, current)
            self.assertGreaterEqual(self._rank(after.to_tier), self._rank(before.to_tier))
            if after.outcome == "promote":
                self.assertEqual(before.outcome, "promote")

    @UNHURRIED
    @given(drawn_tiers, st.lists(st.none(), min_size=16, max_size=16))
    def test_a_must_without_data_fails(self, drawn, amounts):
        tiers, found = build(drawn, amounts)
        earned = tier_decision.decide(tiers, found).earned
        [asked] = [tier.requirements for tier in tiers if tier.id == earned] or [()]
        self.assertFalse([one for one in asked if one.must and not one.alternative])

    @UNHURRIED
    @given(drawn_tiers, st.lists(values, min_size=16, max_size=16), st.sampled_from(POLICIES))
    def test_outcome_and_tier_agree(self, drawn, amounts, policy):
        tiers, found = build(drawn, amounts)
        for current in [0, *[tier.id for tier in tiers]]:
            decision = tier_decision.decide(tiers, found, current, policy=policy)
            before, after = self._rank(current), self._rank(decision.to_tier)
            sign = {"promote": after < before, "keep": after == before, "demote": after > before}
            self.assertTrue(sign[decision.outcome], decision)
            if policy == "none":
                self.assertNotEqual(decision.outcome, "demote")

    @staticmethod
    def _rank(tier):
        return tier or 10**6


@tagged("post_install", "-at_install")
class TestDecision(TierCommon):
    def test_worked_by_hand(self):
        """Silver: revenue 1,000 (weight 3) and 4 orders (weight 1), pass mark 80.

        600 in 2 orders: 100 × (3 × 0.6 + 1 × 0.5) ÷ 4 = 57.5. 900 in 3: 100 × (2.7 + 0.75) ÷ 4
        = 86.25. Gold: revenue 2,000, must.
        """
        self.silver.prm_pass_mark = 80
        revenue = self.criterion(self.silver, "sold_revenue_ordered", 1000, weight=3)
        orders = self.criterion(self.silver, "sold_orders", 4, weight=1)
        self.criterion(self.gold, "sold_revenue_ordered", 2000, must=True)
        one = self.enroll("One", self.silver)
        self.sell(one, 200)
        self.sell(one, 400)
        decision = self.decide(one)[one.id]
        self.assertEqual(
            decision[:5], (self.silver.id, 0, "demote", self.bronze.id, self.silver.id)
        )
        self.assertAlmostEqual(decision.points, 57.5)
        self.assertEqual(decision.pass_mark, 80)
        self.assertEqual(
            decision.evidence,
            [
                {
                    "criterion_id": criterion.id,
                    "value": value,
                    "threshold": threshold,
                    "attainment": attainment,
                    "must": False,
                    "met": False,
                    "left_out": False,
                }
                for criterion, value, threshold, attainment in (
                    (revenue, 600.0, 1000.0, 0.6),
                    (orders, 2.0, 4.0, 0.5),
                )
            ],
        )
        self.sell(one, 300)
        decision = self.decide(one)[one.id]
        self.assertEqual((decision.outcome, decision.earned), ("keep", self.silver.id))
        self.assertAlmostEqual(decision.points, 86.25)
        self.sell(one, 1100)
        decision = self.decide(one)[one.id]
        self.assertEqual((decision.outcome, decision.to_tier), ("promote", self.gold.id))
        self.assertEqual((decision.judged, decision.points), (self.gold.id, 100))

    def test_lower_is_better(self):
        """Days since the last purchase: at most 30, held 60 → attainment 30 ÷ 60."""
        self.criterion(self.silver, "days_since_purchase", 30, operator="<=", window_kind="ever")
        one = self.enroll("One", self.silver)
        decision = self.decide(one)[one.id]
        self.assertEqual((decision.outcome, decision.points), ("demote", 0), "nothing is known")
        self.order(one.partner_id, days_ago=60)
        decision = self.decide(one)[one.id]
        self.assertAlmostEqual(decision.points, 50, delta=1)
        self.order(one.partner_id, days_ago=10)
        self.assertEqual(self.decide(one)[one.id].outcome, "keep")

    def test_what_happened_on_the_day_does_not_count_yet(self):
        self.criteria()
        one = self.enroll("One", self.bronze)
        self.sell(one, 600, days_ago=0)
        self.assertEqual(self.decide(one)[one.id].outcome, "demote")

    def test_policies(self):
        self.criteria()
        one = self.enroll("One", self.gold)
        self.sell(one, 150)
        for policy, tier in zip(POLICIES, (self.gold, self.silver, self.bronze), strict=True):
            self.program.demotion_policy = policy
            decision = self.decide(one)[one.id]
            self.assertEqual(decision.to_tier, tier.id, policy)
            self.assertEqual(decision.earned, self.bronze.id)

    def test_the_lowest_tier_can_be_lost_when_it_asks_for_something(self):
        self.criteria()
        one = self.enroll("One", self.bronze)
        self.assertEqual(self.decide(one)[one.id][2:4], ("demote", 0))

    def test_a_tier_without_criteria_is_given_by_hand(self):
        self.criterion(self.gold, "sold_orders", 1)
        one, two = self.enroll("One", self.bronze), self.enroll("Two")
        decisions = self.decide(one | two)
        self.assertEqual([decisions[e.id].outcome for e in (one, two)], ["keep", "keep"])
        self.assertEqual(decisions[two.id].to_tier, 0)

    def test_an_archived_tier_is_kept_unless_a_better_one_is_earned(self):
        self.criteria()
        one = self.enroll("One", self.silver)
        self.silver.active = False
        self.sell(one, 150)
        self.assertEqual(self.decide(one)[one.id].outcome, "keep")
        self.sell(one, 1000)
        self.assertEqual(self.decide(one)[one.id][2:4], ("promote", self.gold.id))

    def test_a_tier_without_a_program_is_given_by_hand(self):
        """No review gives it or takes it away, whatever it asks for; a better one is given."""
        shared = self.gold.create({"name": "Honorary", "sequence": 2})
        self.criterion(shared, "sold_orders", 1)
        self.criterion(self.gold, "sold_revenue_ordered", 1000)
        one, two = self.enroll("One", shared), self.enroll("Two")
        decisions = self.decide(one | two)
        self.assertEqual([decisions[e.id][2] for e in (one, two)], ["keep", "keep"])
        self.sell(one, 600)
        self.sell(two, 600)
        decisions = self.decide(one | two)
        self.assertEqual([decisions[e.id].to_tier for e in (one, two)], [shared.id, 0])
        self.assertNotIn(shared.id, [decision.earned for decision in decisions.values()])
        self.sell(one, 600)
        self.assertEqual(self.decide(one)[one.id][2:4], ("promote", self.gold.id))

    def test_criteria_hold_on_their_days(self):
        self.criterion(self.silver, "sold_revenue_ordered", 10**6, valid_from="2100-01-01")
        self.criterion(self.silver, "sold_revenue_ordered", 100, valid_to="2099-12-31")
        one = self.enroll("One", self.silver)
        self.sell(one, 150)
        self.assertEqual(self.decide(one)[one.id].outcome, "keep")
        self.assertEqual(self.decide(one, "2100-01-01")[one.id].outcome, "demote")

    def test_held_may_be_said(self):
        self.criteria()
        one = self.enroll("One", self.bronze)
        self.sell(one, 600)
        self.assertEqual(self.decide(one)[one.id].outcome, "promote")
        self.assertEqual(self.decide(one, held={one.id: self.gold.id})[one.id].outcome, "demote")
        self.assertEqual(self.decide(one, held={one.id: self.silver.id})[one.id].outcome, "keep")

    def test_order_and_number_of_partners_do_not_matter(self):
        self.criteria()
        some = [self.enroll(f"P{n}", self.silver) for n in range(8)]
        for number, one in enumerate(some):
            self.sell(one, number * 150)
        every = self.env["prm.enrollment"].union(*some)
        self.decide(every)
        alone = {one.id: self.decide(one)[one.id] for one in some}
        self.assertEqual(self.decide(every), alone)
        self.assertEqual(self.decide(every.browse(reversed(every.ids))), alone)
        few = self.queries(lambda: self.decide(some[0]))
        many = self.queries(lambda: self.decide(every))
        self.assertEqual(few, many)
        self.assertLessEqual(many, 16)

    def test_a_tier_asks_for_more_of_what_is_better(self):
        with self.assertRaises(ValidationError):
            self.criterion(self.silver, "days_since_purchase", 30, operator=">=")
        with self.assertRaises(ValidationError):
            self.criterion(self.silver, "sold_orders", 3, operator="<")
