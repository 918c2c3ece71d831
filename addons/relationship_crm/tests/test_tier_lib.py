"""Edges of the decision and of the gaps, each worked out by hand, without a database."""

from odoo.tests import BaseCase, tagged

from ..lib import targets, tier_decision, tiers
from ..lib.tiers import Item

HELD = tier_decision.Requirement(1, 1.0, False, 0, True, False)


@tagged("post_install", "-at_install")
class TestTierLib(BaseCase):
    def tier(self, key, rank, *asked):
        """A tier that asks for all of some criteria, named by their ids."""
        return tier_decision.Tier(key, rank, 100, tuple(HELD._replace(id=one) for one in asked))

    def test_an_archived_tier_of_the_same_rank_is_kept(self):
        decision = tier_decision.decide(
            [self.tier(8, 2, 1)], {1: (5.0, 5.0, True)}, current=4, current_rank=2
        )
        self.assertEqual((decision.earned, decision.outcome, decision.to_tier), (8, "keep", 4))
        better = tier_decision.decide(
            [self.tier(8, 2, 1)], {1: (5.0, 5.0, True)}, current=4, current_rank=3
        )
        self.assertEqual((better.outcome, better.to_tier), ("promote", 8))

    def test_a_tier_that_asks_for_nothing_is_not_lost(self):
        some = [self.tier(7, 1, 1), self.tier(8, 2), self.tier(9, 3, 2)]
        found = {1: (0.0, 5.0, False), 2: (0.0, 5.0, False)}
        for policy in ("none", "one_down", "to_earned"):
            decision = tier_decision.decide(some, found, current=8, policy=policy)
            self.assertEqual((decision.outcome, decision.to_tier), ("keep", 8), policy)

    def test_who_holds_no_tier_is_judged_by_the_lowest(self):
        some = [self.tier(7, 1, 1), self.tier(9, 3, 2)]
        decision = tier_decision.decide(some, {1: (0.0, 9.0, False), 2: (2.0, 4.0, False)})
        self.assertEqual((decision.judged, decision.points), (9, 50.0))
        self.assertEqual([line["criterion_id"] for line in decision.evidence], [2])

    def test_a_must_is_met_in_full_or_not(self):
        almost = [Item(1, 1, 0.9999, must=True), Item(2, 9, 1.0)]
        self.assertFalse(tiers.earned(almost, 50))
        self.assertTrue(tiers.earned([Item(1, 1, 1.0, must=True), Item(2, 9, 1.0)], 50))

    def test_one_must_makes_the_alternative_a_must(self):
        pair = [Item(1, 1, 0.4, True, 3), Item(2, 1, 0.6, False, 3)]
        [best] = tiers.best_of_alternatives(pair)
        self.assertEqual((best.key, best.must), (2, True))

    def test_the_least_effort_comes_first_not_the_fewest(self):
        items = [Item(1, 2, 0.1), Item(2, 1, 0.9), Item(3, 1, 0.9)]
        self.assertEqual(tiers.gaps(items, 55).options, [[2, 3], [1]])

    def test_up_to_twelve_are_tried_more_go_by_weight(self):
        twelve = [Item(key, 1, 0.5) for key in range(1, 13)]
        self.assertEqual(tiers.gaps(twelve, 55).options, [[1, 2], [1, 3], [1, 4]])
        more = [Item(key, key, 0.0) for key in range(1, 14)]
        self.assertEqual(tiers.gaps(more, 25).options, [[13, 12]])

    def test_errors_of_months_grow_with_the_root_of_their_number(self):
        history = [100.0, 110.0, 95.0, 105.0, 90.0, 100.0, 104.0]
        one, four = (targets.forecast(history, 0, 0, months) for months in (1, 4))
        self.assertGreater(one.high, one.value)
        self.assertAlmostEqual(four.high - four.value, 2 * (one.high - one.value))
