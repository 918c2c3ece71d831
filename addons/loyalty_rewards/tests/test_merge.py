"""Merged customers: core adds up their cards, the lots move with their expiry."""

from odoo.tests import tagged

from .common import LedgerCommon

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
