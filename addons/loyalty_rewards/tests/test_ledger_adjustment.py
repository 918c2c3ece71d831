"""Points given or taken by hand: within a limit by one person, above it by two."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import LedgerCommon


@tagged("post_install", "-at_install")
class TestLedgerAdjustment(LedgerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.users["manager"]
        cls.second = cls.users["channel_manager"]
        cls.second.group_ids = [
            Command.link(cls.env.ref("relationship_crm.group_manager").id),
            Command.link(cls.env.ref("sales_team.group_sale_manager").id),
        ]
        cls.program.loyalty_adjust_limit = 100
        cls.rows = cls.env["loyalty.ledger.adjustment"].with_user(cls.manager)

    def ask(self, points, **values):
        row = self.rows.create(
            {"card_id": self.card.id, "points": points, "reason": "Sorry", **values}
        )
        row.action_request()
        return row

    def test_within_the_limit_at_once(self):
        row = self.ask(100, expires_on="2031-01-31")
        self.assertEqual((row.state, row.approver_id), ("posted", self.manager))
        self.assertEqual(self.entries(), [("adjust", 100)])
        entry = self.card.ledger_entry_ids
        self.assertEqual(
            (entry.reason, entry.user_id, row.entry_id), ("Sorry", self.manager, entry)
        )
        self.assertEqual(self.lots(), {"2031-01-31": 100})
        self.assert_ledger()

    def test_above_the_limit_by_a_second_person(self):
        row = self.ask(101)
        self.assertEqual((row.state, self.card.points), ("requested", 0))
        self.assertIn(self.second, row.sudo().activity_ids.user_id)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            row.action_approve()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            row.points = 1
        row.with_user(self.second).action_approve()
        self.assertEqual((row.state, row.approver_id), ("posted", self.second))
        self.assertEqual((self.card.points, row.single_person), (101, False))
        with self.assertRaises(UserError), self.env.cr.savepoint():
            row.with_user(self.second).action_approve()
        self.assertEqual(self.card.points, 101)
        self.assertFalse(row.sudo().activity_ids)
        self.assert_ledger()

    def test_small_steps_add_up(self):
        self.ask(60)
        self.assertEqual(self.ask(-41).state, "requested", "60 and 41 within a day")
        self.card.with_user(self.manager).points += 40
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.card.with_user(self.manager).points += 1
        self.card.with_user(self.second).points += 1
        self.assertEqual(self.card.points, 101)

    def test_approved_by_another_does_not_count(self):
        self.ask(500).with_user(self.second).action_approve()
        self.assertEqual(self.ask(100).state, "posted")

    def test_refused(self):
        row = self.ask(101)
        with self.assertRaises(UserError):
            row.with_user(self.users["user"]).action_refuse()
        row.with_user(self.second).action_refuse()
        self.assertEqual((row.state, self.card.points), ("refused", 0))
        with self.assertRaises(UserError):
            row.with_user(self.second).action_approve()
        with self.assertRaises(UserError):
            row.unlink()

    def test_a_company_of_one_person(self):
        self.env.company.write({"prm_single_person": True, "email": "boss@example.com"})
        row = self.ask(101)
        row.action_approve()
        self.assertEqual((row.state, row.single_person, self.card.points), ("posted", True, 101))
        mails = self.env["mail.mail"].search(
            [("model", "=", row._name), ("res_id", "=", row.id), ("email_to", "!=", False)]
        )
        self.assertIn("boss@example.com", mails.mapped("email_to"))

    def test_balance_dialog_above_the_limit_asks(self):
        values = {"card_id": self.card.id, "new_balance": 300, "description": "We broke it"}
        wizard = self.env["loyalty.card.update.balance"].with_user(self.manager).create(values)
        action = wizard.action_update_card_point()
        row = self.rows.browse(action["res_id"])
        self.assertEqual((row.state, row.points, row.reason), ("requested", 300, "We broke it"))
        self.assertEqual((self.card.points, self.entries()), (0, []))

    def test_by_the_orm_above_the_limit(self):
        card = self.card.with_user(self.manager)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            card.points = 101
        with self.assertRaises(UserError), self.env.cr.savepoint():
            card.create(
                {"program_id": self.program.id, "partner_id": self.partner.id, "points": 101}
            )
        self.env.invalidate_all()
        card.points = 100
        self.assertEqual(self.entries(), [("adjust", 100)])

    def test_orders_of_any_size_need_no_approval(self):
        order = self.order(20).with_user(self.sales_user)
        order.sudo().user_id = self.sales_user
        order.action_confirm()
        self.assertEqual(self.entries(), [("earn", 2000)])

    def test_not_more_than_there_is(self):
        self.card.points = 50
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.ask(-51)
        self.env.invalidate_all()
        self.ask(-50)
        self.assertEqual(self.card.points, 0)
        self.assert_ledger()

    def test_nobody_fills_in_how_it_went(self):
        for values in (
            {"state": "posted"},
            {"approver_id": self.second.id},
            {"user_id": self.second.id},
            {"single_person": True},
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                self.rows.create({"card_id": self.card.id, "points": 1, "reason": "x", **values})
            row = self.rows.create({"card_id": self.card.id, "points": 1, "reason": "x"})
            with self.assertRaises(UserError), self.env.cr.savepoint():
                row.write(values)
        with self.assertRaises(AccessError):
            self.rows.with_user(self.portal_user).create({"card_id": self.card.id, "points": 1})
