"""Points where staff look: card, contact, 360 view, metric."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common import LedgerCommon


@tagged("post_install", "-at_install")
class TestFigures(LedgerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact = cls.partner.create({"name": "Ann", "parent_id": cls.partner.id})
        cls.second = cls._new_card(partner_id=cls.contact.id)
        day = fields.Date.to_string(fields.Date.today() + timedelta(days=20))
        cls.env["loyalty.card"].accrue(
            [
                {"card_id": cls.card.id, "points": 120, "key": "a"},
                {"card_id": cls.second.id, "points": 30, "key": "b"},
                {"card_id": cls.second.id, "points": 7, "key": "c", "available_on": day},
            ]
        )
        cls.env.cr.flush()

    def test_card(self):
        self.assertEqual((self.second.loyalty_entry_count, self.second.loyalty_pending), (2, 7))
        action = self.second.action_view_ledger()
        self.assertEqual(self.env[action["res_model"]].search_count(action["domain"]), 2)

    def test_contact(self):
        company, contact = (
            partner.with_user(self.users["manager"]) for partner in (self.partner, self.contact)
        )
        self.assertEqual((company.loyalty_points, contact.loyalty_points), (150, 30))
        action = company.action_view_loyalty_ledger()
        self.assertEqual(self.env[action["res_model"]].search_count(action["domain"]), 3)

    def test_summary(self):
        view = self.env["relationship.view360"].with_user(self.users["manager"])
        blocks = {block["code"]: block for block in view.get_summary(self.contact.id)["blocks"]}
        self.assertEqual((blocks["points"]["value"], blocks["points"]["note"]), (150, "7 pending"))
        stranger = self.partner.create({"name": "Stranger"})
        blocks = {block["code"] for block in view.get_summary(stranger.id)["blocks"]}
        self.assertNotIn("points", blocks)

    def test_metric(self):
        stranger = self.partner.create({"name": "Stranger"})
        tomorrow = fields.Date.to_string(fields.Date.today() + timedelta(days=2))
        rows = self.env["relationship.metric"].compute(
            ["points_balance"], [self.partner.id, stranger.id], False, tomorrow
        )
        self.assertEqual([row["points_balance"] for row in rows], [150, 0])
        rows = self.env["relationship.metric"].compute(
            ["points_balance"], [self.partner.id], False, "2020-01-01"
        )
        self.assertEqual(rows[0]["points_balance"], 0, "of that day")
