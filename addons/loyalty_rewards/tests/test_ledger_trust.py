"""What a caller of the API brings along is not believed, and shown is what the caller may read."""

from datetime import datetime

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common import LedgerCommon


@tagged("post_install", "-at_install")
class TestLedgerTrust(LedgerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.users["manager"]
        cls.other = cls._new_card(partner_id=cls.partner.create({"name": "Second"}).id)
        cls.cards = cls.env["loyalty.card"].with_user(cls.manager)

    def accrue(self, points, key, card=None, **more):
        card_id = (card or self.card).id
        [row] = self.cards.accrue([{"card_id": card_id, "points": points, "key": key, **more}])
        return row

    # ------------------------------------------------------------ context

    def test_a_context_does_not_say_what_a_change_was(self):
        """Contexts as another system could send them: plain values only."""
        forged = {"kind": "earn", "points": 500, "user_id": 1, "state": "pending", "key": "x"}
        contexts = (
            {"loyalty_ledger_merge": True},
            {"loyalty_ledger_cause": forged},
            {"loyalty_ledger_parts": [forged, {"kind": "adjust", "points": -400}]},
        )
        for turn, context in enumerate(contexts, 1):
            self.card.with_user(self.manager).with_context(**context).points = 100 * turn
            self.assertEqual(self.entries(), [("adjust", 100)] * turn, context)
        entries = self.card.ledger_entry_ids
        self.assertEqual(entries.user_id, self.manager)
        self.assertEqual(set(entries.mapped("state")), {"posted"})
        self.assert_ledger()

    # ------------------------------------------------------------ keys

    def test_a_transfer_meets_no_key_of_a_caller(self):
        self.accrue(10, "a")
        for key in ("move,in", "in,move", "in,api,move"):
            self.accrue(1, key, self.other)
        move = {"card_id": self.card.id, "to_card_id": self.other.id, "points": 4, "key": "move"}
        self.cards.transfer([move])
        self.assertEqual((self.card.points, self.other.points), (6, 7))
        self.assert_ledger()

    def test_a_transfer_again_names_the_same_card(self):
        third = self._new_card(partner_id=self.partner.create({"name": "Third"}).id)
        self.accrue(10, "a")
        move = {"card_id": self.card.id, "to_card_id": self.other.id, "points": 4, "key": "move"}
        self.cards.transfer([move])
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.cards.transfer([{**move, "to_card_id": third.id}])
        self.assertEqual((self.other.points, third.points), (4, 0))

    def test_a_cancelled_entry_again(self):
        later = fields.Date.to_string(fields.Date.add(fields.Date.today(), days=5))
        row = self.accrue(10, "a", available_on=later)
        back = [{"entry_id": row["entry_id"], "key": "b"}]
        first = self.cards.reverse(back)
        self.assertEqual(self.cards.reverse(back), first)
        self.assertEqual((self.card.points, self.card.loyalty_pending), (0, 0))

    # ------------------------------------------------------------ statement

    def test_a_statement_holds_what_the_caller_may_read(self):
        self.accrue(10, "a", reason="Sorry for the trouble")
        self.partner.user_id = self.manager
        theirs = self.card.with_user(self.users["user"])
        [statement] = theirs.statement()
        self.assertEqual(statement["entries"], [], "somebody else's customer")
        self.partner.user_id = self.users["user"]
        [statement] = theirs.statement()
        self.assertEqual(len(statement["entries"]), 1)
        with self.assertRaises(AccessError):
            self.card.with_user(self.sales_user).statement()

    def test_a_statement_has_the_days_of_the_company(self):
        self.env.company.partner_id.tz = "Asia/Ho_Chi_Minh"
        self.accrue(10, "a")
        entry = self.card.ledger_entry_ids
        self.env.cr.execute(
            "UPDATE loyalty_ledger_entry SET recorded_at = %s WHERE id = %s",
            [datetime(2026, 3, 1, 20), entry.id],
        )
        self.env.invalidate_all()
        for day, count in (("2026-03-01", 0), ("2026-03-02", 1), ("2026-03-03", 0)):
            [statement] = self.card.with_user(self.manager).statement(day, day)
            self.assertEqual(len(statement["entries"]), count, day)
