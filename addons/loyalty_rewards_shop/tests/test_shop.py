"""A cart keeps the points of its reward until it is paid, also while a provider is slow."""

from datetime import timedelta
from unittest import SkipTest

from freezegun import freeze_time

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.loyalty_rewards.tests.common import LedgerCommon


@tagged("post_install", "-at_install")
class TestShop(LedgerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "website_id" not in cls.env["sale.order"]._fields:
            raise SkipTest("the shop is not installed")
        cls.program.loyalty_earn_by = "event"
        cls.env["loyalty.card"].accrue([{"card_id": cls.card.id, "points": 100, "key": "base"}])

    def cart(self):
        cart = self.order(1, website_id=self.env["website"].search([], limit=1).id)
        self.redeem_in(cart)
        return cart

    def paying(self, cart):
        provider = self.env["payment.provider"].search([], limit=1)
        return self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": self.env["payment.method"].search([], limit=1).id,
                "amount": cart.amount_total,
                "currency_id": cart.currency_id.id,
                "partner_id": cart.partner_id.id,
                "reference": f"cart {cart.id}",
                "sale_order_ids": [Command.set(cart.ids)],
            }
        )

    def test_a_cart_holds_its_points_and_spends_them_once(self):
        cart = self.cart()
        self.assertEqual((self.card.loyalty_held, self.card.points), (100, 100))
        other = self.order(1, website_id=cart.website_id.id)
        self.assertIn("error", other._apply_program_reward(self.reward, self.card))
        cart.action_confirm()
        self.assertEqual((self.card.loyalty_held, self.card.points), (0, 0))
        self.assert_ledger()

    def test_a_slow_payment_keeps_the_points(self):
        cart = self.cart()
        transaction = self.paying(cart)
        transaction._set_pending()
        with freeze_time(fields.Datetime.now() + timedelta(hours=2)):
            self.env.invalidate_all()
            self.assertEqual(self.card.loyalty_held, 100)
        transaction._set_canceled()
        with freeze_time(fields.Datetime.now() + timedelta(hours=2)):
            self.env.invalidate_all()
            self.assertEqual(self.card.loyalty_held, 0)
