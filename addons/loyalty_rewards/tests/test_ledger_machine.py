"""Random sequences of everything that moves points, against a plain model of balances.

A thousand steps in every run of the tests; ``make soak`` does more (SOAK_STEPS).
"""

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import LedgerCommon

#: how many steps at least, in sequences of fifty
STEPS = int(os.environ.get("SOAK_STEPS") or 1000)
POINTS = st.integers(min_value=1, max_value=4000).map(lambda number: number / 10)
DAYS = st.sampled_from([None, "2031-01-31", "2032-02-29", "2033-12-31"])
CARDS = st.integers(min_value=0, max_value=2)


class Counted:
    """How many steps were done."""

    steps = 0


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

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), share=st.sampled_from([0.5, 1]))
    def refund(self, data, share):
        """Credit the whole order, or half of its goods; what was settled before moves no more."""
        place = data.draw(st.integers(min_value=0, max_value=len(self.orders) - 1))
        order, earned, cost = self.orders[place]
        if not order.invoice_ids:
            order._create_invoices().action_post()
        invoice = order.invoice_ids.filtered(lambda move: move.move_type == "out_invoice")
        if len(order.invoice_ids) > len(invoice):
            return  # one credit note an order is enough here
        reversal = (
            self.case.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        refund = invoice.browse(reversal.reverse_moves()["res_id"])
        if share < 1:
            refund.invoice_line_ids.filtered(lambda line: line.price_unit < 0).unlink()
            goods = refund.invoice_line_ids
            goods.quantity = goods.quantity * share
        refund.action_post()
        for _turn in range(2):
            self.case.env["loyalty.ledger"]._follow_refunds(order)
        kept = 1 - order._loyalty_refunded_share()
        taken = round(earned - earned * kept, 2)
        returned = cost if share == 1 else 0
        self.moved(0, returned - taken)
        self.orders[place] = (order, earned - taken, cost - returned)

    @rule(card=CARDS, points=POINTS)
    def wait_and_release(self, card, points):
        """Points come pending, and the job posts those whose day has come."""
        posting = self.posting(card, points, available_on="2099-01-01")
        [done] = self.api.accrue([posting])
        assert done["state"] == "pending"
        entry = self.case.env["loyalty.ledger.entry"].browse(done["entry_id"])
        entry.available_on = "2020-01-01"
        self.case.env["loyalty.ledger"]._job_release(100)
        self.moved(card, points)
        self.reversible[entry.id] = [card, points]

    @rule(card=CARDS)
    def expire(self, card):
        """All lots of a card that have an end have come to it."""
        self.case.env.flush_all()
        self.case.env.cr.execute(
            "UPDATE loyalty_ledger_lot SET expires_on = '2020-01-01'"
            " WHERE expires_on IS NOT NULL AND remaining > 0 AND card_id = %s",
            [self.cards[card].id],
        )
        # so have those to which a reversal has given back since
        self.case.env.cr.execute(
            "SELECT card_id, sum(remaining) FROM loyalty_ledger_lot WHERE remaining > 0"
            " AND expires_on = '2020-01-01' AND card_id = ANY(%s) GROUP BY card_id",
            [self.cards.ids],
        )
        gone = dict(self.case.env.cr.fetchall())
        self.case.env.invalidate_all()
        self.case.env["loyalty.ledger"]._job_expire(1000)
        for number, one in enumerate(self.cards):
            self.moved(number, -float(gone.get(one.id, 0)))

    @rule(card=CARDS, points=POINTS)
    def hold_and_spend(self, card, points):
        """A hold keeps points from everybody but who made it."""
        possible = self.balance[card] >= points
        posting = self.posting(card, points)
        assert self.refused(lambda: self.api.reserve([posting])) != possible
        if not possible:
            return
        other = self.posting(card, round(self.balance[card] - points + 0.1, 4))
        assert self.refused(lambda: self.api.redeem([other]))
        spend = self.posting(card, points, hold=posting["key"])
        [done] = self.api.redeem([spend])
        self.moved(card, -points)
        self.reversible[done["entry_id"]] = [card, -points]

    @rule(card=CARDS, points=POINTS, sign=st.sampled_from([1, -1]))
    def adjust(self, card, points, sign):
        """Somebody gives or takes points, for a reason."""
        possible = sign > 0 or self.balance[card] >= points
        rows = self.case.env["loyalty.ledger.adjustment"]
        row = rows.create(
            {"card_id": self.cards[card].id, "points": sign * points, "reason": "Sorry"}
        )
        self.cards.program_id.loyalty_adjust_limit = 10**9
        assert self.refused(row.action_request) != possible
        if possible:
            self.moved(card, sign * points)

    @invariant()
    def balances_and_ledger(self):
        Counted.steps += 1
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
            max_examples=max(STEPS // 50, 1),
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        Counted.steps = 0
        test().runTest()
        self.assertGreaterEqual(Counted.steps, STEPS * 0.9)
