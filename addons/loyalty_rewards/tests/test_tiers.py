"""The nightly decision about loyalty tiers: counted, moved, given, once."""

from datetime import date, timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import LedgerCommon
from .tier_common import TierCommon


@tagged("post_install", "-at_install")
class TestTiers(TierCommon, LedgerCommon):
    def test_up_at_once_with_the_gifts_of_skipped_tiers(self):
        self.earn(1200)
        self.night()
        self.assertEqual(self.card.loyalty_tier_id, self.gold)
        self.assertEqual(self.card.multiplier, 2)
        self.assertEqual(self.card.points, 1200 + 50 + 100)
        [move] = self.moves()
        self.assertEqual((move.from_tier_id.id, move.to_tier_id), (False, self.gold))
        self.assertEqual(move.evidence["value"], 1200)
        self.assertIn("1,200", move.why)
        self.night()
        self.assertEqual(len(self.moves()), 1)
        self.assertEqual(self.card.points, 1350)
        self.assert_ledger()

    def test_gifts_and_other_points_count_for_no_tier(self):
        self.earn(490)
        self.card.points += 400
        self.night()
        self.assertEqual(self.card.loyalty_tier_id, self.bronze)
        self.assertEqual(self.card.loyalty_tier_value, 490)

    def test_pending_points_do_not_count(self):
        self.earn(500, available_on=self.day(20))
        self.night()
        self.assertEqual(self.card.loyalty_tier_id, self.bronze)

    def test_what_is_taken_back_no_longer_counts(self):
        [entry] = self.earn(1000)
        self.night()
        self.card.reverse([{"entry_id": entry, "points": 250, "key": "back"}])
        self.night()
        self.assertEqual(self.card.loyalty_tier_value, 750)
        self.assertEqual(self.card.loyalty_tier_id, self.gold, "not without notice")
        self.assertEqual(self.card.loyalty_tier_until, self.at(months=2))

    def test_spending_takes_no_status(self):
        self.earn(600)
        self.env["loyalty.card"].redeem([{"card_id": self.card.id, "points": 500, "key": "r"}])
        self.night()
        self.assertEqual(self.card.loyalty_tier_id, self.silver)

    def test_window_moves_on_and_a_late_refund_takes_nothing(self):
        [old] = self.earn(600)
        self.posted_on(old, self.today - timedelta(days=366))
        self.earn(100)
        self.card.reverse([{"entry_id": old, "points": 600, "key": "late"}])
        self.night()
        self.assertEqual(self.card.loyalty_tier_value, 100)

    def test_lost_after_notice_one_down(self):
        [entry] = self.earn(1000)
        self.night()
        self.posted_on(entry, self.today - timedelta(days=400))
        self.night()
        until = self.card.loyalty_tier_until
        self.assertEqual(until, self.at(months=2))
        self.night(until - timedelta(days=31))
        self.assertFalse(self.card.loyalty_tier_told_on)
        told = until - timedelta(days=30)
        self.night(told)
        self.assertEqual(self.card.loyalty_tier_told_on, told)
        self.night(until + timedelta(days=10))
        self.assertEqual(self.card.loyalty_tier_id, self.gold)
        lost = until + timedelta(days=11)
        self.night(lost)
        self.assertEqual(self.card.loyalty_tier_id, self.silver)
        self.assertEqual(self.moves()[0].direction, "down")
        self.assertEqual(self.moves()[0].evidence["told_on"], str(told))
        self.assertEqual(self.card.loyalty_tier_since, lost)
        self.assertFalse(self.card.loyalty_tier_told_on)

    def test_lost_to_what_is_earned(self):
        self.program.loyalty_tier_policy = "to_earned"
        [entry] = self.earn(1000)
        self.night()
        self.posted_on(entry, self.today - timedelta(days=400))
        for days in (0, 31, 72):
            self.night(self.today + timedelta(days=days))
        self.assertEqual(self.card.loyalty_tier_id, self.bronze)

    def test_gift_again_only_after_a_drop_and_a_new_rise(self):
        [entry] = self.earn(1000)
        self.night()
        self.posted_on(entry, self.today - timedelta(days=400))
        for days in (0, 31, 72):
            self.night(self.today + timedelta(days=days))
        self.assertEqual(self.card.loyalty_tier_id, self.silver)
        self.earn(1000)
        self.night(self.today + timedelta(days=73))
        gifts = self.env["loyalty.ledger.entry"].search_count(
            [("card_id", "=", self.card.id), ("origin_model", "=", "loyalty.tier")]
        )
        self.assertEqual(gifts, 3, "silver and gold, then gold")

    def test_open_complaint_keeps_the_tier_for_now(self):
        [entry] = self.earn(1000)
        self.night()
        self.posted_on(entry, self.today - timedelta(days=400))
        self.night()
        self.night(self.today + timedelta(days=31))
        case = self.env["relationship.case"].create(
            {"name": "Broken chair", "contact_id": self.partner.id, "kind": "complaint"}
        )
        late = self.today + timedelta(days=100)
        self.night(late)
        self.assertEqual(self.card.loyalty_tier_id, self.gold)
        self.assertEqual(self.card.loyalty_tier_held_on, late)
        case.active = False
        self.night(late + timedelta(days=1))
        self.assertEqual(self.card.loyalty_tier_id, self.silver)

    def test_amount_spent(self):
        self.program.loyalty_tier_basis = "spend"
        contact = self.env["res.partner"].create({"name": "Ann", "parent_id": self.partner.id})
        own = self._new_card(partner_id=contact.id)
        paid, open_ = self.invoice(600), self.invoice(300, partner=contact)
        self.pay(paid)
        self.night()
        self.assertEqual(self.card.loyalty_tier_value, 600)
        self.assertEqual(own.loyalty_tier_value, 0)
        self.pay(open_)
        self.night()
        self.assertEqual(self.card.loyalty_tier_value, 900)
        self.assertEqual(own.loyalty_tier_value, 300)
        self.refund(paid)
        self.night()
        self.assertEqual(self.card.loyalty_tier_value, 300)

    def test_nobody_gives_a_tier_by_a_write(self):
        card = self.card.with_user(self.users["manager"])
        with self.assertRaises(UserError):
            card.write({"loyalty_tier_id": self.gold.id})
        with self.assertRaises(UserError):
            card.with_context(default_loyalty_tier_id=self.gold.id).create(
                {"program_id": self.program.id}
            )
        move = {"card_id": self.card.id, "number": 1, "program_id": self.program.id}
        with self.assertRaises(UserError):
            self.env["loyalty.tier.move"].with_user(self.users["manager"]).create(
                {**move, "direction": "up", "kind": "rule", "date": self.today}
            )

    def test_moves_are_kept(self):
        self.earn(600)
        self.night()
        with self.assertRaises(UserError):
            self.moves().write({"reason": "x"})
        with self.assertRaises(UserError):
            self.moves().unlink()
        with self.assertRaises(UserError):
            self.silver.unlink()

    def test_tier_without_threshold_is_for_all(self):
        self.bronze.unlink()
        plain = self.env["loyalty.tier"].create({"name": "All", "program_id": self.program.id})
        self.night()
        self.assertEqual(self.card.loyalty_tier_id, plain)

    def test_archived_tier_is_kept_and_not_entered(self):
        self.earn(600)
        self.night()
        self.silver.active = False
        self.night()
        self.assertEqual(self.card.loyalty_tier_id, self.silver)
        other = self._new_card(partner_id=self.partner.create({"name": "Other"}).id)
        self.earn(600, card=other)
        self.night()
        self.assertEqual(other.loyalty_tier_id, self.bronze)

    def test_only_loyalty_programs_have_tiers(self):
        program = self.env["loyalty.program"].create({"name": "Gift", "program_type": "gift_card"})
        with self.assertRaises(ValidationError):
            self.env["loyalty.tier"].create({"name": "No", "program_id": program.id})

    def test_queries_do_not_grow(self):
        """Ten or forty members who reach a tier and get its gift: as many queries."""
        counts = []
        self.night()
        for size in (10, 40):
            partners = self.env["res.partner"].create([{"name": f"M{n}"} for n in range(size)])
            for partner in partners:
                self.earn(600, card=self._new_card(partner_id=partner.id))
            self.night(count_only=True)
            rows = self.env["loyalty.tier"]._candidates(self.program, 1000)
            self.assertEqual(len(rows), size)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["loyalty.tier"]._decide(self.program, rows)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2, counts)

    def test_number_of_a_move_is_taken_once(self):
        self.earn(600)
        self.night()
        move = self.moves()
        with self.assertRaisesRegex(Exception, "number_unique"), self.cr.savepoint():
            self.env["loyalty.tier.move"].create(
                {
                    "card_id": self.card.id,
                    "number": move.number,
                    "program_id": self.program.id,
                    "to_tier_id": self.gold.id,
                    "direction": "up",
                    "kind": "rule",
                    "date": date(2026, 1, 1),
                }
            )
