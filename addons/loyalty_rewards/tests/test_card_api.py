"""Points by the API: batches with keys, refusals, reversals, transfers, statements."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import LedgerCommon

SOON = fields.Date.to_string(fields.Date.today() + timedelta(days=5))
LATER = fields.Date.to_string(fields.Date.today() + timedelta(days=50))


@tagged("post_install", "-at_install")
class TestCardApi(LedgerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._new_card(partner_id=cls.partner.create({"name": "Second"}).id)
        cls.cards = cls.env["loyalty.card"].with_user(cls.users["manager"])

    def posting(self, points, key, card=None, **more):
        return {"card_id": (card or self.card).id, "points": points, "key": key, **more}

    def test_accrue(self):
        done = self.cards.accrue(
            [
                self.posting(10, "a", reason="Welcome", expires_on=LATER),
                self.posting(2.5, "b", self.other),
                self.posting(5, "c"),
            ]
        )
        self.assertEqual([row["key"] for row in done], ["a", "b", "c"])
        self.assertEqual([row["balance"] for row in done], [15, 2.5, 15])
        self.assertEqual({row["repeated"] for row in done}, {False})
        self.assertEqual(self.entries(), [("earn", 10), ("earn", 5)])
        self.assertEqual(self.lots(), {LATER: 10, False: 5})
        self.assertEqual(self.card.ledger_entry_ids.user_id, self.users["manager"])
        self.assert_ledger()

    def test_the_same_key_gives_the_first_result(self):
        first = self.cards.accrue([self.posting(10, "a")])[0]
        again = self.cards.accrue([self.posting(10, "a"), self.posting(1, "b")])
        self.assertEqual(again[0], {**first, "repeated": True, "balance": 11})
        self.assertFalse(again[1]["repeated"])
        self.assertEqual(self.card.points, 11)
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.cards.accrue([self.posting(11, "a")])
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.cards.accrue([self.posting(10, "a", self.other)])
        self.assert_ledger()

    def test_a_callers_key_never_meets_ours(self):
        self.cards.accrue([self.posting(10, "rule,1,1")])
        self.assertEqual(self.card.ledger_entry_ids.key, "api,rule,1,1")

    def test_redeem_takes_what_expires_first(self):
        self.cards.accrue(
            [
                self.posting(10, "a"),
                self.posting(10, "b", expires_on=LATER),
                self.posting(10, "c", expires_on=SOON),
            ]
        )
        self.cards.redeem([self.posting(15, "d")])
        self.assertEqual(self.lots(), {False: 10, LATER: 5})
        self.cards.redeem([self.posting(6, "e"), self.posting(6, "f")])
        self.assertEqual(self.lots(), {False: 3})
        self.assert_ledger()

    def test_redeem_never_more_than_there_is(self):
        self.cards.accrue([self.posting(10, "a"), self.posting(10, "b", self.other)])
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.cards.redeem([self.posting(5, "c", self.other), self.posting(11, "d")])
        self.assertEqual((self.card.points, self.other.points), (10, 10), "nothing of it")
        with self.assertRaises(UserError):
            self.cards.redeem([self.posting(11, "d")])
        self.assertEqual(self.card.points, 10, "nothing stays behind for who catches it either")
        self.cards.redeem([self.posting(10, "d")])
        self.assert_ledger()

    def test_reversed_redemption_returns_with_its_expiry(self):
        self.cards.accrue(
            [self.posting(10, "a", expires_on=SOON), self.posting(10, "b", expires_on=LATER)]
        )
        entry = self.cards.redeem([self.posting(15, "c")])[0]["entry_id"]
        self.assertEqual(self.lots(), {LATER: 5})
        self.cards.reverse([{"entry_id": entry, "points": 7, "key": "d"}])
        self.assertEqual(self.lots(), {SOON: 2, LATER: 10}, "the latest expiry first")
        self.cards.reverse([{"entry_id": entry, "key": "e"}])
        self.assertEqual(self.lots(), {SOON: 10, LATER: 10})
        with self.assertRaises(ValidationError):
            self.cards.reverse([{"entry_id": entry, "key": "f"}])
        self.assertTrue(self.cards.reverse([{"entry_id": entry, "key": "e"}])[0]["repeated"])
        self.assert_ledger()

    def test_reversed_earning_takes_its_own_lot(self):
        rows = self.cards.accrue(
            [self.posting(10, "a", expires_on=SOON), self.posting(10, "b", expires_on=LATER)]
        )
        self.cards.reverse([{"entry_id": rows[1]["entry_id"], "key": "c"}])
        self.assertEqual(self.lots(), {SOON: 10})
        self.assert_ledger()

    def test_reversed_spent_earning_is_a_debt(self):
        rows = self.cards.accrue([self.posting(10, "a")])
        self.cards.redeem([self.posting(8, "b")])
        self.cards.reverse([{"entry_id": rows[0]["entry_id"], "key": "c"}])
        self.assertEqual((self.card.points, self.lots()), (-8, {False: -8}))
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.cards.redeem([self.posting(1, "d")])
        self.cards.accrue([self.posting(20, "e", expires_on=LATER)])
        self.assertEqual((self.card.points, self.lots()), (12, {LATER: 12}))
        self.assert_ledger()

    def test_reversed_redemption_of_a_debt(self):
        self.card.points = -30
        self.commit_hooks()
        self.cards.accrue([self.posting(20, "a")])
        self.assertEqual(self.lots(), {False: -10})
        debt = self.card.ledger_entry_ids.filtered(lambda entry: entry.points == -30)
        self.cards.reverse([{"entry_id": debt.id, "key": "b"}])
        self.assertEqual((self.card.points, self.lots()), (20, {False: 20}))
        self.assert_ledger()

    def test_returned_points_repay_another_debt(self):
        rows = self.cards.accrue([self.posting(10, "a"), self.posting(10, "b")])
        spent = self.cards.redeem([self.posting(20, "c")])[0]["entry_id"]
        self.cards.reverse([{"entry_id": rows[0]["entry_id"], "key": "d"}])
        self.assertEqual(self.lots(), {False: -10})
        self.cards.reverse([{"entry_id": spent, "key": "e"}])
        self.assertEqual((self.card.points, self.lots()), (10, {False: 10}))
        self.env.cr.execute(
            "SELECT count(*) FROM loyalty_ledger_lot WHERE card_id = %s AND remaining < 0",
            [self.card.id],
        )
        self.assertEqual(self.env.cr.fetchone(), (0,), "no debt beside open lots")
        self.assert_ledger()

    def test_pending(self):
        row = self.cards.accrue([self.posting(10, "a", available_on=SOON)])[0]
        self.assertEqual((row["state"], row["balance"]), ("pending", 0))
        self.assertEqual(self.card.loyalty_pending, 10)
        done = self.cards.reverse([{"entry_id": row["entry_id"], "key": "b"}])[0]
        self.assertEqual((done["state"], done["key"]), ("cancelled", "b"))
        self.assert_ledger()

    def test_transfer_keeps_the_expiry(self):
        self.cards.accrue(
            [self.posting(10, "a", expires_on=SOON), self.posting(10, "b", expires_on=LATER)]
        )
        move = {**self.posting(15, "c"), "to_card_id": self.other.id}
        for _turn in range(2):
            self.cards.transfer([move])
        self.assertEqual(self.lots(), {LATER: 5})
        self.assertEqual(self.lots(self.other), {SOON: 10, LATER: 5})
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.cards.transfer([{**move, "key": "d"}])
        self.assert_ledger()

    def test_transfer_within_one_program_only(self):
        program = self._new_program(name="Another")
        stranger = self._new_card(program_id=program.id)
        for target in (stranger, self.card):
            with self.assertRaises(ValidationError):
                self.cards.transfer([{**self.posting(1, "c"), "to_card_id": target.id}])

    def test_statement(self):
        self.cards.accrue([self.posting(10, "a", reason="Welcome")])
        self.cards.redeem([self.posting(4, "b")])
        [statement] = self.card.with_user(self.users["manager"]).statement()
        self.assertEqual((statement["balance"], statement["pending"]), (6, 0))
        self.assertEqual(
            [(row["kind"], row["points"], row["reason"]) for row in statement["entries"]],
            [("earn", 10, "Welcome"), ("redeem", -4, None)],
        )
        [none] = self.card.statement(date_from=LATER)
        self.assertEqual(none["entries"], [])
        for wrong in (("x",), (False, 7), (False, False, 0), (False, False, True)):
            with self.assertRaises(ValidationError):
                self.card.statement(*wrong)

    def test_what_is_not_understood(self):
        good = self.posting(1, "a")
        for wrong in (
            None,
            {},
            [None],
            [{**good, "points": -1}],
            [{**good, "points": True}],
            [{**good, "points": float("nan")}],
            [{**good, "points": 1e300}],
            [{**good, "points": 0.00001}],
            [{**good, "card_id": "1"}],
            [{**good, "key": ""}],
            [{**good, "key": "x" * 201}],
            [{**good, "expires_on": "soon"}],
            [{**good, "expires_on": "2020-01-01"}],
            [{**good, "color": 1}],
            [good, good],
        ):
            with self.assertRaises(ValidationError, msg=str(wrong)):
                self.cards.accrue(wrong)
        self.assertEqual(self.entries(), [])

    def test_rights(self):
        for user in (self.users["auditor"], self.users["integration"], self.portal_user):
            for name in ("accrue", "redeem"):
                with self.assertRaises(AccessError):
                    getattr(self.env["loyalty.card"].with_user(user), name)([self.posting(1, "a")])
        with self.assertRaises(AccessError):
            self.cards.accrue([{**self.posting(1, "a"), "card_id": 2**31 - 1}])

    def test_card_of_another_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        program = self._new_program(name="Elsewhere", company_id=company.id)
        card = self._new_card(program_id=program.id)
        with self.assertRaises(AccessError):
            self.cards.accrue([self.posting(1, "a", card)])

    def test_queries_do_not_grow(self):
        counts = []
        for number in (2, 40):
            rows = [self.posting(1, f"{number}-{index}") for index in range(number)]
            counts.append(self.queries(lambda rows=rows: self.cards.accrue(rows)))
        self.assertLessEqual(counts[1], counts[0])
