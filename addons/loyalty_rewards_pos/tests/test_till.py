"""Points at the till: earned and redeemed apart, once, and back with a refund."""

from unittest import SkipTest

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.loyalty_rewards.tests.common import LedgerCommon


@tagged("post_install", "-at_install")
class TestTill(LedgerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "pos.order" not in cls.env:
            raise SkipTest("the point of sale is not installed")
        cls.product.available_in_pos = True
        cls.config = cls.env["pos.config"].create({"name": "Till"})
        cls.config.open_ui()
        cls.env["loyalty.card"].accrue([{"card_id": cls.card.id, "points": 150, "key": "base"}])

    def sell(self, lines, state="paid"):
        """Return an order of the till with lines (dicts), paid in full."""
        total = sum(line["qty"] * line["price_unit"] for line in lines)
        values = [
            {
                "product_id": self.product.id,
                "price_subtotal": line["qty"] * line["price_unit"],
                "price_subtotal_incl": line["qty"] * line["price_unit"],
                **line,
            }
            for line in lines
        ]
        order = self.env["pos.order"].create(
            {
                "config_id": self.config.id,
                "session_id": self.config.current_session_id.id,
                "partner_id": self.partner.id,
                "lines": [Command.create(line) for line in values],
                "amount_paid": total,
                "amount_total": total,
                "amount_tax": 0,
                "amount_return": 0,
            }
        )
        if state == "paid":
            order.add_payment(
                {
                    "pos_order_id": order.id,
                    "amount": total,
                    "payment_method_id": self.config.payment_method_ids[:1].id,
                }
            )
            order.action_pos_order_paid()
        return order

    def reward_line(self):
        return {
            "qty": 1,
            "price_unit": -10,
            "is_reward_line": True,
            "reward_id": self.reward.id,
            "coupon_id": self.card.id,
            "reward_identifier_code": "one",
            "points_cost": 100,
        }

    def confirm(self, order, points):
        """Tell the points of an order, as the till does."""
        return order.confirm_coupon_programs(
            {
                str(self.card.id): {
                    "points": points,
                    "program_id": self.program.id,
                    "coupon_id": self.card.id,
                    "partner_id": self.partner.id,
                    "line_codes": ["one"],
                }
            }
        )

    def test_05_confirmed_once_however_often_it_is_sent(self):
        order = self.sell([{"qty": 3, "price_unit": 100}, self.reward_line()])
        for _turn in range(3):
            self.confirm(order, 290 - 100)
        self.assertEqual(self.entries()[1:], [("earn", 290), ("redeem", -100)])
        entry = self.card.ledger_entry_ids[0]
        self.assertEqual((entry.origin_model, entry.origin_id), ("pos.order", order.id))
        self.assertEqual(self.card.points, 340)
        self.assert_ledger()

    def sent(self, uuid, **line):
        """Return an order as the till sends it when it is online again."""
        values = {
            "product_id": self.product.id,
            "qty": 2,
            "price_unit": 100,
            "price_subtotal": 200,
            "price_subtotal_incl": 200,
            "tax_ids": [],
            "pack_lot_ids": [],
            "uuid": f"{uuid}-line",
            **line,
        }
        amount = values["price_subtotal_incl"]
        payment = {
            "name": fields.Datetime.to_string(fields.Datetime.now()),
            "amount": amount,
            "payment_method_id": self.config.payment_method_ids[:1].id,
            "uuid": f"{uuid}-payment",
        }
        return {
            "uuid": uuid,
            "name": f"Order {uuid}",
            "state": "paid",
            "session_id": self.config.current_session_id.id,
            "user_id": self.env.uid,
            "partner_id": self.partner.id,
            "pricelist_id": self.config.pricelist_id.id,
            "fiscal_position_id": False,
            "date_order": fields.Datetime.to_string(fields.Datetime.now()),
            "amount_paid": amount,
            "amount_total": amount,
            "amount_tax": 0,
            "amount_return": 0,
            "last_order_preparation_change": "{}",
            "lines": [Command.create(values)],
            "payment_ids": [Command.create(payment)],
        }

    def test_05_an_offline_till_sends_its_order_again(self):
        """The answers got lost twice: the order and its points are there once."""
        for _turn in range(3):
            self.env["pos.order"].sync_from_ui([self.sent("till-1")])
            order = self.env["pos.order"].search([("uuid", "=", "till-1")])
            self.assertEqual((len(order), order.state), (1, "paid"))
            self.confirm(order, 200)
        self.assertEqual(self.entries()[1:], [("earn", 200)])
        back = {"qty": -2, "price_subtotal": -200, "price_subtotal_incl": -200}
        for _turn in range(3):
            refund = self.sent("till-2", refunded_orderline_id=order.lines.id, **back)
            self.env["pos.order"].sync_from_ui([refund])
        self.assertEqual(self.entries()[1:], [("earn", 200), ("reverse", -200)])
        self.assertEqual(self.card.points, 150)
        self.assert_ledger()

    def test_points_missing_at_a_refund_are_a_debt(self):
        """The money is given back at the counter at once: nothing can be taken from it."""
        self.program.write({"loyalty_refund_debt": "refund", "loyalty_point_value": 0.1})
        order = self.sell([{"qty": 4, "price_unit": 100}])
        self.confirm(order, 400)
        self.env["loyalty.card"].redeem([{"card_id": self.card.id, "points": 500, "key": "spent"}])
        self.sell([{"qty": -4, "price_unit": 100, "refunded_orderline_id": order.lines.id}])
        self.assertEqual((self.card.points, self.lots()), (-350, {False: -350}))
        self.assert_ledger()

    def test_02_a_refund_at_the_till_takes_back_what_was_earned(self):
        order = self.sell([{"qty": 4, "price_unit": 100}])
        self.confirm(order, 400)
        line = order.lines
        for quantity, left in ((1, 300), (3, 0)):
            self.sell([{"qty": -quantity, "price_unit": 100, "refunded_orderline_id": line.id}])
            self.assertEqual(self.card.points, 150 + left)
        self.assert_ledger()

    def test_03_a_refund_at_the_till_returns_redeemed_points_once(self):
        order = self.sell([{"qty": 3, "price_unit": 100}, self.reward_line()])
        self.confirm(order, 190)
        goods, reward = order.lines
        back = self.sell(
            [
                {"qty": -3, "price_unit": 100, "refunded_orderline_id": goods.id},
                {**self.reward_line(), "qty": -1, "refunded_orderline_id": reward.id},
            ]
        )
        self.assertEqual(self.card.points, 150)
        self.confirm(back, -100)  # the till asks for them again
        self.assertEqual(self.card.points, 150)
        self.assert_ledger()

    def test_offline_without_enough_points_is_a_debt(self):
        order = self.sell(
            [{"qty": 1, "price_unit": 100}, {**self.reward_line(), "points_cost": 200}]
        )
        self.confirm(order, -200)
        self.assertEqual((self.card.points, self.lots()), (-50, {False: -50}))
        self.assert_ledger()

    def test_what_is_held_is_not_spent_at_the_till(self):
        self.env["loyalty.card"].reserve([{"card_id": self.card.id, "points": 100, "key": "h"}])
        order = self.sell([{"qty": 1, "price_unit": 100}], state="draft")
        for points, good in ((-50, True), (-51, False)):
            answer = order.validate_coupon_programs({str(self.card.id): points}, [])
            self.assertEqual(answer["successful"], good)

    def test_rules_of_programs_that_earn_by_events_are_not_sent(self):
        rules = self.env["loyalty.rule"]
        self.config.currency_id = self.program.currency_id

        def sent():
            return rules.search(rules._load_pos_data_domain({}, self.config))

        self.assertIn(self.program.rule_ids, sent())
        self.program.loyalty_earn_by = "event"
        self.assertNotIn(self.program.rule_ids, sent())
