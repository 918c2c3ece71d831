"""Pages of a submitted registration and of the team: who may, what is refused, strange input."""

import random
import re

from odoo import http
from odoo.exceptions import MissingError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..models.prm_deal_portal_form import FORM_FIELDS
from ..models.prm_deal_portal_life import FILE_BYTES
from .common import VAT, DealCommon

_ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")
STRANGE = (
    "",
    " ",
    "\0",
    "'; DROP TABLE prm_deal; --",
    "<script>alert(1)</script>",
    "\u202e\u0645\u0631\u062d\u0628\u0627",
    "Đại Phát 🚀",
    "9" * 400,
    "-1",
    "1e309",
    "NaN",
    "2026-02-30",
    "٣٬٥٠٠",
    "%00%27",
    "{{7*7}}",
    "../../etc/passwd",
    "x" * 70_000,
    "\ud7ff\ufffe",
)


class PortalCase(DealCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.authenticate("prm_alpha", "prm_alpha")

    def _routes(self):
        """Every route of this addon, as (method, path) with the names of its arguments in it."""
        found = set()
        for rule in self.env["ir.http"].routing_map().iter_rules():
            if "addons.partner_portal" in rule.endpoint.original_endpoint.__module__:
                methods = (rule.methods or {"GET", "POST"}) & {"GET", "POST"}
                found |= {(method, rule.rule) for method in methods}
        self.assertIn(("POST", "/my/deals/<int:deal_id>/withdraw"), found)
        self.assertIn(("GET", "/my/partner/team"), found)
        return sorted(found)

    def _path(self, route, values):
        """The path of a route with these values of its arguments; a new one has to be taught."""
        return _ARGUMENT.sub(lambda found: str(values[found[1]]), route)

    def _send(self, method, path, **data):
        """Send a form without following where it leads."""
        if method == "GET":
            return self.url_open(path, allow_redirects=False)
        data["csrf_token"] = http.Request.csrf_token(self)
        return self.url_open(path, data=data, allow_redirects=False)


@tagged("post_install", "-at_install")
class TestDealPortalLife(PortalCase):
    def test_question_and_answer(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        page = self.url_open(f"/my/deals/{deal.id}").text
        self.assertIn("We decide by", page)
        deal.action_ask_info("Which products?")
        page = self.url_open(f"/my/deals/{deal.id}").text
        self.assertIn("Which products?", page)
        self.assertIn("Under Review", page)
        self.assertNotIn("We decide by", page)
        self._send("POST", f"/my/deals/{deal.id}/message", text="Servers.\nTwo of them.")
        self.assertEqual(deal.state, "in_review")
        self.assertTrue(deal.decision_due)
        page = self.url_open(f"/my/deals/{deal.id}").text
        self.assertIn("Servers.\nTwo of them.", page)
        self.assertIn("We decide by", page)

    def test_files_are_for_the_partner_and_staff_only(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        url = f"/my/deals/{deal.id}/message"
        token = http.Request.csrf_token(self)
        self.opener.post(
            self.base_url() + url,
            data={"csrf_token": token, "text": "See this."},
            files=[("files", ("plan.txt", b"the plan", "text/plain"))],
            allow_redirects=False,
        )
        [file] = deal.sudo().message_ids.attachment_ids
        self.assertEqual((file.name, file.raw), ("plan.txt", b"the plan"))
        answer = self.url_open(f"/my/deals/{deal.id}/file/{file.id}")
        self.assertEqual(answer.content, b"the plan")
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        self.authenticate("prm_beta", "prm_beta")
        theirs = self._deal(self.beta, submit=True, customer_domain="theirs.example")
        with mute_logger("odoo.http", "werkzeug"):
            for number in (deal.id, theirs.id):
                path = f"/my/deals/{number}/file/{file.id}"
                self.assertEqual(self.url_open(path).status_code, 404, path)

    def test_notes_of_staff_and_their_names_stay_inside(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        deal.message_post(body="Secret note", subtype_xmlid="mail.mt_note")
        deal.message_post(
            body="We will call you.", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        page = self.url_open(f"/my/deals/{deal.id}").text
        self.assertIn("We will call you.", page)
        self.assertNotIn("Secret note", page)
        self.assertNotIn(self.channel.name, page)

    def test_withdraw_and_ask_for_longer(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        other = self._deal(submit=True, customer_domain="other.example")
        self._send("POST", f"/my/deals/{deal.id}/withdraw")
        self.assertEqual(deal.state, "withdrawn")
        self.assertIn("Withdrawn", self.url_open(f"/my/deals/{deal.id}").text)
        other.action_approve()
        self.env.cr.execute(
            "UPDATE crm_lead SET date_last_stage_update = '2020-01-01' WHERE id = %s",
            [other.sudo().lead_id.id],
        )
        other.sudo().lead_id.invalidate_recordset()
        page = self._send("POST", f"/my/deals/{other.id}/extend", reason="Please.").text
        self.assertIn("Nothing has happened", page)
        other.sudo().lead_id.date_last_stage_update = "2100-01-01"
        self._send("POST", f"/my/deals/{other.id}/extend", reason="Please.")
        self.assertEqual(other.extension_ids.reason, "Please.")
        self.assertIn("We will answer soon", self.url_open(f"/my/deals/{other.id}").text)

    @mute_logger("odoo.http", "werkzeug")
    def test_foreign_ids_on_every_route(self):
        foreign = self._deal(self.beta, submit=True, customer_vat=VAT)
        colleague = self.env["prm.member"].search([("user_id", "=", self.beta_user.id)])
        known = {"deal_id": foreign.id, "member_id": colleague.id, "file_id": 1}
        routes = [
            (method, route)
            for method, route in self._routes()
            if known.keys() & set(_ARGUMENT.findall(route))
        ]
        self.assertGreater(len(routes), 10)
        for method, route in routes:
            for values in (known, *(dict.fromkeys(known, n) for n in (0, 2**31 - 1, 2**40))):
                with self.subTest(method=method, route=route, values=values):
                    answer = self._send(method, self._path(route, values), text="x", reason="x")
                    self.assertEqual(answer.status_code, 404)
        foreign.invalidate_recordset()
        self.assertEqual(foreign.state, "in_review")
        self.assertFalse(foreign.sudo().message_ids.filtered(lambda m: m.message_type == "comment"))
        self.assertTrue(colleague.active)

    def test_limits_of_messages(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        deals = self.env["prm.deal"].with_user(self.alpha_user)
        cases = (
            ("", []),
            ("x" * 5001, []),
            ("x", [("a", b"x")] * 6),
            ("x", [("a", b"x" * (FILE_BYTES + 1))]),
        )
        for text, files in cases:
            with self.assertRaises(UserError):
                deals._portal_post(deal.id, text, files)
        draft = self._deal()
        with self.assertRaises(UserError):
            deals._portal_post(draft.id, "x")


@tagged("post_install", "-at_install")
class TestDealPortalFuzz(PortalCase):
    """Whatever a form sends, the answer is a page, never an error, and never another's record."""

    ANSWERS = (200, 303, 400, 404)

    @mute_logger("odoo.http", "werkzeug", "odoo.sql_db")
    def test_strange_texts_in_every_field(self):
        chance = random.Random(19)
        deal = self._deal(submit=True, customer_vat=VAT)
        mine = {deal.id}
        for number in range(60):
            data = {name: chance.choice(STRANGE) for name in FORM_FIELDS if chance.random() < 0.7}
            data.update(
                {
                    name: chance.choice(STRANGE)
                    for name in ("do", "form_token", "partner_id", "state", "source", "company_id")
                    if chance.random() < 0.3
                }
            )
            if chance.random() < 0.5:
                data["do"] = "submit"
            with self.subTest(number=number):
                answer = self._send("POST", "/my/deals/new", **data)
                self.assertIn(answer.status_code, self.ANSWERS)
        made = self.env["prm.deal"].search([("id", "not in", list(mine))])
        made = made.filtered(lambda one: one.create_uid == self.alpha_user)
        self.assertEqual(made.partner_id, self.alpha if made else made.partner_id)
        self.assertLessEqual(set(made.mapped("source")), {"portal"})

    @mute_logger("odoo.http", "werkzeug", "odoo.sql_db")
    def test_strange_texts_to_every_form(self):
        foreign = self._deal(self.beta, submit=True, customer_vat=VAT)
        deals = {
            "/delete": self._deal(),
            "/edit": self._deal(),
            "/submit": self._deal(),
            "": self._deal(submit=True, customer_domain="fuzzed.example"),
        }
        member = self.env["prm.member"].search([("user_id", "=", self.alpha_user.id)])
        names = ("text", "reason", "files", "name", "email", "roles", "form_token", *FORM_FIELDS)
        posts = [route for method, route in self._routes() if method == "POST"]
        self.assertGreater(len(posts), 8)
        for route in posts:
            deal = next(one for end, one in deals.items() if route.endswith(end))
            path = self._path(route, {"deal_id": deal.id, "member_id": member.id})
            for text in STRANGE:
                answer = self._send("POST", path, **dict.fromkeys(names, text))
                self.assertIn(answer.status_code, self.ANSWERS, f"{path}: {text[:40]!r}")
        foreign.invalidate_recordset()
        self.assertEqual((foreign.state, foreign.partner_id), ("in_review", self.beta))
        self.assertFalse(foreign.sudo().message_ids.filtered(lambda m: m.message_type == "comment"))
        self.assertTrue(member.role_admin, "somebody still leads the team")


@tagged("post_install", "-at_install")
class TestTeam(PortalCase):
    def _member(self, user):
        return self.env["prm.member"].search([("user_id", "=", user.id)])

    def _colleague(self, login="prm_alpha_2"):
        return self._new_portal_user(login, self.alpha)

    def test_page_is_for_admins(self):
        page = self.url_open("/my/partner/team")
        self.assertIn("prm_alpha@partner.example", page.text)
        self.assertNotIn("prm_beta@partner.example", page.text)
        self._member(self.alpha_user).role_admin = False
        with mute_logger("odoo.http", "werkzeug"):
            self.assertEqual(self.url_open("/my/partner/team").status_code, 404)
            answer = self._send("POST", "/my/partner/team/invite", name="X", email="x@x.example")
        self.assertEqual(answer.status_code, 404)

    def test_invite(self):
        self._send(
            "POST",
            "/my/partner/team/invite",
            name="New Person",
            email="new.person@alpha.example",
            roles=["sales", "finance", "god"],
        )
        user = self.env["res.users"].search([("login", "=", "new.person@alpha.example")])
        member = self._member(user)
        self.assertEqual(user.partner_id.parent_id, self.alpha)
        self.assertTrue(user.share)
        self.assertTrue(member.role_sales and member.role_finance)
        self.assertFalse(member.role_admin or member.role_marketing)
        self.assertIn("Invited", self.url_open("/my/partner/team").text)
        self.assertTrue(self.env["prm.deal"].with_user(user)._portal_is_partner())

    def test_nobody_is_taken_from_another_company(self):
        for login in (self.beta_user.email, self.beta_user.login, self.channel.login):
            answer = self._send(
                "POST", "/my/partner/team/invite", name="X", email=login, roles="sales"
            )
            self.assertIn(answer.status_code, (200, 303))
        self.assertEqual(self._member(self.beta_user).partner_id, self.beta)
        taken = new_test_user(
            self.env, "taken@other.example", groups="base.group_portal", email="taken@other.example"
        )
        answer = self._send(
            "POST", "/my/partner/team/invite", name="X", email=taken.login, roles="sales"
        )
        self.assertIn("be invited", answer.text)
        self.assertFalse(self._member(taken))

    def test_invitations_a_day(self):
        members = self.env["prm.member"].with_user(self.alpha_user)
        made = len(self.env["prm.member"].search([("partner_id", "=", self.alpha.id)]))
        for number in range(10 - made):
            members._portal_invite("P", f"p{number}@alpha.example", ["sales"])
        with self.assertRaisesRegex(UserError, "a day"):
            members._portal_invite("P", "last@alpha.example", ["sales"])

    def test_roles(self):
        member = self._member(self._colleague())
        self._send("POST", f"/my/partner/team/{member.id}/roles", roles=["marketing"])
        self.assertEqual((member.role_sales, member.role_marketing), (False, True))
        mine = self._member(self.alpha_user)
        page = self._send("POST", f"/my/partner/team/{mine.id}/roles", roles=["sales"]).text
        self.assertIn("Somebody has to be admin", page)
        self.assertTrue(mine.role_admin)

    def test_removal_leaves_the_records_with_the_company(self):
        user = self._colleague()
        member = self._member(user)
        deal = (
            self.env["prm.deal"]
            .with_user(user)
            ._portal_save({"customer_name": "Theirs", "customer_vat": VAT}, submit=True)
        )[0]
        deal = self.env["prm.deal"].browse(deal)
        self.assertEqual(deal.member_id, member)
        self._send("POST", f"/my/partner/team/{member.id}/remove")
        self.assertFalse(member.active or user.active)
        self.assertFalse(self.env["prm.deal"].with_user(user)._portal_is_partner())
        self.assertEqual((deal.partner_id, deal.state), (self.alpha, "in_review"))
        self.assertIn("Theirs", self.url_open("/my/deals").text)
        mine = self._member(self.alpha_user)
        page = self._send("POST", f"/my/partner/team/{mine.id}/remove").text
        self.assertIn("remove yourself", page)

    def test_a_removed_person_is_invited_again(self):
        user = self._colleague("again@alpha.example")
        user.partner_id.email = "again@alpha.example"
        member = self._member(user)
        members = self.env["prm.member"].with_user(self.alpha_user)
        members._portal_remove(member.id)
        members._portal_invite("Again", "again@alpha.example", ["learner"])
        self.assertTrue(member.active and user.active and user.share)
        self.assertTrue(member.role_learner)
        self.assertFalse(member.role_sales)

    def test_the_first_person_who_accepts_is_admin(self):
        gamma = self._new_partner("Gamma Partner", "PRM-GAMMA")
        first = self._new_portal_user("prm_gamma_1", gamma)
        second = self._new_portal_user("prm_gamma_2", gamma)
        self.assertTrue(self._member(first).role_admin)
        self.assertFalse(self._member(second).role_admin)
        self.authenticate("prm_gamma_2", "prm_gamma_2")
        second.with_user(second)._update_last_login()
        self.assertTrue(self._member(second).role_admin, "the first one has not come yet")
        third = self._new_portal_user("prm_gamma_3", gamma)
        third.with_user(third)._update_last_login()
        self.assertTrue(self._member(third).accepted_on)
        self.assertFalse(self._member(third).role_admin)

    def test_who_led_before_the_addon_came_goes_on_leading(self):
        gamma = self._new_partner("Gamma Partner", "PRM-GAMMA")
        first = self._new_portal_user("prm_gamma_1", gamma)
        first.with_user(first)._update_last_login()
        self._member(first).accepted_on = False
        second = self._new_portal_user("prm_gamma_2", gamma)
        second.with_user(second)._update_last_login()
        self.assertFalse(self._member(second).role_admin)

    def test_strangers_reach_no_verb(self):
        member = self._member(self.alpha_user)
        for user in (self.beta_user, self.portal_user, self.env.ref("base.public_user")):
            members = self.env["prm.member"].with_user(user)
            with self.assertRaises(MissingError):
                members._portal_remove(member.id)
            with self.assertRaises(MissingError):
                members._portal_set_roles(member.id, ["learner"])
        for user in (self.portal_user, self.env.ref("base.public_user")):
            with self.assertRaises(MissingError):
                self.env["prm.member"].with_user(user)._portal_team()
