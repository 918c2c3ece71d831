"""Members see their points, and nobody else's."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import MissingError
from odoo.tests import HttpCase, new_test_user, tagged

from .common import LedgerCommon


@tagged("post_install", "-at_install")
class TestPortal(LedgerCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.member = new_test_user(
            cls.env, "points_member", password="points_member", groups="base.group_portal"
        )
        cls.member.partner_id.parent_id = cls.partner
        cls.stranger = new_test_user(
            cls.env, "points_stranger", password="points_stranger", groups="base.group_portal"
        )
        cls.own = cls._new_card(partner_id=cls.member.partner_id.id)
        day = fields.Date.to_string(fields.Date.today() + timedelta(days=20))
        cls.env["loyalty.card"].accrue(
            [
                {"card_id": cls.own.id, "points": 120, "key": "a", "reason": "=Welcome"},
                {"card_id": cls.own.id, "points": 30, "key": "b", "expires_on": day},
                {"card_id": cls.own.id, "points": 7, "key": "c", "available_on": day},
            ]
        )

    def cards_of(self, user):
        return self.env["loyalty.card"].with_user(user)

    def test_cards_of_the_person_and_their_company(self):
        cards = self.cards_of(self.member)._portal_list()
        self.assertEqual({card["id"] for card in cards}, {self.own.id, self.card.id})
        own = next(card for card in cards if card["id"] == self.own.id)
        self.assertIn("150", own["balance"])
        self.assertIn("7", own["pending"])
        self.assertEqual(len(own["expiring"]), 1)
        self.assertFalse(own["holder"])
        self.assertEqual(self.cards_of(self.stranger)._portal_list(), [])

    def test_foreign_card_does_not_exist(self):
        for card_id in (self.own.id, 2**40, -1, "1"):
            with self.assertRaises(MissingError):
                self.cards_of(self.stranger)._portal_browse(card_id)

    def test_statement(self):
        self.own.points -= 50
        lines = self.cards_of(self.member)._portal_browse(self.own.id)._portal_statement()
        self.assertEqual([line["points"] for line in lines], [7, -50, 30, 120])
        self.assertEqual([line["balance"] for line in lines], [None, 100, 150, 120])
        self.assertTrue(lines[0]["pending"])

    def test_numbers_as_the_language_writes_them(self):
        self.env["res.lang"]._activate_lang("vi_VN")
        self.own.points = 1234.5
        for lang, text in (("en_US", "1,234.50"), ("vi_VN", "1.234,50")):
            card = self.cards_of(self.member).with_context(lang=lang)._portal_browse(self.own.id)
            self.assertIn(text, card._portal_values()["balance"])
            self.assertIn(text, card._portal_statement()[1]["balance_text"])
        self.assertIn("1.234 ", card._say_points(1234) + " ")

    def test_cause_names_own_documents_only(self):
        order = self.order(1)
        order.action_confirm()
        card = self.card.sudo()
        lines = card.with_user(self.member)._portal_browse(card.id)._portal_statement()
        self.assertEqual(lines[0]["cause"], order.name)
        other = self.partner.create({"name": "End customer"})
        order.partner_id = other
        lines = card.with_user(self.member)._portal_browse(card.id)._portal_statement()
        self.assertFalse(lines[0]["cause"])

    def test_pages(self):
        self.authenticate("points_member", "points_member")
        page = self.url_open("/my/loyalty")
        self.assertEqual(page.status_code, 200)
        self.assertIn("150", page.text)
        self.assertIn('breadcrumb-item active">', page.text)
        page = self.url_open(f"/my/loyalty/{self.own.id}")
        self.assertEqual(page.status_code, 200)
        self.assertIn("=Welcome", page.text)
        file = self.url_open(f"/my/loyalty/{self.own.id}/statement.csv")
        self.assertIn("'=Welcome", file.content.decode(), "no formula")
        self.assertEqual(self.url_open("/my").status_code, 200)
        counters = self.make_jsonrpc_request("/my/counters", {"counters": ["loyalty_card_count"]})
        self.assertEqual(counters["loyalty_card_count"], 2)

    def test_foreign_pages_are_not_found(self):
        self.authenticate("points_stranger", "points_stranger")
        for path in ("", "/page/2", "/statement.csv"):
            page = self.url_open(f"/my/loyalty/{self.own.id}{path}")
            self.assertEqual(page.status_code, 404)
        page = self.url_open("/my/loyalty")
        self.assertIn("You have no points yet", page.text)

    def test_nobody_comes_in_without_a_login(self):
        page = self.url_open(f"/my/loyalty/{self.own.id}", allow_redirects=False)
        self.assertEqual(page.status_code, 303)
