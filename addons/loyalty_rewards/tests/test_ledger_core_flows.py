"""Every way in which core changes points leaves entries, and the balance holds."""

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import LedgerCommon


@tagged("post_install", "-at_install")
class TestLedgerCoreFlows(LedgerCommon):
    def test_confirm_posts_earned(self):
        order = self.order(2)
        order.action_confirm()
        self.assertEqual(self.entries(), [("earn", 200)])
        entry = self.card.ledger_entry_ids
        self.assertEqual((entry.origin_model, entry.origin_id), ("sale.order", order.id))
        self.assertEqual(entry.partner_id, self.partner)
        self.assertEqual(self.lots(), {False: 200})
        self.assert_ledger()

    def test_deleting_no_card_asks_nothing(self):
        """Core does so for every order that has no card to throw away."""
        self.assertEqual(self.queries(self.env["loyalty.card"].unlink), 0)

    def test_confirm_posts_earned_and_redeemed_apart(self):
        self.card.points = 100
        order = self.order(3)
        self.redeem_in(order)
        order.action_confirm()
        self.assertEqual(self.entries(), [("adjust", 100), ("earn", 300), ("redeem", -100)])
        self.assertEqual(self.card.points, 300)
        self.assert_ledger()

    def test_equal_earned_and_redeemed_are_two_entries(self):
        self.card.points = 100
        order = self.order(1)
        self.redeem_in(order)
        order.action_confirm()
        self.assertEqual(self.card.points, 100)
        self.assertEqual(self.entries(), [("adjust", 100), ("earn", 100), ("redeem", -100)])
        self.assert_ledger()

    def test_cancel_takes_back_what_was_earned_and_returns_what_was_redeemed(self):
        self.card.points = 100
        order = self.order(3)
        self.redeem_in(order)
        order.action_confirm()
        self.commit_hooks()
        earned, redeemed = self.card.ledger_entry_ids.sorted("id")[1:]
        order._action_cancel()
        self.assertEqual(self.entries()[3:], [("reverse", 100), ("reverse", -300)])
        back = self.card.ledger_entry_ids.sorted("id")[3:]
        self.assertEqual(back.reverses_id, redeemed | earned)
        self.assertEqual(self.lots(), {False: 100})
        self.assertEqual(self.card.points, 100)
        self.assert_ledger()

    def test_confirm_and_cancel_in_one_transaction(self):
        self.card.points = 100
        order = self.order(3)
        self.redeem_in(order)
        order.action_confirm()
        order._action_cancel()
        self.assert_ledger()
        self.assertEqual(len(self.card.ledger_entry_ids.filtered("reverses_id")), 2)

    def test_confirm_again_after_cancel(self):
        order = self.order(3)
        order.action_confirm()
        order._action_cancel()
        order.action_draft()
        order.action_confirm()
        order._action_cancel()
        self.assert_ledger()
        earned = self.card.ledger_entry_ids.filtered(lambda entry: entry.kind == "earn")
        back = self.card.ledger_entry_ids.filtered("reverses_id")
        self.assertEqual(back.reverses_id, earned, "each is taken back once")

    def test_edit_of_a_confirmed_order_posts_the_net(self):
        self.card.points = 100
        order = self.order(3)
        self.redeem_in(order)
        order.action_confirm()
        before = self.entries()
        order._update_programs_and_rewards()
        self.assertEqual(self.entries(), before, "the reward was written anew, nothing changed")
        order.order_line.filtered("reward_id")._reset_loyalty()
        self.assertEqual(self.entries()[len(before) :], [("reverse", 100)])
        self.assertEqual(self.card.ledger_entry_ids[0].reverses_id.kind, "redeem")
        self.assert_ledger()

    def test_reward_added_to_a_confirmed_order(self):
        self.card.points = 100
        order = self.order(3)
        order.action_confirm()
        self.redeem_in(order)
        self.assertEqual(self.entries()[-1], ("redeem", -100))
        self.assert_ledger()

    def test_bulk_confirm_cannot_overdraw(self):
        """Complaint 4: confirming quotes in bulk drove a card to -100."""
        self.program.loyalty_earn_by = "event"
        self.card.points = 100
        orders = self.order(1) | self.order(1)
        for order in orders:
            self.redeem_in(order)
            order.loyalty_hold_ids.unlink()  # it is over since
        with self.assertRaises(UserError), self.env.cr.savepoint():
            orders.action_confirm()
        self.assertEqual(self.card.points, 100)
        self.assertEqual(self.entries(), [("adjust", 100)])
        orders[0].action_confirm()
        self.assert_ledger()

    def test_balance_dialog(self):
        wizard = self.env["loyalty.card.update.balance"].create(
            {"card_id": self.card.id, "new_balance": 42.5, "description": "We broke the chair"}
        )
        wizard.action_update_card_point()
        self.assertEqual(self.entries(), [("adjust", 42.5)])
        entry = self.card.ledger_entry_ids
        self.assertEqual(entry.reason, "We broke the chair")
        self.assertEqual(entry.user_id, self.env.user)
        self.assert_ledger()

    def test_generate_wizard(self):
        partners = self.partner | self.partner.create({"name": "Second"})
        wizard = self.env["loyalty.generate.wizard"].create(
            {
                "program_id": self.program.id,
                "mode": "selected",
                "customer_ids": [Command.set(partners.ids)],
                "points_granted": 30,
                "description": "Welcome",
            }
        )
        cards = wizard.generate_coupons()
        self.assertEqual(len(cards), 2)
        self.assertEqual(self.entries(cards[1]), [("adjust", 30)])
        self.assertEqual(cards[1].ledger_entry_ids.reason, "Welcome")
        self.assert_ledger()

    def test_write_on_many_cards(self):
        cards = self.card | self._new_card(5) | self._new_card(7.25)
        cards.write({"points": 6})
        self.assert_ledger()
        self.assertEqual([self.entries(card)[-1][1] for card in cards], [6, 1, -1.25])

    def test_deleted_card_is_closed_first(self):
        self.card.points = 80
        self.commit_hooks()
        entries, code = self.card.ledger_entry_ids, self.card.code
        self.card.unlink()
        rows = self.env["loyalty.ledger.entry"].search([("card_code", "=", code)], order="id")
        self.assertEqual(rows.mapped("kind"), ["adjust", "close"])
        self.assertEqual(sum(rows.mapped("points")), 0)
        self.assertLess(entries, rows)
        self.assertEqual(rows.program_id, self.program)
        self.assert_ledger()

    def test_card_made_and_deleted_in_one_transaction(self):
        card = self._new_card(15)
        code = card.code
        card.unlink()
        self.commit_hooks()
        rows = self.env["loyalty.ledger.entry"].search([("card_code", "=", code)])
        self.assertEqual(sum(rows.mapped("points")), 0)
        self.assert_ledger()

    def test_gift_card(self):
        program = self.env["loyalty.program"].create({"name": "Gift", "program_type": "gift_card"})
        card = self.env["loyalty.card"].create({"program_id": program.id, "points": 50})
        self.assertEqual(self.entries(card), [("adjust", 50)])
        self.assert_ledger()

    def test_coupons_have_no_ledger(self):
        program = self.env["loyalty.program"].create({"name": "Coupons", "program_type": "coupons"})
        card = self.env["loyalty.card"].create({"program_id": program.id, "points": 1})
        self.assertEqual(self.entries(card), [])

    def test_program_that_becomes_covered_opens_its_ledger(self):
        program = self.env["loyalty.program"].create({"name": "Coupons", "program_type": "coupons"})
        cards = self.env["loyalty.card"].create(
            [{"program_id": program.id, "points": points} for points in (3, 0, -2)]
        )
        program.applies_on = "both"
        self.assertEqual(self.entries(cards[0]), [("open", 3)])
        self.assertEqual(self.entries(cards[1]), [])
        self.assertEqual(self.entries(cards[2]), [("open", -2)])
        self.assert_ledger()
        program._open_ledger()
        self.assertEqual(self.entries(cards[0]), [("open", 3)], "once")

    def test_card_that_moves_to_a_covered_program(self):
        coupons = self.env["loyalty.program"].create({"name": "Coupons", "program_type": "coupons"})
        card = self.env["loyalty.card"].create({"program_id": coupons.id, "points": 3})
        card.write({"program_id": self.program.id, "points": 4})
        self.assertEqual(self.entries(card), [("open", 4)])
        self.assert_ledger()

    def test_undone_savepoint_leaves_nothing(self):
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.card.points = 5
            raise ZeroDivisionError
        self.assertEqual(self.entries(), [])
        self.card.points = 6
        self.assertEqual(self.entries(), [("adjust", 6)])
        self.assert_ledger()

    def test_fractions_are_exact(self):
        for _turn in range(10):
            self.card.points += 0.1
        self.assertEqual(self.card.points, 1)
        self.card.points -= 1
        self.assertEqual(self.lots(), {})
        self.assert_ledger()

    def test_events_program_earns_nothing_in_orders_and_redeems(self):
        self.program.loyalty_earn_by = "event"
        self.card.points = 100
        order = self.order(3)
        self.redeem_in(order)
        order.action_confirm()
        self.assertEqual(self.entries(), [("adjust", 100), ("redeem", -100)])
        self.assertEqual(order.amount_total, 290)
        self.assert_ledger()

    def test_interactions(self):
        self.card.points = 100
        order = self.order(3)
        self.redeem_in(order)
        order.action_confirm()
        self.commit_hooks()
        told = self.env["relationship.interaction"].search(
            [("partner_id", "=", self.partner.id), ("res_model", "=", "loyalty.card")], order="id"
        )
        self.assertEqual(told.mapped("kind_id.code"), ["points_earned", "points_redeemed"])
        self.assertEqual(told[1].payload["points"], -100)

    def test_only_a_program_with_owners_earns_by_events(self):
        program = self.env["loyalty.program"].create({"name": "Promo", "program_type": "promotion"})
        with self.assertRaises(UserError):
            program.loyalty_earn_by = "event"

    def test_archived_card_keeps_its_ledger(self):
        self.card.points = 10
        self.card.action_archive()
        self.card.points = 4
        self.assertEqual(self.entries(), [("adjust", 10), ("adjust", -6)])
        self.assert_ledger()

    def test_queries_of_a_confirmation(self):
        """The ledger costs the same few statements, however many orders are confirmed."""
        counts = []
        for number in (1, 5):
            orders = self.env["sale.order"].union(*(self.order(1) for _order in range(number)))
            orders.action_confirm()
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.env["loyalty.ledger"]._flush_buffer()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
        self.assertLessEqual(counts[0], 3)

    def test_line_commands_keep_their_cause(self):
        self.card.points = 100
        order = self.order(3)
        order.action_confirm()
        self.redeem_in(order)
        self.commit_hooks()
        line = order.order_line.filtered("reward_id")
        order.order_line = [Command.update(line.id, {"points_cost": 70})]
        self.commit_hooks()
        entry = self.card.ledger_entry_ids.sorted("id")[-1]
        self.assertEqual(entry.points, 30)
        self.assertEqual((entry.origin_model, entry.origin_id), ("sale.order", order.id))
        self.assertEqual(entry.reverses_id.kind, "redeem")
        self.assert_ledger()
