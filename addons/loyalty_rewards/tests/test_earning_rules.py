"""What happened earns points by rules: once, pending until it is safe, and back on a refund."""

from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import LedgerCommon


class EarningCommon(LedgerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program.loyalty_earn_by = "event"
        cls.card.unlink()
        cls.kinds = {
            kind.code: kind for kind in cls.env["relationship.interaction.kind"].search([])
        }

    @classmethod
    def _rule(cls, kind="invoice_paid", **values):
        return cls.env["loyalty.earning.rule"].create(
            {
                "name": "One for ten",
                "program_id": cls.program.id,
                "kind_id": cls.kinds[kind].id,
                "points": 1,
                "per_amount": 10,
                "valid_from": "2020-01-01",
                **values,
            }
        )

    def work(self):
        """Let the consumers do what waits for them."""
        self.commit_hooks()
        while self.env["relationship.interaction.todo"]._job_consume(500):
            pass

    def event(self, kind="call", **values):
        """Record an interaction at once; return it."""
        reference = f"test,{self.env['relationship.interaction'].search_count([])}"
        event = {
            "kind": kind,
            "contact_id": self.partner.id,
            "external_ref": reference,
            "company_id": self.env.company.id,
            **values,
        }
        return self.env["relationship.interaction"].browse(
            self.env["relationship.interaction"]._insert([event])
        )

    def invoice_of(self, order):
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        return invoice

    def pay(self, invoice):
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        return wizard.create({})._create_payments()

    def refund_draft(self, invoice):
        reversal = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        return reversal.new_move_ids.browse(reversal.reverse_moves()["res_id"])

    def refund(self, invoice, quantity=None):
        refund = self.refund_draft(invoice)
        if quantity:
            refund.invoice_line_ids.quantity = quantity
        refund.action_post()
        return refund

    def holder_card(self):
        return self.env["loyalty.card"].search([("program_id", "=", self.program.id)])

    def all_entries(self):
        return [
            (row.kind, row.points, row.state)
            for row in self.env["loyalty.ledger.entry"].search(
                [("program_id", "=", self.program.id)], order="id"
            )
        ]


@tagged("post_install", "-at_install")
class TestEarningRules(EarningCommon):
    def test_paid_invoice_earns(self):
        self._rule()
        invoice = self.invoice_of(self.order(3))
        self.work()
        self.assertEqual(self.all_entries(), [], "not paid yet")
        self.pay(invoice)
        self.work()
        self.assertEqual(self.all_entries(), [("earn", 30, "posted")])
        card = self.holder_card()
        self.assertEqual((card.partner_id, card.points), (self.partner, 30))
        entry = card.ledger_entry_ids
        self.assertEqual((entry.origin_model, entry.origin_id), ("account.move", invoice.id))
        self.assertEqual(entry.interaction_id.kind_id.code, "invoice_paid")
        self.assert_ledger()

    def test_same_interaction_twice(self):
        rule = self._rule("call", mode="fixed", points=5)
        event = self.event()
        rule._consume_interactions(event)
        rule._consume_interactions(event)
        self.assertEqual(self.all_entries(), [("earn", 5, "posted")])
        self.assert_ledger()

    def test_two_rules_for_one_interaction(self):
        for points in (5, 7):
            self._rule("call", mode="fixed", points=points)
        self.event()
        self.work()
        self.assertEqual(self.holder_card().points, 12)

    def test_pending_for_days_then_posted_by_the_job(self):
        self._rule("call", mode="fixed", points=5, pending_days=14)
        self.event()
        self.work()
        self.assertEqual(self.all_entries(), [("earn", 5, "pending")])
        card = self.holder_card()
        self.assertEqual(card.points, 0)
        ledger = self.env["loyalty.ledger"]
        ledger._job_release(10)
        self.assertEqual(card.points, 0)
        self.env["loyalty.ledger.entry"].search([("state", "=", "pending")]).write(
            {"available_on": fields.Date.today() - timedelta(days=1)}
        )
        self.assertEqual(ledger._job_release(10), 0)
        self.assertEqual(card.points, 5)
        self.assertEqual(self.all_entries(), [("earn", 5, "posted")])
        ledger._job_release(10)
        self.assertEqual(card.points, 5)
        self.assert_ledger()

    def test_available_day_counts_from_the_event(self):
        self._rule("call", mode="fixed", points=5, pending_days=14, expiry_months=12)
        self.event(occurred_at=fields.Datetime.now() - timedelta(days=10))
        self.work()
        entry = self.env["loyalty.ledger.entry"].search([("state", "=", "pending")])
        day = self.env["loyalty.earning.rule"]._day(entry.interaction_id)
        self.assertEqual(entry.available_on, day + timedelta(days=14))
        self.assertEqual(entry.expires_on.year, day.year + 1)

    def test_order_waits_until_it_is_paid(self):
        self._rule("order_confirmed", pending_until="paid", pending_days=3)
        order = self.order(3)
        invoice = self.invoice_of(order)
        self.work()
        entry = self.env["loyalty.ledger.entry"].search([("state", "=", "pending")])
        self.assertEqual((entry.points, entry.available_on), (30, False))
        self.pay(invoice)
        self.work()
        self.assertEqual(entry.available_on, fields.Date.today() + timedelta(days=3))
        entry.write({"available_on": fields.Date.today() - timedelta(days=1)})
        self.env["loyalty.ledger"]._job_release(10)
        self.assertEqual(self.holder_card().points, 30)
        self.assert_ledger()

    def released(self):
        """Return the points that can be spent, once the waiting is over."""
        self.work()
        waiting = self.env["loyalty.ledger.entry"].search([("state", "=", "pending")])
        waiting.filtered("available_on").write({"available_on": fields.Date.today()})
        self.env["loyalty.ledger"]._job_release(10)
        self.assert_ledger()
        return sum(self.holder_card().mapped("points"))

    def test_order_partly_credited_before_the_rest_is_paid(self):
        self._rule("order_confirmed", pending_until="paid", pending_days=3)
        invoice = self.invoice_of(self.order(3))
        self.refund(invoice, quantity=1)
        self.assertEqual(self.released(), 0)
        self.pay(invoice)
        self.assertEqual(self.released(), 20)

    def test_order_partly_credited_after_it_was_paid(self):
        self._rule("order_confirmed", pending_until="paid", pending_days=3)
        invoice = self.invoice_of(self.order(3))
        self.pay(invoice)
        self.work()
        self.refund(invoice, quantity=1)
        self.work()
        entry = self.env["loyalty.ledger.entry"].search([("state", "=", "pending")])
        self.assertEqual(entry.available_on, fields.Date.today() + timedelta(days=3))
        self.assertEqual(self.released(), 20)

    def test_order_billed_by_delivery_and_partly_returned(self):
        """Core's return: less is delivered, and the order makes the credit note."""
        self._rule("order_confirmed", pending_until="paid")
        self.product.invoice_policy = "delivery"
        order = self.order(3)
        order.action_confirm()
        order.order_line.qty_delivered = 3
        invoice = order._create_invoices()
        invoice.action_post()
        order.order_line.qty_delivered = 2
        credit = order._create_invoices(final=True)
        self.assertEqual(credit.move_type, "out_refund")
        credit.action_post()
        (invoice | credit).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        ).reconcile()
        self.assertEqual(self.released(), 0)
        self.pay(invoice)
        self.assertEqual(self.released(), 20)

    def test_order_waits_for_all_of_its_invoices(self):
        self._rule("order_confirmed", pending_until="paid")
        self.product.invoice_policy = "delivery"
        order = self.order(3)
        order.action_confirm()
        order.order_line.qty_delivered = 1
        first = order._create_invoices()
        first.action_post()
        self.pay(first)
        self.assertEqual(self.released(), 0, "two are to come")
        order.order_line.qty_delivered = 3
        second = order._create_invoices()
        self.env["loyalty.earning.rule"]._set_available(order)
        self.assertEqual(self.released(), 0, "a draft is not paid")
        second.action_post()
        self.pay(second)
        self.assertEqual(self.released(), 30)

    def test_points_of_an_order_wait_again_when_its_payment_is_undone(self):
        self._rule("order_confirmed", pending_until="paid", pending_days=3)
        invoice = self.invoice_of(self.order(3))
        self.pay(invoice)
        self.work()
        entry = self.env["loyalty.ledger.entry"].search([("state", "=", "pending")])
        self.assertTrue(entry.available_on)
        invoice.line_ids.remove_move_reconcile()
        self.work()
        self.assertEqual((entry.state, entry.available_on), ("pending", False))
        self.pay(invoice)
        self.work()
        self.assertEqual(entry.available_on, fields.Date.today() + timedelta(days=3))
        self.assert_ledger()

    def test_cancelled_order_never_earns(self):
        self._rule("order_confirmed", pending_until="paid")
        order = self.order(3)
        order.action_confirm()
        self.work()
        order._action_cancel()
        self.assertEqual(self.all_entries(), [("earn", 30, "cancelled"), ("earn", 0, "cancelled")])
        self.assert_ledger()

    def test_refund_takes_back_what_it_earned(self):
        """Complaint 2: buy, earn, refund, keep the points."""
        self._rule()
        invoice = self.invoice_of(self.order(3))
        self.pay(invoice)
        self.work()
        self.refund(invoice)
        self.work()
        self.assertEqual(self.all_entries(), [("earn", 30, "posted"), ("reverse", -30, "posted")])
        self.assertEqual(self.holder_card().ledger_entry_ids[0].reverses_id.points, 30)
        self.work()
        self.assert_ledger()

    def test_partial_refunds_take_back_exactly(self):
        self._rule(points=1, per_amount=7)
        invoice = self.invoice_of(self.order(3))
        self.pay(invoice)
        self.work()
        card = self.holder_card()
        self.assertEqual(card.points, 42.85, "300 / 7, rounded down")
        for left in (28.57, 14.28, 0):
            self.refund(invoice, quantity=1)
            self.work()
            self.assertEqual(card.points, left)
        self.assert_ledger()

    def test_refund_of_an_order_of_somebody_who_has_a_card(self):
        """Core ties the card to the order, with no points: what the rules gave is not core's."""
        self._rule("order_confirmed")
        card = self._new_card()
        order = self.order(3)
        self.assertEqual(order.coupon_point_ids.coupon_id, card)
        invoice = self.invoice_of(order)
        self.work()
        self.assertEqual(card.points, 30)
        self.refund(invoice, quantity=1)
        self.work()
        self.assertEqual(card.points, 20)
        self.assert_ledger()

    def test_refund_consumed_again_takes_back_once(self):
        rule = self._rule()
        invoice = self.invoice_of(self.order(3))
        self.pay(invoice)
        self.refund(invoice, quantity=1)
        self.work()
        events = self.env["relationship.interaction"].search([("res_id", "=", invoice.id)])
        for _turn in range(2):
            rule._consume_interactions(events)
        self.assertEqual(self.holder_card().points, 20)
        self.assert_ledger()

    def test_refund_before_the_points_are_available(self):
        self._rule(pending_days=14)
        invoice = self.invoice_of(self.order(3))
        self.pay(invoice)
        self.work()
        self.refund(invoice, quantity=1)
        self.work()
        self.assertEqual(self.all_entries(), [("earn", 30, "cancelled"), ("earn", 20, "pending")])
        self.refund(invoice, quantity=2)
        self.work()
        self.assertEqual(
            self.all_entries(), [("earn", points, "cancelled") for points in (30, 20, 0)]
        )
        self.assert_ledger()

    def test_refund_of_spent_points_is_a_debt_that_the_next_earning_repays(self):
        self._rule()
        self._rule("call", mode="fixed", points=50)
        invoice = self.invoice_of(self.order(10))
        self.pay(invoice)
        self.work()
        card = self.holder_card()
        order = self.order(2)
        self.redeem_in(order, card)
        order.action_confirm()
        self.assertEqual(card.points, 0)
        self.refund(invoice)
        self.work()
        self.assertEqual((card.points, self.lots(card)), (-100, {False: -100}))
        self.event()
        self.work()
        self.assertEqual((card.points, self.lots(card)), (-50, {False: -50}))
        self.assert_ledger()

    def test_undone_payment(self):
        self._rule()
        invoice = self.invoice_of(self.order(3))
        self.pay(invoice)
        self.work()
        card = self.holder_card()
        invoice.line_ids.remove_move_reconcile()
        self.work()
        self.assertEqual(card.points, 0)
        self.pay(invoice)
        self.work()
        self.assertEqual(card.points, 30)
        self.assert_ledger()

    def test_payment_undone_and_made_again_before_it_was_looked_at(self):
        self._rule()
        invoice = self.invoice_of(self.order(3))
        self.pay(invoice)
        self.commit_hooks()
        invoice.line_ids.remove_move_reconcile()
        self.commit_hooks()
        self.pay(invoice)
        self.work()
        self.assertEqual(self.holder_card().points, 30)
        self.assert_ledger()

    def test_reward_lowers_what_earns(self):
        """Complaint 7: reward and discount lines earn nothing."""
        self._rule(per_amount=1)
        card = self._new_card(100)
        order = self.order(1)
        self.redeem_in(order, card)
        self.assertEqual(order.amount_untaxed, 90)
        self.assertEqual(order._loyalty_base_amount(), 90)
        invoice = self.invoice_of(order)
        self.pay(invoice)
        self.work()
        self.assertEqual(card.points, 90)
        self.assert_ledger()

    def test_taxes_earn_nothing(self):
        self._rule(per_amount=1)
        tax = self.env["account.tax"].create({"name": "Tenth", "amount": 10})
        self.product.taxes_id = tax
        invoice = self.invoice_of(self.order(1))
        self.assertEqual(invoice.amount_total, 110)
        self.pay(invoice)
        self.work()
        self.assertEqual(self.holder_card().points, 100)

    def test_sold_through_partner_earns(self):
        self._rule(earner="partner")
        reseller = self.partner.create({"name": "Reseller", "is_company": True})
        invoice = self.invoice_of(self.order(3, prm_partner_id=reseller.id))
        self.pay(invoice)
        self.work()
        card = self.holder_card()
        self.assertEqual((card.partner_id, card.points), (reseller, 30))

    def test_contact_earns_for_the_company_or_for_themselves(self):
        contact = self.partner.create({"name": "Ann", "parent_id": self.partner.id})
        self._rule("call", mode="fixed", points=5)
        self.event(contact_id=contact.id)
        self.work()
        self.assertEqual(self.holder_card().partner_id, self.partner)
        self.program.loyalty_to_company = False
        self.event(contact_id=contact.id)
        self.work()
        self.assertEqual(self.holder_card().partner_id, self.partner | contact)

    def test_dates_are_those_of_the_event(self):
        today = fields.Date.today()
        self._rule("call", mode="fixed", points=5, valid_from=today - timedelta(days=9))
        self._rule(
            "call",
            mode="fixed",
            points=3,
            valid_from=today - timedelta(days=99),
            valid_to=today - timedelta(days=10),
        )
        self.event(occurred_at=fields.Datetime.now() - timedelta(days=20))
        self.work()
        self.assertEqual(self.holder_card().points, 3)

    def test_events_of_other_systems_need_trust(self):
        source = self.env["relationship.interaction.source"].create(
            {"name": "shop", "trusted": True}
        )
        rule = self._rule("call", mode="fixed", points=5)
        self.event(source="shop")
        self.work()
        self.assertEqual(self.all_entries(), [])
        rule.source_ids = source
        self.event(source="shop")
        self.work()
        self.assertEqual(self.holder_card().points, 5)
        source.trusted = False
        self.event(source="shop")
        self.work()
        self.assertEqual(self.holder_card().points, 5)

    def test_a_trusted_system_tells_of_a_referral(self):
        """Told twice, or by a system that nobody trusts: once, and not at all."""
        sources = self.env["relationship.interaction.source"].create(
            [
                {"name": "club", "trusted": True, "user_ids": [Command.link(self.env.uid)]},
                {"name": "gossip", "user_ids": [Command.link(self.env.uid)]},
            ]
        )
        self._rule("referral", mode="fixed", points=25, source_ids=sources[:1])
        event = {
            "kind": "referral",
            "external_ref": "friend-1",
            "occurred_at": "2026-02-03T10:00:00Z",
            "keys": {"email": "referrer@club.example"},
            "create_unknown": True,
            "name": "Referrer",
            "payload": {"referred": "friend@club.example"},
        }
        ingest = self.env["relationship.interaction"].ingest
        told = ingest([{**event, "source": name} for name in ("club", "gossip")])
        self.assertEqual((told["created"], told["errors"]), (2, []))
        self.assertEqual(ingest([{**event, "source": "club"}])["repeated"], 1)
        self.work()
        self.assertEqual(self.all_entries(), [("earn", 25, "posted")])
        self.assertEqual(self.holder_card().partner_id.email, "referrer@club.example")
        self.assert_ledger()

    def test_untrusted_source_is_refused(self):
        source = self.env["relationship.interaction.source"].create({"name": "shop"})
        with self.assertRaises(ValidationError):
            self._rule("call", source_ids=[Command.link(source.id)])

    def test_terms_stay_once_points_were_given(self):
        rule = self._rule("call", mode="fixed", points=5)
        rule.points = 6
        self.event()
        self.work()
        with self.assertRaises(UserError):
            rule.points = 7
        with self.assertRaises(UserError):
            rule.unlink()
        rule.valid_to = fields.Date.today()
        self.assertEqual(rule.points_given, 6)

    def test_listens_to_the_kinds_of_its_rules_only(self):
        consumer = self.env.ref("loyalty_rewards.relationship_interaction_consumer_earning")
        self.assertFalse(consumer.active)
        rule = self._rule("call")
        self.assertTrue(consumer.active)
        self.assertIn("call", consumer.kind_ids.mapped("code"))
        self.assertNotIn("letter", consumer.kind_ids.mapped("code"))
        rule.active = False
        self.assertFalse(consumer.active)

    def test_program_by_orders_has_no_rules(self):
        program = self._new_program(name="By orders")
        with self.assertRaises(ValidationError):
            self._rule("call", program_id=program.id)

    def test_only_orders_wait_for_payment(self):
        with self.assertRaises(ValidationError):
            self._rule("call", pending_until="paid")

    def test_expired_points(self):
        self._rule("call", mode="fixed", points=5, expiry_months=1)
        with freeze_time(fields.Datetime.now() - timedelta(days=70)):
            self.event()
        self.event()
        self.work()
        card = self.holder_card()
        self.assertEqual(card.points, 10)
        self.assertEqual(self.env["loyalty.ledger"]._job_expire(10), 0)
        self.assertEqual(card.points, 5)
        self.assertEqual(self.all_entries()[-1], ("expire", -5, "posted"))
        self.env["loyalty.ledger"]._job_expire(10)
        self.assertEqual(card.points, 5)
        self.assert_ledger()
