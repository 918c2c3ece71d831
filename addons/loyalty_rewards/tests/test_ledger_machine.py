"""Random sequences of everything that moves points, against a plain model of balances."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import LedgerCommon

POINTS = st.integers(min_value=1, max_value=4000).map(lambda number: number / 10)
DAYS = st.sampled_from([None, "2031-01-31", "2032-02-29", "2033-12-31"])
CARDS = st.integers(min_value=0, max_value=2)


class LedgerMachine(RuleBasedStateMachine):
    """Points of three cards, as they should be; ``case`` is the test it runs in."""

    case = None

    def __init__(self):
        super().__init__()
        case = self.case
        self.savepoint = case.env.cr.savepoint()
        self.savepoint.__enter__()
        case.env.invalidate_all()
        self.cards = case.cards
        self.api = case.env["loyalty.card"]
        self.balance = dict.fromkeys(range(3), 0.0)
        self.reversible = {}  # entry id → [card, points left to take back, signed]
        self.orders = []
        self.number = 0

    def teardown(self):
        self.savepoint.close(rollback=True)
        self.case.env.invalidate_all()

    def key(self):
        self.number += 1
        return f"machine-{self.number}"

    def posting(self, card, points, **more):
        return {"card_id": self.cards[card].id, "points": points, "key": self.key(), **more}

    def moved(self, card, points):
        self.balance[card] = round(self.balance[card] + points, 4)

    def refused(self, function):
        """Whether the call is refused; it then leaves nothing."""
        try:
            with self.case.env.cr.savepoint():
                function()
        except UserError:
            return True
        return False

    @rule(card=CARDS, points=POINTS, day=DAYS)
    def accrue(self, card, points, day):
        posting = self.posting(card, points, expires_on=day)
        [done] = self.api.accrue([posting])
        assert self.api.accrue([posting])[0]["entry_id"] == done["entry_id"]
        self.moved(card, points)
        self.reversible[done["entry_id"]] = [card, points]

    @rule(card=CARDS, points=POINTS)
    def redeem(self, card, points):
        enough = self.balance[card] >= points
        done = []
        posting = self.posting(card, points)
        refused = self.refused(lambda: done.extend(self.api.redeem([posting])))
        assert refused != enough
        if enough:
            self.moved(card, -points)
            self.reversible[done[0]["entry_id"]] = [card, -points]

    @precondition(lambda self: self.reversible)
    @rule(data=st.data(), share=st.sampled_from([0.25, 0.5, 1]))
    def reverse(self, data, share):
        entry = data.draw(st.sampled_from(sorted(self.reversible)))
        card, left = self.reversible[entry]
        points = round(abs(left) * share, 4) or abs(left)
        self.api.reverse([{"entry_id": entry, "points": points, "key": self.key()}])
        back = points if left > 0 else -points
        self.moved(card, -back)
        self.reversible[entry][1] = round(left - back, 4)
        if not self.reversible[entry][1]:
            del self.reversible[entry]

    @rule(card=CARDS, other=CARDS, points=POINTS)
    def transfer(self, card, other, points):
        possible = card != other and self.balance[card] >= points
        posting = self.posting(card, points, to_card_id=self.cards[other].id)
        assert self.refused(lambda: self.api.transfer([posting])) != possible
        if possible:
            self.moved(card, -points)
            self.moved(other, points)

    @rule(card=CARDS, points=POINTS)
    def write_by_hand(self, card, points):
        self.cards[card].points = points
        self.balance[card] = points

    @rule(quantity=st.integers(min_value=1, max_value=3), claim=st.booleans())
    def confirm(self, quantity, claim):
        order = self.case.order(quantity)
        if claim and order._get_claimable_rewards():
            order._apply_program_reward(self.case.reward, self.cards[0])
            order._update_programs_and_rewards()
        earned = sum(order.coupon_point_ids.mapped("points"))
        cost = sum(order.order_line.mapped("points_cost"))
        if not self.refused(order.action_confirm):
            self.moved(0, earned - cost)
            self.orders.append((order, earned, cost))

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def cancel(self, data):
        place = data.draw(st.integers(min_value=0, max_value=len(self.orders) - 1))
        order, earned, cost = self.orders.pop(place)
        order._action_cancel()
        self.moved(0, cost - earned)

    @invariant()
    def balances_and_ledger(self):
        self.case.assert_ledger()
        for number, card in enumerate(self.cards):
            assert card.points == self.balance[number], (number, card.points, self.balance)
        self.case.env.cr.execute(NOT_BOTH, [self.cards.ids])
        assert not self.case.env.cr.fetchall(), "no debt beside open lots"


NOT_BOTH = """
    SELECT card_id FROM loyalty_ledger_lot WHERE card_id = ANY(%s)
     GROUP BY card_id HAVING min(remaining) < 0 AND max(remaining) > 0
"""


@tagged("post_install", "-at_install")
class TestLedgerMachine(LedgerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        others = cls.partner.create([{"name": "Second"}, {"name": "Third"}])
        cls.cards = cls.card.union(*(cls._new_card(partner_id=other.id) for other in others))
        cls.env.cr.flush()

    def test_random_sequences(self):
        machine = type("Machine", (LedgerMachine,), {"case": self})
        test = machine.TestCase
        test.settings = settings(
            max_examples=8,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        test().runTest()
