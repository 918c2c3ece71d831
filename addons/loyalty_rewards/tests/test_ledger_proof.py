"""Tampering past the ledger shows: by the nightly proof, by the seals, and people are told."""

import hashlib
from datetime import datetime

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import LedgerCommon

DAYS = (datetime(2026, 3, 1, 9), datetime(2026, 3, 2, 9), datetime(2026, 3, 4, 9))


@tagged("post_install", "-at_install")
class TestLedgerProof(LedgerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for number, moment in enumerate(DAYS):
            [row] = cls.env["loyalty.card"].accrue(
                [{"card_id": cls.card.id, "points": 10 + number, "key": f"day{number}"}]
            )
            cls.env.cr.execute(
                "UPDATE loyalty_ledger_entry SET posted_at = %s, recorded_at = %s WHERE id = %s",
                [moment, moment, row["entry_id"]],
            )
        cls.env["loyalty.card"].redeem([{"card_id": cls.card.id, "points": 5, "key": "spent"}])
        cls.env.invalidate_all()
        cls.seals = cls.env["loyalty.ledger.seal"]

    def prove(self):
        self.env["loyalty.ledger"]._job_prove(1)
        return self.env["loyalty.ledger.proof"].search([], limit=1)

    def tamper(self, statement, *values):
        self.env.flush_all()
        self.env.cr.execute(statement, values)
        self.env.invalidate_all()

    def own(self, days):
        return [day.isoformat() for day in days if day.isoformat().startswith("2026-03-0")]

    # ------------------------------------------------------------ proof

    def test_all_agrees(self):
        proof = self.prove()
        self.assertEqual((proof.state, proof.difference_count), ("good", 0))
        self.assertGreaterEqual(proof.cards, 1)
        self.assertGreaterEqual(proof.entries, 4)
        self.assertFalse(proof.activity_ids)

    def test_each_figure_that_was_changed_shows(self):
        changes = {
            "card": "UPDATE loyalty_card SET points = points + 1 WHERE id = %s",
            "lots": "UPDATE loyalty_ledger_lot SET remaining = remaining - 1"
            " WHERE remaining > 1 AND card_id = %s",
            "lot": "UPDATE loyalty_ledger_lot SET remaining = 0 WHERE card_id = %s",
            "entry": "UPDATE loyalty_ledger_entry SET points = points - 1"
            " WHERE kind = 'redeem' AND card_id = %s",
        }
        for kind, statement in changes.items():
            with self.subTest(kind), self.env.cr.savepoint() as savepoint:
                self.tamper(statement, self.card.id)
                proof = self.prove()
                self.assertEqual(proof.state, "bad")
                self.assertIn(kind, proof.line_ids.mapped("kind"))
                self.assertIn(self.card, proof.line_ids.card_id)
                savepoint.close(rollback=True)
                self.env.invalidate_all()

    def test_people_are_told(self):
        self.users["auditor"].email = "auditor@example.com"
        self.tamper("UPDATE loyalty_card SET points = points + 1 WHERE id = %s", self.card.id)
        proof = self.prove()
        self.assertIn(self.users["manager"], proof.activity_ids.user_id)
        mails = self.env["mail.mail"].search([("res_id", "=", proof.id)])
        self.assertIn("auditor@example.com", mails.mapped("email_to"))

    def test_who_sees_it(self):
        proof = self.prove()
        for role in ("manager", "auditor"):
            self.assertTrue(proof.with_user(self.users[role]).has_access("read"), role)
            self.assertFalse(proof.with_user(self.users[role]).has_access("write"), role)
        for user in (self.users["user"], self.portal_user):
            self.assertFalse(proof.with_user(user).has_access("read"))
            with self.assertRaises(AccessError):
                proof.with_user(user).action_prove_again()

    def test_queries_do_not_grow(self):
        self.env["loyalty.ledger.seal"]._seal_days()
        first = self.queries(lambda: self.env["loyalty.ledger.proof"]._differences())
        self._new_card(7, partner_id=self.partner.create({"name": "Second"}).id)
        self.commit_hooks()
        self.assertEqual(
            self.queries(lambda: self.env["loyalty.ledger.proof"]._differences()), first
        )

    # ------------------------------------------------------------ seals

    def test_days_are_sealed_once_in_a_chain(self):
        self.seals._seal_days()
        self.assertEqual(self.seals._seal_days(), 0)
        seals = self.seals.search([("day", ">=", "2026-03-01"), ("day", "<=", "2026-03-04")])
        days = seals.sorted("day").mapped("day")
        self.assertEqual(self.own(days), ["2026-03-01", "2026-03-02", "2026-03-04"])
        chain = seals.sorted("day")
        self.assertEqual(chain[1].previous_id, chain[0])
        self.assertFalse(self.seals.search([("day", "=", datetime.now().date())]), "not over yet")

    def test_the_digest_can_be_worked_out_by_hand(self):
        self.seals._seal_days()
        seal = self.seals.search([("day", "=", "2026-03-02")])
        self.env.cr.execute(
            "SELECT concat_ws('|', id, card_code, points, coalesce(status_points, 0), kind, key,"
            " to_char(posted_at, 'YYYY-MM-DD HH24:MI:SS')) FROM loyalty_ledger_entry"
            " WHERE state = 'posted' AND posted_at::date = '2026-03-02' ORDER BY id"
        )
        text = "\n".join(line for (line,) in self.env.cr.fetchall())
        part = hashlib.sha256(text.encode()).hexdigest()
        whole = hashlib.sha256((seal.previous_id.digest + part).encode()).hexdigest()
        self.assertEqual(seal.digest, whole)

    def test_what_breaks_a_seal(self):
        self.seals._seal_days()
        self.assertEqual(self.own(self.seals._broken()), [])
        entry = self.card.ledger_entry_ids.filtered(lambda row: row.points == 11)
        for statement in (
            "UPDATE loyalty_ledger_entry SET points = points + 1 WHERE id = %s",
            "UPDATE loyalty_ledger_entry SET key = key || 'x' WHERE id = %s",
            "UPDATE loyalty_ledger_entry SET posted_at = '2026-03-03' WHERE id = %s",
            "UPDATE loyalty_ledger_entry SET state = 'cancelled' WHERE id = %s",
        ):
            with self.subTest(statement), self.env.cr.savepoint() as savepoint:
                self.tamper(statement, entry.id)
                self.assertIn("2026-03-02", self.own(self.seals._broken()))
                self.assertIn("seal", self.prove().line_ids.mapped("kind"))
                savepoint.close(rollback=True)
                self.env.invalidate_all()

    def test_a_seal_made_to_fit_breaks_those_after_it(self):
        self.seals._seal_days()
        self.tamper(
            "UPDATE loyalty_ledger_seal SET digest = repeat('a', 64) WHERE day = '2026-03-02'"
        )
        self.assertEqual(self.own(self.seals._broken()), ["2026-03-02", "2026-03-04"])

    def test_a_deleted_card_breaks_no_seal(self):
        self.seals._seal_days()
        self.card.unlink()
        self.assertEqual(self.own(self.seals._broken()), [])

    def test_nobody_edits_a_seal(self):
        self.seals._seal_days()
        seal = self.seals.search([], limit=1)
        for act in (lambda: seal.write({"digest": "x"}), seal.unlink, lambda: seal.create([{}])):
            with self.assertRaises(UserError):
                act()
