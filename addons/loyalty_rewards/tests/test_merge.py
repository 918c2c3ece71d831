"""Merged customers: core adds up their cards, the lots move with their expiry."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import LedgerCommon
from .test_earning_rules import EarningCommon
from .tier_common import TierCommon

DAYS = ("2031-01-31", "2032-01-31")


@tagged("post_install", "-at_install")
class TestMerge(LedgerCommon):
    """Complaint 10: merged and duplicate cards."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.source = cls.partner.create({"name": "Buyer again", "is_company": True})
        cls.second = cls._new_card(partner_id=cls.source.id)

    def accrue(self, card, points, key, **more):
        self.env["loyalty.card"].accrue(
            [{"card_id": card.id, "points": points, "key": key, **more}]
        )

    def merge(self):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.partner | self.source).ids, self.partner)

    def test_lots_move(self):
        self.accrue(self.card, 10, "a", expires_on=DAYS[0])
        self.accrue(self.second, 20, "b", expires_on=DAYS[1])
        self.accrue(self.second, 5, "c", expires_on=DAYS[0])
        self.merge()
        self.assertEqual((self.card.points, self.second.points), (35, 0))
        self.assertFalse(self.second.active)
        self.assertEqual(self.lots(), {DAYS[0]: 15, DAYS[1]: 20})
        self.assertEqual(self.entries(self.second)[-1], ("merge", -25))
        self.assertEqual(self.entries()[-1], ("merge", 25))
        self.assertEqual(self.second.ledger_entry_ids.partner_id, self.partner)
        self.assert_ledger()

    def test_debt_moves_and_is_repaid(self):
        self.accrue(self.card, 10, "a", expires_on=DAYS[0])
        self.second.points = -4
        self.merge()
        self.assertEqual((self.card.points, self.lots()), (6, {DAYS[0]: 6}))
        self.assert_ledger()

    def test_pending_moves(self):
        self.accrue(self.second, 20, "b", available_on=DAYS[0])
        self.merge()
        self.assertEqual(self.card.loyalty_pending, 20)
        self.assert_ledger()

    def test_without_a_card_of_the_one_that_stays(self):
        self.card.unlink()
        self.accrue(self.second, 20, "b", expires_on=DAYS[1])
        third = self._new_card(partner_id=self.source.id)
        self.accrue(third, 3, "c")
        self.merge()
        cards = self.second | third
        kept = cards.filtered("active")
        self.assertEqual(len(kept), 1)
        self.assertEqual((kept.partner_id, kept.points), (self.partner, 23))
        self.assertEqual(self.lots(kept), {DAYS[1]: 20, False: 3})
        self.assert_ledger()


@tagged("post_install", "-at_install")
class TestMergedMember(TierCommon, EarningCommon):
    """What counts for a member counts on after the merge: tier, limits, refunds."""

    pay, refund = EarningCommon.pay, EarningCommon.refund

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.card = cls._new_card()
        cls.source = cls.partner.create({"name": "Buyer again", "is_company": True})
        cls.second = cls._new_card(partner_id=cls.source.id)

    def merge(self):
        self.commit_hooks()
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.partner | self.source).ids, self.partner)
        self.env.invalidate_all()

    def value(self):
        return self.program._tier_values(self.today, self.card)[self.card]

    def test_status_points_count_on_their_days(self):
        self.earn(300)
        [old] = self.earn(400, self.second)
        self.posted_on(old, str(self.at(-11)))
        self.merge()
        self.assertEqual(self.value(), 700)
        self.assertEqual(self.program._tier_values(self.at(2), self.card)[self.card], 300)
        self.night()
        self.assertEqual(
            (self.card.loyalty_tier_value, self.card.loyalty_tier_id), (700, self.silver)
        )
        self.assertFalse(self.second.loyalty_tier_id)

    def test_the_better_tier_stays(self):
        self.earn(600)
        self.earn(1200, self.second)
        self.night()
        self.assertEqual(self.second.loyalty_tier_id, self.gold)
        number, points = self.card.loyalty_tier_moves, self.card.points + self.second.points
        self.merge()
        self.assertEqual(self.card.loyalty_tier_id, self.gold)
        move = self.moves()[0]
        self.assertEqual(
            (move.kind, move.direction, move.from_tier_id, move.to_tier_id, move.number),
            ("merge", "up", self.silver, self.gold, number + 1),
        )
        self.assertIn(self.second.code, move.reason)
        self.assertIn("Gold", move.reason)
        self.assertEqual(self.card.points, points)
        self.night()
        self.assertEqual((self.card.points, len(self.moves())), (points, number + 1), "no new gift")
        self.assert_ledger()

    def test_a_lower_tier_changes_nothing(self):
        self.earn(1200)
        self.earn(600, self.second)
        self.night()
        before = self.moves()
        self.merge()
        self.assertEqual((self.card.loyalty_tier_id, self.moves()), (self.gold, before))

    def test_of_one_tier_the_longer_time(self):
        self.earn(600)
        self.earn(600, self.second)
        self.night()
        self.card.sudo().loyalty_tier_until = self.at(1)
        before = self.moves()
        self.merge()
        self.assertFalse(self.card.loyalty_tier_until)
        self.assertEqual(self.moves(), before)

    def test_merged_twice(self):
        third = self._new_card(partner_id=self.partner.create({"name": "Third"}).id)
        self.earn(100, third)
        self.earn(200, self.second)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.source | third.partner_id).ids, self.source)
        self.merge()
        self.assertEqual((self.value(), self.card.points), (300, 300))
        self.assertEqual((third | self.second).loyalty_merged_into_id, self.card)

    def test_taken_room_of_a_limit_stays_taken(self):
        rule = self._rule("call", mode="fixed", points=60, cap_card=100)
        rule._consume_interactions(self.event())
        rule._consume_interactions(self.event(contact_id=self.source.id))
        self.assertEqual((self.card.points, self.second.points), (60, 60))
        self.merge()
        rule._consume_interactions(self.event())
        self.assertEqual(self.card.points, 120, "nothing is left of 100")

    def test_first_time_is_not_first_again(self):
        rule = self._rule("call", mode="fixed", points=60, first_time=True)
        rule._consume_interactions(self.event(contact_id=self.source.id))
        self.merge()
        rule._consume_interactions(self.event())
        self.assertEqual(self.card.points, 60)

    def test_a_later_refund_takes_from_the_card_that_stays(self):
        self._rule(per_amount=1, expiry_months=12)
        invoice = self.invoice_of(self.order(4, partner_id=self.source.id))
        self.pay(invoice)
        self.work()
        self.earn(100)
        self.assertEqual((self.second.points, self.value()), (400, 100))
        self.merge()
        refund = self.refund(invoice, quantity=1)
        self.work()
        self.assertEqual((self.card.points, self.second.points, self.value()), (400, 0, 400))
        self.assert_ledger()
        refund.button_draft()
        self.work()
        self.assertEqual((self.card.points, self.second.points, self.value()), (500, 0, 500))
        self.assert_ledger()

    def test_missing_points_are_those_of_the_card_that_stays(self):
        self.program.write({"loyalty_refund_debt": "refund", "loyalty_point_value": 0.1})
        self._rule(per_amount=1)
        invoice = self.invoice_of(self.order(4, partner_id=self.source.id))
        self.pay(invoice)
        self.work()
        self.merge()
        self.env["loyalty.card"].redeem([{"card_id": self.card.id, "points": 350, "key": "a"}])
        refund = self.refund(invoice, quantity=1)
        line = refund.invoice_line_ids.filtered("loyalty_debt_card_id")
        self.assertEqual((line.loyalty_debt_card_id, line.loyalty_debt_points), (self.card, 50))
        self.work()
        self.assertEqual((self.card.points, self.second.points), (0, 0))
        self.assert_ledger()

    def test_returned_points_keep_their_expiry(self):
        day = "2033-01-31"
        self.earn(100, self.second, expires_on=day)
        [row] = self.env["loyalty.card"].redeem(
            [{"card_id": self.second.id, "points": 80, "key": "a"}]
        )
        self.merge()
        self.env["loyalty.card"].reverse([{"entry_id": row["entry_id"], "key": "b"}])
        self.assertEqual((self.card.points, self.lots(self.card)), (100, {day: 100}))
        self.assert_ledger()

    def active_on(self, day, card):
        """Let what was posted to a card have been posted on a day."""
        self.env.cr.execute(
            "UPDATE loyalty_ledger_entry SET posted_at = %s WHERE card_id = %s",
            [f"{day} 10:00", card.id],
        )

    def living_on(self):
        """Give the second card points that last for six months after the last activity."""
        rule = self._rule("call", mode="fixed", points=5, expiry="activity", expiry_months=6)
        rule._consume_interactions(self.event(contact_id=self.source.id))
        self.active_on("2030-01-31", self.second)

    def test_points_live_on_with_the_member(self):
        """Moved points last as they did: for months after what the member last did."""
        self.living_on()
        self.env["loyalty.ledger"]._job_stay(10)
        self.merge()
        self.assertEqual(self.lots(self.card), {"2030-07-31": 5})
        self.earn(1)
        self.active_on("2030-05-31", self.card)
        self.env["loyalty.ledger"]._job_stay(10)
        self.assertEqual(self.lots(self.card), {"2030-11-30": 5, False: 1})
        third = self._new_card(partner_id=self.partner.create({"name": "Third"}).id)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.partner | third.partner_id).ids, third.partner_id)
        self.env.invalidate_all()
        kept = (self.card | third).filtered("active")
        self.earn(1, kept)
        self.active_on("2030-08-31", kept)
        self.env["loyalty.ledger"]._job_stay(10)
        self.assertEqual(self.lots(kept), {"2031-02-28": 5, False: 2}, "merged once more")
        self.assert_ledger()

    def test_what_the_member_did_before_the_merge_counts(self):
        """Also when no job has run between that and the merge."""
        self.living_on()
        self.merge()
        self.env["loyalty.ledger"]._job_stay(10)
        self.assertEqual(self.lots(self.card), {"2030-07-31": 5})

    def test_transferred_points_live_on(self):
        self.living_on()
        self.env["loyalty.card"].transfer(
            [{"card_id": self.second.id, "to_card_id": self.card.id, "points": 3, "key": "a"}]
        )
        self.earn(1)
        self.active_on("2031-01-31", self.card)
        self.env["loyalty.ledger"]._job_stay(10)
        self.assertEqual(self.lots(self.card), {"2031-07-31": 3, False: 1})
        self.assert_ledger()

    def test_waiting_points_that_come_back(self):
        self._rule(per_amount=1, pending_days=14)
        invoice = self.invoice_of(self.order(4, partner_id=self.source.id))
        self.pay(invoice)
        self.work()
        refund = self.refund(invoice)
        self.work()
        self.merge()
        refund.button_draft()
        self.work()
        self.assertEqual((self.card.loyalty_pending, self.second.loyalty_pending), (400, 0))

    def test_an_emptied_card_stays_archived(self):
        self.merge()
        with self.assertRaises(UserError):
            self.second.active = True
        with self.assertRaises(AccessError):
            self.card.with_user(self.users["manager"]).loyalty_merged_into_id = self.second
        self.assertEqual(self.second.loyalty_merged_into_id, self.card)


@tagged("post_install", "-at_install")
class TestOtherProgram(TierCommon, LedgerCommon):
    """A card with a history stays in its program."""

    def test_with_entries_or_a_tier(self):
        other = self._new_program(name="Silver points")
        self.night()
        self.assertEqual(self.card.loyalty_tier_id, self.bronze)
        with self.assertRaisesRegex(UserError, "stays there"):
            self.card.program_id = other
        second = self._new_card(5)
        self.assertFalse(second.loyalty_tier_id)
        with self.assertRaisesRegex(UserError, "stays there"):
            second.with_user(self.users["manager"]).program_id = other
        self.assertEqual((self.card | second).program_id, self.program)

    def test_without_a_history(self):
        other = self._new_program(name="Silver points")
        self.card.program_id = other
        self.assertEqual(self.card.program_id, other)
        used = self._new_card(5)
        used.program_id = self.program  # where it is


MEMBERS = st.integers(min_value=0, max_value=2)
STEP = st.one_of(
    st.tuples(st.just("sell"), MEMBERS, st.integers(min_value=1, max_value=4)),
    st.tuples(st.just("refund"), st.integers(min_value=0), st.integers(min_value=1, max_value=4)),
    st.tuples(st.just("draft"), st.integers(min_value=0), st.just(0)),
    st.tuples(st.just("merge"), MEMBERS, MEMBERS),
)


@tagged("post_install", "-at_install")
class TestMergedAtRandom(EarningCommon):
    """Whatever is sold, refunded, undone and merged: each member has what stands, no more, no less.

    In points that can be spent, and in status points.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._rule(per_amount=1)
        others = cls.partner.create(
            [{"name": "Second", "is_company": True}, {"name": "Third", "is_company": True}]
        )
        cls.members = cls.partner | others

    @settings(
        max_examples=6,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(steps=st.lists(STEP, min_size=4, max_size=9))
    def test_status_points_are_kept(self, steps):
        with self.env.cr.savepoint() as savepoint:
            self.env.invalidate_all()
            self.into = list(range(3))  # who a member is by now
            self.sold, self.refunds = [], []  # [member, chairs that stand, invoice]; [sold, chairs]
            for name, *arguments in steps:
                getattr(self, f"do_{name}")(*arguments)
                self.work()
                self.check()
            savepoint.rollback()
        self.env.invalidate_all()

    def do_sell(self, member, chairs):
        partner = self.members[self.into[member]]
        invoice = self.invoice_of(self.order(chairs, partner_id=partner.id))
        self.pay(invoice)
        self.sold.append([member, chairs, invoice])

    def do_refund(self, place, chairs):
        stands = [row for row in self.sold if row[1]]
        if stands:
            row = stands[place % len(stands)]
            chairs = min(chairs, row[1])
            self.refunds.append((row, chairs, self.refund(row[2], quantity=chairs)))
            row[1] -= chairs

    def do_draft(self, place, _nothing):
        if self.refunds:
            row, chairs, refund = self.refunds.pop(place % len(self.refunds))
            refund.button_draft()
            row[1] += chairs

    def do_merge(self, one, other):
        one, other = self.into[one], self.into[other]
        if one != other:
            pair = self.members[one] | self.members[other]
            self.env["base.partner.merge.automatic.wizard"].create({})._merge(
                pair.ids, self.members[one]
            )
            self.env.invalidate_all()
            self.into = [one if who == other else who for who in self.into]

    def check(self):
        today = self.env.company._relationship_today()
        cards = self.holder_card()
        values = self.program._tier_values(today, cards)
        wanted = {}
        for member, chairs, _invoice in self.sold:
            who = self.members[self.into[member]].id
            wanted[who] = wanted.get(who, 0) + 100 * chairs
        for found in (values, {card: card.points for card in cards}):
            have = {card.partner_id.id: points for card, points in found.items()}
            self.assertEqual(have, wanted)
        self.assert_ledger()
