"""A partner's own system, which uses the pages with a portal key in place of a session."""

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import VAT, DealCommon


@tagged("post_install", "-at_install")
class TestPartnerKey(DealCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self._allow("1")
        self.key = self._key(self.alpha_user)

    def _allow(self, value):
        self.env["ir.config_parameter"].sudo().set_param("portal.allow_api_keys", value)

    def _key(self, user):
        keys = self.env(user=user)["res.users.apikeys"].sudo()
        return keys._generate("rpc", "Their system", None)

    def _send(self, path, key=None, **data):
        """Ask for a page, or send a form, as a system that has no session."""
        headers = {"Authorization": f"Bearer {key or self.key}"}
        return self.url_open(path, data=data or None, headers=headers, allow_redirects=False)

    def test_reads_and_registers(self):
        mine, theirs = self._deal(customer_name="Mine GmbH"), self._deal(self.beta)
        self.assertIn("Mine GmbH", self._send("/my/deals").text)
        self.assertEqual(self._send(f"/my/deals/{mine.id}").status_code, 200)
        with mute_logger("odoo.http"):
            self.assertEqual(self._send(f"/my/deals/{theirs.id}").status_code, 404)
        answer = self._send(
            "/my/deals/new", customer_name="By machine", customer_vat=VAT, do="submit"
        )
        self.assertEqual(answer.status_code, 303)
        deal = self.env["prm.deal"].search([("customer_name", "=", "By machine")])
        self.assertEqual((deal.partner_id, deal.state), (self.alpha, "in_review"))
        self.assertEqual(deal.submitted_by, self.alpha_user)

    def test_no_route_goes_without_a_token(self):
        """Whoever leaves the check of the token out has it in the way of logging in."""
        rules = self.env["ir.http"].routing_map().iter_rules()
        open_routes = {
            rule.rule: rule.endpoint.routing["auth"]
            for rule in rules
            if rule.rule.startswith(("/my/deals", "/my/partner"))
            and not rule.endpoint.routing.get("csrf", True)
        }
        self.assertGreaterEqual(len(open_routes), 10)
        self.assertEqual(set(open_routes.values()), {"prm_partner"}, open_routes)

    def test_the_roles_hold(self):
        member = self.env["prm.member"].search([("user_id", "=", self.alpha_user.id)])
        member.role_sales = False
        with mute_logger("odoo.http"):
            self.assertEqual(self._send("/my/deals").status_code, 404)

    @mute_logger("odoo.http", "werkzeug")
    def test_only_where_the_admin_allows_keys(self):
        deal = self._deal(customer_vat=VAT)
        self._allow("")
        for path, data in (("/my/deals", {}), (f"/my/deals/{deal.id}/submit", {"x": "1"})):
            self.assertEqual(self._send(path, **data).status_code, 401, path)
        self.assertEqual(deal.state, "draft")

    def test_a_key_goes_with_the_access(self):
        self.alpha_user._prm_revoke_portal()
        keys = self.env["res.users.apikeys"].sudo()
        self.assertFalse(keys.search([("user_id", "=", self.alpha_user.id)]))

    @mute_logger("odoo.http", "werkzeug")
    def test_a_wrong_key(self):
        deal = self._deal(customer_vat=VAT)
        answer = self._send(f"/my/deals/{deal.id}/submit", key="0" * 40, x="1")
        self.assertEqual((answer.status_code, deal.state), (401, "draft"))

    @mute_logger("odoo.http", "werkzeug")
    def test_a_key_is_no_way_round_the_token_of_a_form(self):
        """Who is logged in needs the token, also with another kind of header."""
        deal = self._deal(customer_vat=VAT)
        self.authenticate("prm_alpha", "prm_alpha")
        for header in ("Basic eDp5", "", "bearer"):
            answer = self.url_open(
                f"/my/deals/{deal.id}/submit",
                data={"x": "1"},
                headers={"Authorization": header},
                allow_redirects=False,
            )
            self.assertEqual((answer.status_code, deal.state), (400, "draft"), header)
        self.url_open(f"/my/deals/{deal.id}/submit", method="OPTIONS", allow_redirects=False)
        self.assertEqual(deal.state, "draft")
