"""Whom and what a rule is for: each filter lets the right events earn, and no other."""

from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .test_earning_rules import EarningCommon


@tagged("post_install", "-at_install")
class TestEarningFilters(EarningCommon):
    def points(self, partner=None):
        card = self.holder_card()
        if partner:
            card = card.filtered(lambda one: one.partner_id == partner)
        return sum(card.mapped("points"))

    def category(self, name, parent=None):
        return self.env["product.category"].create(
            {"name": name, "parent_id": parent and parent.id}
        )

    def chairs_and_lamps(self):
        """Return an order of two chairs at 100 and three lamps at 40, each in a category."""
        furniture, light = self.category("Furniture"), self.category("Light")
        self.product.categ_id = self.category("Chairs", furniture)
        lamp = self.product.create(
            {
                "name": "Lamp",
                "list_price": 40,
                "categ_id": light.id,
                "taxes_id": [Command.clear()],
                "invoice_policy": "order",
            }
        )
        order = self.order(2)
        order.order_line = [Command.create({"product_id": lamp.id, "product_uom_qty": 3})]
        return order, furniture, light

    # ------------------------------------------------------------ products

    def test_products_of_a_category_and_those_below_it_earn(self):
        order, furniture, light = self.chairs_and_lamps()
        self._rule(per_amount=1, category_ids=furniture.ids)
        self._rule(per_amount=1, points=10, category_ids=light.ids)
        self.pay(self.invoice_of(order))
        self.work()
        amounts = self.holder_card().ledger_entry_ids.mapped("base_amount")
        self.assertEqual(sorted(amounts), [120, 200])
        self.assertEqual(self.points(), 200 + 1200)
        self.assert_ledger()

    def test_document_without_such_products_earns_nothing(self):
        order, _furniture, _light = self.chairs_and_lamps()
        self._rule(mode="fixed", points=5, category_ids=self.category("Other").ids)
        self.pay(self.invoice_of(order))
        self.work()
        self.assertEqual(self.all_entries(), [])

    def test_discount_on_the_whole_lowers_the_share_of_a_category(self):
        """Complaint 7: the reward takes 10 % of 320; so much less of the chairs earns."""
        order, furniture, _light = self.chairs_and_lamps()
        self._rule("order_confirmed", per_amount=1, category_ids=furniture.ids)
        card = self._new_card(100)
        self.redeem_in(order, card)
        self.assertEqual(order.amount_untaxed, 310)
        order.action_confirm()
        self.work()
        self.assertEqual(card.ledger_entry_ids[0].base_amount, round(200 * 310 / 320, 4))
        self.assert_ledger()

    def test_refund_of_other_products_takes_nothing_back(self):
        order, furniture, _light = self.chairs_and_lamps()
        self._rule(per_amount=1, category_ids=furniture.ids)
        invoice = self.invoice_of(order)
        self.pay(invoice)
        self.work()
        reversal = self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        refund = reversal.create({"journal_id": invoice.journal_id.id}).reverse_moves()["res_id"]
        refund = invoice.browse(refund)
        chairs = refund.invoice_line_ids.filtered(lambda line: line.product_id == self.product)
        chairs.unlink()
        refund.action_post()
        self.work()
        self.assertEqual(self.points(), 200)
        second = self.refund(invoice, quantity=1)
        self.assertIn(self.product, second.invoice_line_ids.product_id)
        self.work()
        self.assertEqual(self.points(), 100, "one of two chairs")
        self.assert_ledger()

    def test_units(self):
        order, furniture, _light = self.chairs_and_lamps()
        self._rule(mode="unit", points=7, per_units=2)
        self._rule(mode="unit", points=100, category_ids=furniture.ids)
        invoice = self.invoice_of(order)
        self.pay(invoice)
        self.work()
        self.assertEqual(self.points(), 17.5 + 200)
        self.refund(invoice, quantity=1)  # one of each
        self.work()
        self.assertEqual(self.points(), 10.5 + 100)
        self.refund(invoice)
        self.work()
        self.assertEqual(self.points(), 0)
        self.assert_ledger()

    def test_units_are_those_of_the_product(self):
        self._rule("order_confirmed", mode="unit", points=1)
        dozen = self.env["uom.uom"].create(
            {"name": "Box of 12", "relative_factor": 12, "relative_uom_id": self.product.uom_id.id}
        )
        order = self.order(2)
        order.order_line.product_uom_id = dozen
        order.action_confirm()
        self.work()
        self.assertEqual(self.points(), 24)

    # ------------------------------------------------------------ customers

    def test_segment_of_the_day(self):
        segment = self.env["relationship.segment"].create({"name": "Friends", "kind": "manual"})
        today = fields.Date.today()
        self.env["relationship.segment.member"].create(
            {
                "segment_id": segment.id,
                "partner_id": self.partner.id,
                "entered_on": today - timedelta(days=20),
                "left_on": today - timedelta(days=10),
            }
        )
        self._rule("call", mode="fixed", points=5, segment_ids=segment.ids)
        for days, points in ((30, 0), (15, 5), (1, 5)):
            self.event(occurred_at=fields.Datetime.now() - timedelta(days=days))
            self.work()
            self.assertEqual(self.points(), points, days)
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            segment.member_ids.unlink()
            segment.unlink()
            self.env.flush_all()

    def test_tier_filters_and_multiplies(self):
        tier = self.env["loyalty.tier"].create(
            {"name": "Gold", "program_id": self.program.id, "multiplier": 1.5}
        )
        card = self._new_card()
        self._rule("call", mode="fixed", points=5, tier_ids=tier.ids)
        self._rule("call", mode="fixed", points=1, by_tier=False)
        self.event()
        self.work()
        self.assertEqual(card.points, 1)
        card.sudo().loyalty_tier_id = tier
        self.event()
        self.work()
        self.assertEqual(card.points, 1 + 1 + 7.5)
        entry = card.ledger_entry_ids.filtered(lambda row: row.points == 7.5)
        self.assertEqual((entry.multiplier, entry.status_points), (1.5, 7.5))

    def test_refund_of_multiplied_points(self):
        tier = self.env["loyalty.tier"].create(
            {"name": "Gold", "program_id": self.program.id, "multiplier": 1.3}
        )
        card = self._new_card()
        card.sudo().loyalty_tier_id = tier
        self._rule(points=1, per_amount=7)
        invoice = self.invoice_of(self.order(3))
        self.pay(invoice)
        self.work()
        self.assertEqual(card.points, 55.71, "300 / 7 × 1.3, rounded down")
        card.sudo().loyalty_tier_id = False
        for left in (37.14, 18.57, 0):
            self.refund(invoice, quantity=1)
            self.work()
            self.assertEqual(card.points, left)
            self.assertEqual(sum(card.ledger_entry_ids.mapped("status_points")), left)
        self.assert_ledger()

    def test_tiers_of_another_program_are_refused(self):
        other = self._new_program(name="Other")
        tier = self.env["loyalty.tier"].create({"name": "Gold", "program_id": other.id})
        with self.assertRaises(ValidationError):
            self._rule("call", tier_ids=tier.ids)

    def test_first_time_is_the_first_ever(self):
        self.event()
        self._rule("call", mode="fixed", points=5, first_time=True)
        self.event()
        self.work()
        self.assertEqual(self.points(), 0, "there was one before the rule")
        newcomer = self.partner.create({"name": "New"})
        self.event(contact_id=newcomer.id)
        self.event(contact_id=newcomer.id)
        self.work()
        self.event(contact_id=newcomer.id)
        self.work()
        self.assertEqual(self.points(newcomer), 5)

    def test_first_time_of_events_told_late(self):
        """The earlier event comes in after the later one has earned: it earns nothing more."""
        self._rule("call", mode="fixed", points=5, first_time=True)
        self.event()
        self.work()
        self.event(occurred_at=fields.Datetime.now() - timedelta(days=3))
        self.work()
        self.assertEqual(self.points(), 5)

    def test_first_purchase_paid_again_after_an_undone_payment(self):
        self._rule(mode="fixed", points=5, first_time=True)
        invoice = self.invoice_of(self.order(1))
        self.pay(invoice)
        self.work()
        invoice.line_ids.remove_move_reconcile()
        self.work()
        self.pay(invoice)
        self.work()
        self.assertEqual(self.points(), 5)
        self.assert_ledger()

    # ------------------------------------------------------------ where from

    def test_channel(self):
        self._rule("call", mode="fixed", points=5, channel="phone")
        self.event(channel="web")
        self.event()
        self.work()
        self.assertEqual(self.points(), 0)
        self.event(channel="phone")
        self.work()
        self.assertEqual(self.points(), 5)

    def test_company(self):
        """Complaint 11: branches earn by the rules of the company above, not the other way."""
        parent = self.env.company
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": parent.id})
        other = self.env["res.company"].create({"name": "Other"})
        self._rule("call", mode="fixed", points=1, company_id=parent.id)
        self._rule("call", mode="fixed", points=10, company_id=branch.id)
        for company in (parent, branch, other):
            self.event(company_id=company.id)
        self.work()
        self.assertEqual(self.points(), 2 + 10)

    def test_rule_belongs_to_the_company_of_its_program(self):
        other = self.env["res.company"].create({"name": "Other"})
        program = self._new_program(
            name="Ours", loyalty_earn_by="event", company_id=self.env.company.id
        )
        with self.assertRaises(ValidationError):
            self._rule("call", program_id=program.id, company_id=other.id)

    def test_amounts_of_other_currencies(self):
        currency = self.env["res.currency"].create(
            {
                "name": "TST",
                "symbol": "T",
                "rate_ids": [
                    Command.create({"name": "2020-01-01", "rate": 4}),
                    Command.create({"name": "2100-01-01", "rate": 1000}),
                ],
            }
        )
        rule = self._rule("call", per_amount=1)
        self.event(amount=10, currency_id=currency.id)
        self.work()
        event = self.env["relationship.interaction"].search([], limit=1, order="id desc")
        day = rule._day(event)
        expected = currency._convert(10, rule.currency_id, event.company_id, day)
        self.assertEqual(self.points(), expected)
        self.assertLess(expected, 10)

    def test_quantity_of_another_system(self):
        source = self.env["relationship.interaction.source"].create(
            {"name": "shop", "trusted": True}
        )
        self._rule("call", mode="unit", points=2, source_ids=source.ids)
        for quantity in (3, "4", -5, None, 1e300):
            self.event(source="shop", payload={"quantity": quantity})
        self.work()
        self.assertEqual(sorted(entry[1] for entry in self.all_entries()), [6, 10**9])

    def test_other_systems_name_no_documents_of_ours(self):
        """An event that claims to be an invoice of ours is told by its source alone."""
        source = self.env["relationship.interaction.source"].create(
            {"name": "shop", "trusted": True}
        )
        self._rule(per_amount=1, source_ids=source.ids)
        invoice = self.invoice_of(self.order(3))
        self.event(
            "invoice_paid",
            source="shop",
            res_model="account.move",
            res_id=invoice.id,
            amount=20,
            currency_id=self.env.company.currency_id.id,
        )
        self.work()
        self.assertEqual(self.points(), 20)
        self.assertFalse(self.holder_card().ledger_entry_ids.origin_id)

    def test_won_twice_earns_once(self):
        self._rule("opportunity_won", mode="fixed", points=5)
        lead = self.env["crm.lead"].create(
            {"name": "Deal", "type": "opportunity", "partner_id": self.partner.id}
        )
        for moment in range(2):
            self.event(
                "opportunity_won",
                res_model="crm.lead",
                res_id=lead.id,
                external_ref=f"crm.lead,{lead.id},won,{moment}",
            )
        self.work()
        self.assertEqual(self.points(), 5)

    def test_partner_earns_by_documents_only(self):
        with self.assertRaises(ValidationError):
            self._rule("call", earner="partner")

    def test_categories_need_products(self):
        with self.assertRaises(ValidationError):
            self._rule("call", category_ids=self.category("Any").ids)

    # ------------------------------------------------------------ answers

    def test_answers_earn_blindly(self):
        """Neither the entry nor its key leads to the answer; told of again it earns once."""
        values = {"code": "survey_completed", "name": "Survey answered", "kind_class": "feedback"}
        kinds = self.env["relationship.interaction.kind"]
        kind = self.kinds.get("survey_completed") or kinds.create(values)
        self.kinds["survey_completed"] = kind
        rule = self._rule("survey_completed", mode="fixed", points=5)
        answer = {"res_model": "survey.user_input", "res_id": 987654}
        first = self.event("survey_completed", external_ref="a,987654", **answer)
        again = self.event("survey_completed", external_ref="b,987654", **answer)
        self.work()
        rule._consume_interactions(first | again)
        entry = self.holder_card().ledger_entry_ids
        self.assertEqual((entry.points, entry.rule_id), (5, rule))
        self.assertFalse(entry.interaction_id or entry.origin_model or entry.origin_id)
        told = self.env["relationship.interaction"].search([("kind_id.code", "=", "points_earned")])
        texts = [str(entry.read()), str(told.read())]
        for text in texts:
            self.assertNotIn("987654", text)
            self.assertNotIn("survey.user_input", text)
        self.assertRegex(entry.key, rf"^rule,{rule.id},[0-9a-f]{{64}}$")

    # ------------------------------------------------------------ who may

    def test_marks_of_given_points_are_not_set_by_hand(self):
        rule = self._rule("call")
        manager = rule.with_user(self.users["manager"])
        for values in ({"used": True}, {"root_id": rule.id}):
            with self.assertRaises(UserError):
                manager.write(values)
        with self.assertRaises(UserError):
            manager.with_context(default_used=True).create({"name": "x"})
