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

    def test_a_decision_closes_its_own_activities_only(self):
        for decide in ("action_approve", "action_refuse"):
            row = self.ask(101)
            todo = row.sudo().activity_schedule(
                "mail.mail_activity_data_todo", user_id=self.second.id, summary="Call them"
            )
            self.assertGreater(len(row.sudo().activity_ids), 1)
            getattr(row.with_user(self.second), decide)()
            self.assertEqual(row.sudo().activity_ids, todo)

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

    def may_delete_cards(self):
        """Let sales managers delete cards, as no group may by default; return the card as one."""
        self.env["ir.model.access"].create(
            {
                "name": "sales managers delete cards",
                "model_id": self.env["ir.model"]._get_id("loyalty.card"),
                "group_id": self.env.ref("sales_team.group_sale_manager").id,
                "perm_read": True,
                "perm_unlink": True,
            }
        )
        return self.card.with_user(self.manager)

    def test_deleting_a_card_is_limited_too(self):
        """What a deleted card holds is lost: as of an adjustment, of more two people decide."""
        card = self.may_delete_cards()
        self.card.points = 101
        with self.assertRaisesRegex(UserError, "101 Points.*archive"), self.env.cr.savepoint():
            card.unlink()
        self.ask(-30)
        with self.assertRaisesRegex(UserError, "71 Points"), self.env.cr.savepoint():
            card.unlink()  # the 30 of today count
        self.assertEqual(self.card.points, 71)
        self.ask(-71).with_user(self.second).action_approve()
        card.unlink()
        self.assertFalse(self.card.exists())

    def test_deleting_a_card_within_the_limit(self):
        card = self.may_delete_cards()
        self.card.points = 100
        card.unlink()
        closing = self.env["loyalty.ledger.entry"].search([("kind", "=", "close")])
        self.assertEqual((closing.points, closing.user_id), (-100, self.manager))

    def test_deleting_a_card_with_a_debt_or_pending_points(self):
        card = self.may_delete_cards()
        self.card.points = -101
        with self.assertRaises(UserError), self.env.cr.savepoint():
            card.unlink()
        self.card.points = 0
        self.env["loyalty.card"].accrue(
            [{"card_id": self.card.id, "points": 101, "key": "a", "available_on": "2031-01-31"}]
        )
        with self.assertRaisesRegex(UserError, "101 Points"), self.env.cr.savepoint():
            card.unlink()
        self.assertEqual(self.card.loyalty_pending, 101)

    def test_deleting_cards_together(self):
        """One of many beyond the limit: none is deleted."""
        card = self.may_delete_cards()
        other = self._new_card(101).with_user(self.manager)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            (card | other).unlink()
        self.assertEqual(len((card | other).exists()), 2)
        self.program.loyalty_adjust_limit = 0
        (card | self._new_card().with_user(self.manager)).unlink()  # nothing is lost

    def test_archiving_a_card_keeps_its_points(self):
        self.card.points = 101
        self.card.with_user(self.manager).action_archive()
        self.assertEqual((self.card.active, self.card.points), (False, 101))
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


@tagged("post_install", "-at_install")
class TestLimitOfTheApi(LedgerCommon):
    """What a person may not do alone by hand, the key of that person may not do by the API."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.users["manager"]
        cls.program.loyalty_adjust_limit = 100
        cls.other = cls._new_card(partner_id=cls.partner.create({"name": "Second"}).id)
        cls.cards = cls.env["loyalty.card"].with_user(cls.manager)
        # given by the database itself, which asks nobody
        cls.env["loyalty.card"].accrue(
            [{"card_id": card.id, "points": 900, "key": f"base{card.id}"} for card in cls.all()]
        )

    @classmethod
    def all(cls):
        return cls.card | cls.other

    def posting(self, points, key, **more):
        return {"card_id": self.card.id, "points": points, "key": key, **more}

    def assert_refused(self, act):
        """Assert that an act is refused, and leaves every figure as it was."""
        before = self.all().mapped("points"), self.entries(), self.card.loyalty_pending
        with self.assertRaisesRegex(UserError, "more than one person"), self.env.cr.savepoint():
            act()
        self.env.invalidate_all()
        after = self.all().mapped("points"), self.entries(), self.card.loyalty_pending
        self.assertEqual(before, after)

    def test_every_method_keeps_to_the_limit(self):
        earned = self.card.ledger_entry_ids
        for act in (
            lambda: self.cards.accrue([self.posting(101, "a")]),
            lambda: self.cards.accrue([self.posting(101, "a", available_on="2099-01-01")]),
            lambda: self.cards.accrue([self.posting(60, "a"), self.posting(41, "b")]),
            lambda: self.cards.redeem([self.posting(101, "a")]),
            lambda: self.cards.transfer([self.posting(101, "a", to_card_id=self.other.id)]),
            lambda: self.cards.reverse([{"entry_id": earned.id, "points": 101, "key": "a"}]),
        ):
            self.assert_refused(act)
        self.cards.accrue([self.posting(100, "a")])
        self.assertEqual(self.card.points, 1000)
        self.assert_ledger()

    def test_small_steps_add_up_in_any_way(self):
        self.cards.accrue([self.posting(40, "a")])
        self.cards.redeem([self.posting(30, "b")])
        self.card.with_user(self.manager).points += 20
        self.assert_refused(lambda: self.cards.accrue([self.posting(11, "c")]))
        self.assert_refused(lambda: self.card.with_user(self.manager).write({"points": 0}))
        self.cards.accrue([self.posting(10, "c")])

    def test_a_transfer_counts_on_both_cards(self):
        self.cards.accrue([{"card_id": self.other.id, "points": 60, "key": "a"}])
        move = self.posting(41, "b", to_card_id=self.other.id)
        self.assert_refused(lambda: self.cards.transfer([move]))

    def test_the_first_result_is_given_again_at_the_limit(self):
        first = self.cards.accrue([self.posting(100, "a")])
        self.program.loyalty_adjust_limit = 1
        again = self.cards.accrue([self.posting(100, "a")])
        self.assertEqual(again, [{**first[0], "repeated": True}])

    def test_pending_points_of_any_size_are_not_cancelled_alone(self):
        [row] = self.env["loyalty.card"].accrue(
            [self.posting(101, "wait", available_on="2099-01-01")]
        )
        back = [{"entry_id": row["entry_id"], "key": "a"}]
        self.assert_refused(lambda: self.cards.reverse(back))

    def test_cancelled_points_add_up_like_others(self):
        rows = self.env["loyalty.card"].accrue(
            [self.posting(60, f"wait{turn}", available_on="2099-01-01") for turn in range(3)]
        )
        back = [[{"entry_id": row["entry_id"], "key": f"b{row['key']}"}] for row in rows]
        self.cards.reverse(back[0])
        self.assertEqual(self.card.loyalty_pending, 120)
        entry = self.env["loyalty.ledger.entry"].browse(rows[0]["entry_id"])
        self.assertEqual((entry.state, entry.cancelled_by_id), ("cancelled", self.manager))
        self.assertTrue(entry.cancelled_at)
        self.assert_refused(lambda: self.cards.reverse(back[1]))
        self.assert_refused(lambda: self.cards.accrue([self.posting(41, "c")]))
        self.assert_refused(lambda: self.card.with_user(self.manager).write({"points": 859}))
        self.cards.accrue([self.posting(40, "c")])
        self.assertEqual(self.cards.reverse(back[0])[0]["state"], "cancelled", "once")

    def test_what_was_given_and_cancelled_counts_twice(self):
        """As points that were given and taken back do."""
        [row] = self.cards.accrue([self.posting(60, "a", available_on="2099-01-01")])
        self.assert_refused(lambda: self.cards.reverse([{"entry_id": row["entry_id"], "key": "b"}]))

    def test_cancelled_and_taken_in_one_call(self):
        [row] = self.env["loyalty.card"].accrue(
            [self.posting(60, "wait", available_on="2099-01-01")]
        )
        earned = self.card.ledger_entry_ids.filtered(lambda entry: entry.state == "posted")
        self.assert_refused(
            lambda: self.cards.reverse(
                [
                    {"entry_id": row["entry_id"], "key": "a"},
                    {"entry_id": earned.id, "points": 41, "key": "b"},
                ]
            )
        )

    def test_merging_frees_no_limit(self):
        self.cards.accrue([{"card_id": self.other.id, "points": 60, "key": "a"}])
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.partner | self.other.partner_id).ids, self.partner)
        self.assert_refused(lambda: self.cards.accrue([self.posting(41, "b")]))
        self.cards.accrue([self.posting(40, "b")])

    def test_a_trusted_system_has_no_limit(self):
        source = self.env["relationship.interaction.source"].create(
            {"name": "till", "user_ids": [Command.set(self.manager.ids)]}
        )
        self.assert_refused(lambda: self.cards.accrue([self.posting(500, "a")]))
        source.trusted = True
        self.cards.accrue([self.posting(500, "a")])
        self.assertEqual(self.card.points, 1400)
        self.card.with_user(self.manager).points += 100  # by hand it is a person again
        self.assert_refused(lambda: self.card.with_user(self.manager).write({"points": 0}))

    def test_cards_bring_no_points_from_elsewhere(self):
        coupons = self.env["loyalty.program"].create({"name": "Coupons", "program_type": "coupons"})
        coupons.loyalty_adjust_limit = 100
        card = self.cards.create({"program_id": coupons.id, "points": 101})
        with self.assertRaisesRegex(UserError, "more than one person"), self.env.cr.savepoint():
            card.program_id = self.program
        seller = self.sales_user
        seller.group_ids = [Command.link(self.env.ref("sales_team.group_sale_manager").id)]
        with self.assertRaisesRegex(UserError, "more than one person"), self.env.cr.savepoint():
            coupons.with_user(seller).applies_on = "both"
        self.env.invalidate_all()
        coupons.with_user(self.manager).applies_on = "both"
        self.assertEqual(self.entries(card.sudo()), [("open", 101)])

    def test_the_limit_is_for_managers_to_set(self):
        seller = self.sales_user
        for group in ("sales_team.group_sale_manager", "product.group_product_manager"):
            seller.group_ids = [Command.link(self.env.ref(group).id)]
        program = self.program.with_user(seller)
        with self.assertRaises(AccessError):
            program.loyalty_adjust_limit = 10**6
        copy = self.program.copy({"name": "Copy"})
        made = self.env["loyalty.program"].with_user(seller).create({"name": "New"})
        self.assertEqual((copy | made.sudo()).mapped("loyalty_adjust_limit"), [1000, 1000])
        with self.assertRaises(AccessError):
            made.create({"name": "Newer", "loyalty_adjust_limit": 1001})
        self.program.with_user(self.manager).loyalty_adjust_limit = 5

    def test_a_reward_gives_no_points(self):
        self.program.loyalty_earn_by = "event"
        order = self.order(3)
        self.redeem_in(order)
        order.action_confirm()
        line = order.order_line.filtered("reward_id").with_user(self.manager)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            line.points_cost = -5000
        self.env.invalidate_all()
        self.assertEqual(self.card.points, 800)


@tagged("post_install", "-at_install")
class TestHigherLimit(LedgerCommon):
    """Who may adjust up to a limit does not raise it alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.users["manager"]
        cls.second = cls.users["channel_manager"]
        cls.second.group_ids = [
            Command.link(cls.env.ref("relationship_crm.group_manager").id),
            Command.link(cls.env.ref("sales_team.group_sale_manager").id),
        ]
        cls.manager.group_ids = [Command.link(cls.env.ref("product.group_product_manager").id)]
        cls.program.loyalty_adjust_limit = 100
        cls.own = cls.program.with_user(cls.manager)
        cls.requests = cls.env["loyalty.limit.request"].with_user(cls.manager)

    def ask(self, points=500):
        action = self.own.action_ask_for_limit()
        return self.requests.with_context(**action["context"]).create(
            {"points": points, "reason": "Summer campaign"}
        )

    def test_not_alone(self):
        with self.assertRaisesRegex(UserError, "One person alone"), self.env.cr.savepoint():
            self.own.loyalty_adjust_limit = 101
        self.env.invalidate_all()
        self.assertEqual(self.program.loyalty_adjust_limit, 100)
        self.own.write({"loyalty_adjust_limit": 50, "name": "Lower"})
        self.assertEqual(self.program.loyalty_adjust_limit, 50)
        programs = self.env["loyalty.program"].with_user(self.manager)
        for context in ({}, {"default_loyalty_adjust_limit": 10**6}):
            values = {"name": "New"} | ({} if context else {"loyalty_adjust_limit": 1001})
            with self.assertRaisesRegex(UserError, "One person alone"), self.env.cr.savepoint():
                programs.with_context(**context).create(values)
        self.assertEqual(programs.create({"name": "New"}).loyalty_adjust_limit, 1000)

    def test_by_a_second_person(self):
        row = self.ask()
        self.assertEqual(
            (row.state, row.former, self.program.loyalty_adjust_limit), ("requested", 100, 100)
        )
        self.assertTrue(row.sudo().activity_ids.user_id)
        self.assertNotIn(self.manager, row.sudo().activity_ids.user_id)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            row.action_approve()
        row.with_user(self.second).action_approve()
        self.assertEqual((row.state, row.approver_id), ("approved", self.second))
        self.assertEqual((self.program.loyalty_adjust_limit, row.single_person), (500, False))
        self.assertFalse(row.sudo().activity_ids)
        self.own.loyalty_adjust_limit = 1
        with self.assertRaises(UserError):
            row.with_user(self.second).action_approve()
        self.assertEqual(self.program.loyalty_adjust_limit, 1)

    def test_refused(self):
        row = self.ask()
        row.with_user(self.second).action_refuse()
        self.assertEqual((row.state, self.program.loyalty_adjust_limit), ("refused", 100))
        with self.assertRaises(UserError):
            row.with_user(self.second).action_approve()

    def test_a_decision_closes_its_own_activity_only(self):
        for decide in ("action_approve", "action_refuse"):
            row = self.ask(500)
            todo = row.sudo().activity_schedule(
                "mail.mail_activity_data_todo", user_id=self.second.id, summary="Call them"
            )
            self.assertEqual(len(row.sudo().activity_ids), 2)
            getattr(row.with_user(self.second), decide)()
            self.assertEqual(row.sudo().activity_ids, todo)
            self.program.loyalty_adjust_limit = 100

    def test_a_company_of_one_person(self):
        self.env.company.write({"prm_single_person": True, "email": "boss@example.com"})
        self.program.company_id = self.env.company
        row = self.ask()
        row.action_approve()
        self.assertEqual((row.single_person, self.program.loyalty_adjust_limit), (True, 500))
        self.own.loyalty_adjust_limit = 700
        told = self.requests.search([("program_id", "=", self.program.id)])
        self.assertEqual((told[0].points, told[0].former, told[0].state), (700, 500, "approved"))
        for one in told:
            mails = self.env["mail.mail"].search(
                [("model", "=", one._name), ("res_id", "=", one.id), ("email_to", "!=", False)]
            )
            self.assertIn("boss@example.com", mails.mapped("email_to"))

    def test_nobody_fills_in_how_it_went(self):
        for values in ({"state": "approved"}, {"user_id": self.second.id}, {"former": 1}):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                self.requests.create(
                    {"program_id": self.program.id, "points": 1, "reason": "x", **values}
                )
        row = self.ask()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            row.points = 10**6
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            row.user_id = self.second
        with self.assertRaises(AccessError):
            self.requests.with_user(self.sales_user).create(
                {"program_id": self.program.id, "points": 1, "reason": "x"}
            )
