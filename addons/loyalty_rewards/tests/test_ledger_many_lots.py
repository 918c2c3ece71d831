"""A card with a thousand lots is spent from as one with a few: same statements, by the index."""

from odoo.tests import tagged

from .common import LedgerCommon

LOTS = 1000
FILL = """
    WITH made AS (
        INSERT INTO loyalty_ledger_entry (card_id, card_code, program_id, partner_id, company_id,
               kind, points, status_points, state, key, recorded_at, posted_at, expires_on)
        SELECT card.id, card.code, card.program_id, card.partner_id, card.company_id, 'earn',
               1, 0, 'posted', 'fill,' || card.id || ',' || n, now(), now(), date '2090-01-01' + n
          FROM loyalty_card card, generate_series(1, %(number)s) n WHERE card.id = %(card)s
        RETURNING id, card_id, expires_on
    ),
    lot AS (
        INSERT INTO loyalty_ledger_lot (card_id, entry_id, initial, remaining, expires_on)
        SELECT card_id, id, 1, 1, expires_on FROM made ORDER BY id
    )
    UPDATE loyalty_card SET points = coalesce(points, 0) + %(number)s WHERE id = %(card)s
"""
OPEN = """
    EXPLAIN SELECT id, remaining FROM loyalty_ledger_lot
     WHERE card_id = %s AND remaining > 0 ORDER BY expires_on, id
"""


@tagged("post_install", "-at_install")
class TestManyLots(LedgerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.few = cls._new_card(partner_id=cls.partner.create({"name": "Few"}).id)
        for card, number in ((cls.card, LOTS), (cls.few, 4)):
            cls.env.cr.execute(FILL, {"card": card.id, "number": number})
        cls.env.invalidate_all()

    def spend(self, card, points, key):
        [row] = self.env["loyalty.card"].redeem(
            [{"card_id": card.id, "points": points, "key": key}]
        )
        return self.env["loyalty.ledger.entry"].browse(row["entry_id"])

    def test_same_statements_however_many_lots(self):
        self.spend(self.few, 0.5, "first")  # fills the caches of the process
        few = self.queries(lambda: self.spend(self.few, 2.5, "few"))
        many = self.queries(lambda: self.spend(self.card, LOTS / 2 + 0.5, "many"))
        self.assertEqual(few, many)
        self.assertLessEqual(many, 30)
        self.assertEqual(self.card.points, LOTS / 2 - 0.5)
        self.assert_ledger()

    def test_what_expires_first_is_spent_first(self):
        used = self.spend(self.card, LOTS / 2 + 0.5, "many").allocation_ids
        self.assertEqual(len(used), LOTS / 2 + 1)
        left = self.env["loyalty.ledger.lot"].search(
            [("card_id", "=", self.card.id), ("remaining", ">", 0)]
        )
        self.assertLessEqual(max(used.lot_id.mapped("expires_on")), min(left.mapped("expires_on")))

    def test_given_back_to_where_it_came_from(self):
        first = self.spend(self.few, 1, "first")
        self.env["loyalty.card"].reverse([{"entry_id": first.id, "key": "back first"}])
        entry = self.spend(self.card, 700, "many")
        back = [{"entry_id": entry.id, "key": "back"}]
        many = self.queries(lambda: self.env["loyalty.card"].reverse(back))
        self.assertEqual(self.card.points, LOTS)
        days = self.lots()
        self.assertEqual((len(days), set(days.values())), (LOTS, {1}))
        entry = self.spend(self.few, 3, "few")
        back = [{"entry_id": entry.id, "key": "back few"}]
        self.assertEqual(self.queries(lambda: self.env["loyalty.card"].reverse(back)), many)
        self.assert_ledger()

    def test_open_lots_are_found_by_their_index(self):
        """In the order in which they are spent, without a sort, and without the spent ones."""
        self.env.flush_all()
        # can it be read so: what the planner knows of the table's size is another matter
        for way in ("seqscan", "bitmapscan", "sort"):
            self.env.cr.execute(f"SET LOCAL enable_{way} = off")
        self.env.cr.execute(OPEN, [self.card.id])
        plan = "\n".join(line for (line,) in self.env.cr.fetchall())
        self.assertIn("loyalty_ledger_lot_open_idx", plan)
        self.assertNotIn("Sort", plan)
        self.assertNotIn("Filter", plan)
