"""What the tests of interactions share."""

from odoo import Command

from .common import RelationshipCommon


class InteractionMixin:
    """A company with a contact, a product, and helpers that make documents."""

    @classmethod
    def set_up_interactions(cls):
        cls.Interaction = cls.env["relationship.interaction"].sudo()
        cls.Todo = cls.env["relationship.interaction.todo"].sudo()
        cls.customer = cls.env["res.partner"].create({"name": "Buyer Ltd", "is_company": True})
        cls.contact = cls.env["res.partner"].create(
            {"name": "Ann", "parent_id": cls.customer.id, "email": "ann@buyer.example"}
        )
        cls.product = cls.env["product.product"].create(
            {"name": "Thing", "list_price": 100.0, "type": "service"}
        )

    def commit_hooks(self):
        """Do what this transaction would do when it commits."""
        self.env.cr.flush()

    def order(self, number=1):
        """Return new quotations of the contact, of 100 untaxed each."""
        line = {"product_id": self.product.id, "product_uom_qty": 1, "price_unit": 100.0}
        return self.env["sale.order"].create(
            [
                {"partner_id": self.contact.id, "order_line": [Command.create(line)]}
                for _n in range(number)
            ]
        )

    def recorded(self, *kinds):
        """Return what is recorded of these kinds for the customer, oldest first."""
        self.commit_hooks()
        domain = [("partner_id", "=", self.customer.id), ("kind_id.code", "in", kinds)]
        return self.Interaction.search(domain, order="id")

    def event(self, **values):
        """Return an event as other code gives it."""
        return {"kind": "call", "contact_id": self.contact.id, "external_ref": "1"} | values

    def consumer(self, *kinds, **values):
        """Return a new consumer of these kinds (none: all) that does nothing by itself."""
        codes = self.env["relationship.interaction.kind"].sudo().search([("code", "in", kinds)])
        Consumer = self.env["relationship.interaction.consumer"].sudo()
        Consumer.search([]).active = False
        values = {"model": "res.partner", "method": "_consume_nothing"} | values
        return Consumer.create({"code": "test", "name": "Test", "kind_ids": codes.ids, **values})


class InteractionCommon(InteractionMixin, RelationshipCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_interactions()
