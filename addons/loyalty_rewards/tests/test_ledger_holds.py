"""Points that are kept for a draft order or another system: nobody else spends them meanwhile."""

from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import LedgerCommon


@tagged("post_install", "-at_install")
class TestLedgerHolds(LedgerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program.loyalty_earn_by = "event"
        cls.cards = cls.env["loyalty.card"].with_user(cls.users["manager"])
        cls.env["loyalty.card"].accrue([{"card_id": cls.card.id, "points": 150, "key": "base"}])

    def posting(self, points, key, **more):
        return {"card_id": self.card.id, "points": points, "key": key, **more}

    # ------------------------------------------------------------ orders

    def test_a_draft_order_holds_what_it_claims(self):
        order = self.order(1)
        self.redeem_in(order)
        hold = self.card.loyalty_hold_ids
        self.assertEqual((hold.points, hold.order_id), (100, order))
        left = hold.until - fields.Datetime.now()
        self.assertTrue(timedelta(minutes=28) < left <= timedelta(minutes=30))
        self.assertEqual((self.card.points, self.card.loyalty_available), (150, 50))
        other = self.order(1)
        self.assertIn("error", other._apply_program_reward(self.reward, self.card))
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.cards.redeem([self.posting(51, "a")])
        self.cards.redeem([self.posting(50, "b")])
        order.action_confirm()
        self.assertEqual((self.card.points, len(self.card.loyalty_hold_ids)), (0, 0))
        self.assert_ledger()

    def test_a_hold_is_over_after_half_an_hour(self):
        first, second = self.order(1), self.order(1)
        self.redeem_in(first)
        with freeze_time(fields.Datetime.now() + timedelta(minutes=31)):
            self.env.invalidate_all()
            self.assertEqual(self.card.loyalty_available, 150)
            self.redeem_in(second)
            second.action_confirm()
            with self.assertRaises(UserError), self.env.cr.savepoint():
                first.action_confirm()
        self.assertEqual(self.card.points, 50)
        self.assert_ledger()

    def test_what_ends_a_hold(self):
        for end in ("_action_cancel", "remove", "unlink"):
            order = self.order(1)
            self.redeem_in(order)
            self.assertEqual(self.card.loyalty_held, 100, end)
            if end == "remove":
                order.order_line.filtered("reward_id").unlink()
            else:
                getattr(order, end)()
            self.env.invalidate_all()
            self.assertEqual(self.card.loyalty_held, 0, end)

    def test_what_an_order_earns_itself_is_not_held(self):
        self.program.loyalty_earn_by = "order"
        order = self.order(1)
        self.redeem_in(order)
        earned = order.coupon_point_ids.points
        self.assertEqual(self.card.loyalty_held, 100 - earned)

    def test_a_seller_without_any_role_of_ours(self):
        order = self.order(1)
        self.redeem_in(order)
        order.user_id = self.sales_user
        self.env.flush_all()
        self.env.invalidate_all()
        order.with_user(self.sales_user).action_confirm()
        self.assertEqual((self.card.points, self.card.loyalty_held), (50, 0))

    def test_bulk_confirmation_of_what_is_held_for_each(self):
        self.env["loyalty.card"].accrue([self.posting(50, "more")])
        orders = self.order(1) | self.order(1)
        for order in orders:
            self.redeem_in(order)
        orders.action_confirm()
        self.assertEqual((self.card.points, self.card.loyalty_held), (0, 0))
        self.assert_ledger()

    # ------------------------------------------------------------ API

    def test_reserve_and_redeem(self):
        [row] = self.cards.reserve([self.posting(120, "a")])
        self.assertEqual((row["points"], row["available"], row["repeated"]), (120, 30, False))
        [again] = self.cards.reserve([self.posting(120, "a")], minutes=5)
        self.assertEqual(again, {**row, "repeated": True})
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.cards.reserve([self.posting(31, "b")])
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.cards.reserve([self.posting(7, "a")])
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.cards.redeem([self.posting(120, "c")])
        for turn in range(2):
            [done] = self.cards.redeem([self.posting(120, "c", hold="a")])
            self.assertEqual((done["balance"], done["repeated"]), (30, bool(turn)))
        self.assertEqual(self.card.loyalty_available, 30)
        self.assert_ledger()

    def test_release(self):
        self.cards.reserve([self.posting(120, "a"), self.posting(20, "b")])
        asked = [{"card_id": self.card.id, "key": key} for key in ("a", "x")]
        self.assertEqual(self.cards.release(asked), 1)
        self.assertEqual(self.cards.release(asked), 0)
        self.assertEqual(self.card.loyalty_available, 130)

    def test_a_refused_redemption_keeps_its_hold(self):
        self.cards.reserve([self.posting(120, "a")])
        with self.assertRaises(UserError):
            self.cards.redeem([self.posting(151, "c", hold="a")])
        self.assertEqual(self.card.loyalty_available, 30)

    def test_who_and_what_is_refused(self):
        for minutes in (0, 1441, True, "5"):
            with self.assertRaises(ValidationError):
                self.cards.reserve([self.posting(1, "a")], minutes=minutes)
        for user in (self.users["auditor"], self.portal_user):
            cards = self.cards.with_user(user)
            with self.assertRaises(AccessError):
                cards.reserve([self.posting(1, "a")])
            with self.assertRaises(AccessError):
                cards.release([{"card_id": self.card.id, "key": "a"}])

    def test_transfer_leaves_what_is_held(self):
        other = self._new_card(partner_id=self.partner.create({"name": "Second"}).id)
        self.cards.reserve([self.posting(120, "a")])
        move = {**self.posting(31, "t"), "to_card_id": other.id}
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.cards.transfer([move])
        self.cards.transfer([{**move, "points": 30}])
        self.assertEqual(self.card.loyalty_available, 0)

    def test_old_holds_are_deleted(self):
        self.cards.reserve([self.posting(1, "a")])
        holds = self.env["loyalty.ledger.hold"]
        holds._gc_holds()
        self.assertEqual(len(self.card.loyalty_hold_ids), 1)
        with freeze_time(fields.Datetime.now() + timedelta(days=9)):
            holds._gc_holds()
        self.assertFalse(self.card.loyalty_hold_ids)
