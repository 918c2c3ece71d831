from odoo import Command
from odoo.tests import Form, tagged

from .common import RelationshipCommon


@tagged("post_install", "-at_install")
class TestSoldThrough(RelationshipCommon):
    """The partner of a sale goes from the order to its invoice and counts each line once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        partner = cls.env["res.partner"]
        cls.reseller, cls.other, cls.customer, cls.user_firm = partner.create(
            [{"name": n, "is_company": True} for n in ("Reseller", "Other", "Customer", "User")]
        )
        cls.product = cls.env["product.product"].create(
            {"name": "Thing", "invoice_policy": "order", "taxes_id": [Command.clear()]}
        )

    def order(self, customer, through=None, end=None, quantity=1):
        order = self.env["sale.order"].create(
            {
                "partner_id": customer.id,
                "prm_partner_id": through.id if through else False,
                "prm_end_customer_id": end.id if end else False,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "product_uom_qty": quantity,
                            "price_unit": 100,
                        }
                    )
                ],
            }
        )
        order.action_confirm()
        return order

    def values(self, partner, *codes):
        today = self.env.company._relationship_today()
        [row] = self.env["relationship.metric"].compute(
            list(codes), [partner.id], False, today.replace(year=today.year + 1)
        )
        return tuple(row[code] for code in codes)

    def test_invoice_names_the_partner(self):
        order = self.order(self.customer, self.reseller, self.user_firm)
        invoice = order._create_invoices()
        self.assertEqual(invoice.prm_partner_id, self.reseller)
        self.assertEqual(invoice.prm_end_customer_id, self.user_firm)
        invoice.action_post()
        refund = invoice._reverse_moves()
        self.assertEqual(refund.prm_partner_id, self.reseller)

    def test_orders_through_two_partners_share_no_invoice(self):
        orders = self.order(self.customer, self.reseller) | self.order(self.customer, self.other)
        orders |= self.order(self.customer, self.other)
        orders |= self.order(self.customer)
        invoices = orders._create_invoices()
        self.assertEqual(len(invoices), 3)
        self.assertEqual(invoices.prm_partner_id, self.reseller | self.other)

    def test_sell_in_and_sell_through(self):
        self.order(self.reseller, quantity=1)
        self.order(self.customer, self.reseller, quantity=2)
        self.order(self.reseller, self.reseller, end=self.user_firm, quantity=4)
        codes = ("sold_orders", "sold_units", "sold_revenue_ordered", "active_customers")
        self.assertEqual(self.values(self.reseller, *codes), (3, 7, 700, 2))
        self.assertEqual(self.values(self.customer, "orders", "units_sold"), (1, 2))
        self.assertEqual(self.values(self.reseller, "orders", "units_sold"), (2, 5))

    def test_returned_goods_are_not_sold(self):
        order = self.order(self.customer, self.reseller, quantity=3)
        invoice = order._create_invoices()
        invoice.action_post()
        self.assertEqual(self.values(self.reseller, "sold_revenue_invoiced"), (300,))
        invoice._reverse_moves([{"invoice_date": invoice.invoice_date}]).action_post()
        self.assertEqual(self.values(self.reseller, "sold_revenue_invoiced"), (0,))

    def test_cancelled_order_is_not_sold(self):
        order = self.order(self.customer, self.reseller)
        order._action_cancel()
        self.assertEqual(self.values(self.reseller, "sold_orders"), (0,))

    def test_shown_to_those_with_a_role(self):
        order = self.order(self.customer)
        for user, shown in ((self.users["user"], True), (self.sales_user, False)):
            order.user_id = user
            form = Form(order.with_user(user))
            self.assertEqual("prm_partner_id" in form._view["fields"], shown)
