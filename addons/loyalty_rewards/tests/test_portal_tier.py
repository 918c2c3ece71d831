"""Members see their tier and have their statement as a file; nobody else's."""

import csv
import io
import re
from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common import LedgerCommon
from .tier_common import TierCommon


@tagged("post_install", "-at_install")
class TestPortalTier(TierCommon, LedgerCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.member = new_test_user(
            cls.env, "tier_member", password="tier_member", groups="base.group_portal"
        )
        cls.stranger = new_test_user(
            cls.env, "tier_stranger", password="tier_stranger", groups="base.group_portal"
        )
        cls.card.partner_id = cls.member.partner_id

    def seen(self):
        card = self.env["loyalty.card"].with_user(self.member)._portal_browse(self.card.id)
        return card._portal_values()["tier"]

    def test_next_tier_and_what_is_missing(self):
        self.earn(600)
        self.night()
        tier = self.seen()
        self.assertEqual((tier["name"], tier["next"], tier["percent"]), ("Silver", "Gold", 60))
        self.assertIn("400", tier["missing"])
        self.assertFalse(tier["at_risk"])
        self.assertEqual([step["own"] for step in tier["ladder"]], [False, True, False])
        self.earn(200)
        self.assertIn("200", self.seen()["missing"], "as of now, not as of last night")

    def test_best_tier(self):
        self.earn(1000)
        self.night()
        tier = self.seen()
        self.assertEqual((tier["name"], tier["next"], tier["times"]), ("Gold", False, "2"))

    def test_enough_for_a_tier_that_the_night_gives(self):
        self.earn(600)
        self.night()
        self.assertFalse(self.seen()["coming"])
        self.earn(400)
        tier = self.seen()
        self.assertEqual((tier["name"], tier["coming"], tier["next"]), ("Silver", "Gold", False))
        self.authenticate("tier_member", "tier_member")
        page = self.url_open("/my/loyalty").text
        self.assertIn("You have enough for", page)
        self.assertNotIn("You have reached the best tier", page)
        self.night()
        self.assertEqual((self.seen()["name"], self.seen()["coming"]), ("Gold", False))

    def test_tier_at_risk(self):
        [entry] = self.earn(1000)
        self.night()
        self.posted_on(entry, self.today - timedelta(days=400))
        self.night()
        self.assertIn("800", self.seen()["at_risk"]["missing"])
        self.earn(800)
        self.assertFalse(self.seen()["at_risk"], "met again")

    def test_calendar_year(self):
        self.program.loyalty_tier_window = "year"
        self.assertTrue(self.seen()["by"])

    def test_program_without_tiers(self):
        (self.bronze | self.silver | self.gold).unlink()
        self.assertFalse(self.seen())

    def test_pages(self):
        self.earn(600)
        self.night()
        self.authenticate("tier_member", "tier_member")
        for path in ("/my/loyalty", f"/my/loyalty/{self.card.id}"):
            page = self.url_open(path)
            self.assertEqual(page.status_code, 200)
            self.assertIn('role="progressbar"', page.text)
            self.assertIn("Silver", page.text)

    def test_journey_of_a_member(self):
        self.earn(600)
        self.night()
        self.authenticate("tier_member", "tier_member")
        page = self.url_open("/my/loyalty")
        # built before the browser waits for them
        for bundle in re.findall(r'"(/web/assets/[^"]+)"', page.text):
            self.url_open(bundle, timeout=300)
        self.start_tour("/my/loyalty", "loyalty_member_tour", login="tier_member")

    def test_statement_as_files(self):
        self.earn(600, reason='=HYPERLINK("http://example.com")')
        self.authenticate("tier_member", "tier_member")
        page = self.url_open(f"/my/loyalty/{self.card.id}/statement.csv")
        rows = list(csv.reader(io.StringIO(page.content.decode("utf-8-sig"))))
        self.assertEqual(rows[1][2], '\'=HYPERLINK("http://example.com")')
        self.assertEqual(rows[1][3], "600.0")
        statement = self.env["ir.actions.report"].with_user(self.member).sudo()
        html, _kind = statement._render_qweb_html(
            "loyalty_rewards.loyalty_statement_report", self.card.ids
        )
        self.assertIn(b"HYPERLINK", html)
        self.assertIn(self.member.partner_id.name.encode(), html)

    def test_foreign_statement_is_not_found(self):
        self.authenticate("tier_stranger", "tier_stranger")
        for name in ("pdf", "csv"):
            page = self.url_open(f"/my/loyalty/{self.card.id}/statement.{name}")
            self.assertEqual(page.status_code, 404)
        self.assertEqual(self.url_open("/my/loyalty/999999999999/statement.pdf").status_code, 404)

    def test_staff_see_the_tier(self):
        self.earn(1000)
        self.night()
        partner = self.member.partner_id
        self.assertEqual(partner.loyalty_tier_id, self.gold)
        found = self.env["res.partner"].search([("loyalty_tier_id", "=", self.gold.id)])
        self.assertEqual(found, partner)
        without = self.env["res.partner"].search([("loyalty_tier_id", "=", False)])
        self.assertNotIn(partner, without)
        self.assertIn(self.stranger.partner_id, without)
        partner.user_id = self.users["manager"]
        view = self.env["relationship.view360"].with_user(self.users["manager"])
        block = view._block_loyalty_tier(partner.with_user(self.users["manager"]))
        self.assertEqual(block["value"], "Gold")
        self.assertFalse(view._block_loyalty_tier(self.stranger.partner_id))

    def test_staff_print_own_customers_only(self):
        self.earn(600)
        self.member.partner_id.user_id = self.users["manager"]
        report = self.env["ir.actions.report"].with_user(self.users["manager"])
        html, _kind = report._render_qweb_html(
            "loyalty_rewards.loyalty_statement_report", self.card.ids
        )
        self.assertIn(b"Points Statement", html)

    def print_as(self, user):
        """Return the statement as a user of the staff prints it."""
        report = self.env["ir.actions.report"].with_user(user)
        html, _kind = report._render_qweb_html(
            "loyalty_rewards.loyalty_statement_report", self.card.ids
        )
        return html

    def test_staff_print_no_statement_they_may_not_read(self):
        """A colleague's customer, another company, no rights to points: refused each."""
        self.earn(600)
        partner, seller = self.member.partner_id, self.users["user"]
        seller.group_ids = [Command.link(self.env.ref("sales_team.group_sale_salesman").id)]
        partner.user_id = seller
        self.assertIn(b"Points Statement", self.print_as(seller))
        partner.user_id = self.users["manager"]
        with self.assertRaises(AccessError):
            self.print_as(seller)
        self.assertIn(b"Points Statement", self.print_as(self.users["manager"]))
        abroad = self.env["res.company"].create({"name": "Abroad"})
        self.program.company_id = abroad
        self.env.flush_all()
        with self.assertRaises(AccessError):
            self.print_as(self.users["manager"])
        self.program.company_id = self.env.company
        plain = self.env["res.users"].create({"name": "Biller", "login": "statement_biller"})
        plain.group_ids = [Command.set(self.env.ref("base.group_user").ids)]
        with self.assertRaises(AccessError):
            self.print_as(plain)

    def test_staff_get_no_statement_by_the_portal(self):
        """Its pages are for members: staff see cards of their own there, whatever they may read."""
        self.earn(600)
        manager = self.users["manager"]
        manager.password = "statement_manager"
        self.authenticate(manager.login, "statement_manager")
        for name in ("pdf", "csv"):
            page = self.url_open(f"/my/loyalty/{self.card.id}/statement.{name}")
            self.assertEqual(page.status_code, 404)
