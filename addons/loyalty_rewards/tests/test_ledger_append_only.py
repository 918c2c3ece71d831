"""What was posted stays: no role, and no administrator by the ORM, edits or deletes it."""

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import LedgerCommon

MODELS = ("loyalty.ledger.entry", "loyalty.ledger.lot", "loyalty.ledger.allocation")


@tagged("post_install", "-at_install")
class TestLedgerAppendOnly(LedgerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.card.points = 10
        cls.card.points = 4
        cls.env.cr.flush()
        cls.records = [cls.env[model].search([("id", ">", 0)], limit=1) for model in MODELS]

    def test_administrator_edits_nothing(self):
        entry, lot, allocation = self.records
        for vals in (
            {"points": 5},
            {"card_id": False},
            {"kind": "adjust"},
            {"key": "x"},
            {"state": "cancelled"},
            {"reason": "No"},
        ):
            with self.assertRaises(UserError):
                entry.write(vals)
        with self.assertRaises(UserError):
            lot.remaining = 7
        with self.assertRaises(UserError):
            allocation.points = 1
        self.assert_ledger()

    def test_administrator_deletes_nothing(self):
        for record in self.records:
            self.assertTrue(record)
            with self.assertRaises(UserError):
                record.unlink()

    def test_administrator_creates_nothing(self):
        for record in self.records:
            with self.assertRaises(UserError):
                record.create([{}])

    def test_no_way_around_by_commands(self):
        """Nor by the lines of another record, nor while points wait."""
        entry = self.records[0]
        [row] = self.env["loyalty.card"].accrue(
            [{"card_id": self.card.id, "points": 9, "key": "w", "available_on": "2099-01-01"}]
        )
        waiting = entry.browse(row["entry_id"])
        for vals in ({"points": 900}, {"expires_on": False}, {"reason": "No"}, {"card_id": False}):
            with self.assertRaises(UserError):
                waiting.write(vals)
        waiting.available_on = "2098-01-01"
        for command in (
            Command.clear(),
            Command.delete(entry.id),
            Command.unlink(waiting.id),
            Command.update(entry.id, {"points": 5}),
            Command.create({"kind": "earn", "points": 5}),
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                self.card.write({"ledger_entry_ids": [command]})
        with self.assertRaises(UserError):
            entry.copy()
        entry.load(["kind", "points", "key"], [["earn", "5", "import"]])
        self.assertFalse(entry.search([("key", "=", "import")]))
        self.env.invalidate_all()
        self.assert_ledger()

    def test_customer_moves_by_merge_and_erasure(self):
        entry = self.records[0]
        entry.partner_id = False
        self.assertFalse(entry.partner_id)

    def test_empty_sets_are_fine(self):
        for model in MODELS:
            empty = self.env[model]
            self.assertTrue(empty.write({}))
            self.assertTrue(empty.unlink())
            self.assertEqual(empty.create([]), empty)

    def test_roles(self):
        for role, user in self.users.items():
            for record in self.records:
                own = record.with_user(user)
                self.assertEqual(own.has_access("read"), role != "integration", role)
                for operation in ("write", "create", "unlink"):
                    self.assertFalse(own.has_access(operation), (role, operation))
        for user in (self.portal_user, self.env.ref("base.public_user")):
            for model in (*MODELS, "loyalty.earning.rule"):
                self.assertFalse(self.env[model].with_user(user).has_access("read"))

    def test_user_sees_own_customers(self):
        entry, user = self.card.ledger_entry_ids[0], self.users["user"]
        self.assertTrue(entry.with_user(user).has_access("read"))
        self.partner.user_id = self.users["channel_manager"]
        self.env.flush_all()
        self.assertFalse(entry.with_user(user).has_access("read"))
        for role in ("channel_manager", "manager", "auditor"):
            self.assertTrue(entry.with_user(self.users[role]).has_access("read"), role)

    def test_tampering_shows(self):
        self.env.cr.execute(
            "UPDATE loyalty_card SET points = points + 1 WHERE id = %s", [self.card.id]
        )
        self.env["loyalty.card"].invalidate_model(["points"], flush=False)
        rows = self.env["loyalty.ledger"]._differences()
        self.assertEqual([row[0] for row in rows], [self.card.id])
