from odoo import http
from odoo.exceptions import MissingError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import VAT, DealCommon


@tagged("post_install", "-at_install")
class TestDealPortal(DealCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.authenticate("prm_alpha", "prm_alpha")

    def _post(self, path, csrf=True, **data):
        """Post a form without following where it leads."""
        data = {name: value for name, value in data.items() if value is not None}
        if csrf:
            data["csrf_token"] = http.Request.csrf_token(self)
        return self.url_open(path, data=data, allow_redirects=False)

    def test_home_shows_the_card_to_partners_only(self):
        self.assertIn("/my/deals", self.url_open("/my").text)
        self.authenticate("relationship_portal", "relationship_portal")
        self.assertNotIn("/my/deals", self.url_open("/my").text)

    def test_counter(self):
        self._deal()
        counters = self.make_jsonrpc_request("/my/counters", {"counters": ["prm_deal_count"]})
        self.assertEqual(counters, {"prm_deal_count": 1})
        self.assertNotIn(
            "prm_deal_count", self.make_jsonrpc_request("/my/counters", {"counters": []})
        )

    def test_list_shows_own_deals_only(self):
        mine = self._deal(customer_name="Mine GmbH")
        self._deal(self.beta, customer_name="Theirs SA")
        page = self.url_open("/my/deals").text
        self.assertIn("Mine GmbH", page)
        self.assertIn(mine.name, page)
        self.assertNotIn("Theirs SA", page)

    def test_list_searches_filters_and_sorts(self):
        self._deal(customer_name="Aardvark", submit=True, customer_vat=VAT)
        self._deal(customer_name="Zebra")
        page = self.url_open("/my/deals?search=Aard&search_in=customer").text
        self.assertIn("Aardvark", page)
        self.assertNotIn("Zebra", page)
        page = self.url_open("/my/deals?filterby=draft").text
        self.assertNotIn("Aardvark", page)
        page = self.url_open("/my/deals?sortby=customer").text
        self.assertLess(page.index("Aardvark"), page.index("Zebra"))

    def test_list_by_state_follows_the_life_of_a_deal(self):
        """And keeps what is under review together, the newest first."""
        names = ("Won", "Review", "Draft", "Refused", "Asked", "Registered", "Again")
        made = {
            name: self._deal(
                customer_name=name, submit=name != "Draft", customer_domain=f"{name}.example"
            )
            for name in names
        }
        made["Refused"].action_reject("No.")
        made["Asked"].action_ask_info("Why?")
        (made["Registered"] | made["Won"]).action_approve()
        made["Won"].sudo().lead_id.action_set_won()
        portal = self.env["prm.deal"].with_user(self.alpha_user)

        def shown(**page):
            return [row["customer_name"] for row in portal._portal_list(sortby="state", **page)]

        wanted = ["Draft", "Again", "Asked", "Review", "Registered", "Won", "Refused"]
        self.assertEqual(shown(), wanted)
        self.assertEqual(shown(offset=2, limit=3), wanted[2:5])
        page = self.url_open("/my/deals?sortby=state").text
        places = [page.index(f">{name}</bdi>") for name in wanted]
        self.assertEqual(places, sorted(places))

    def test_list_survives_strange_arguments(self):
        self._deal(customer_name="Mine GmbH")
        for query in (
            "sortby=id%3B%20DROP",
            "filterby=__",
            "search_in=state",
            "search=%00%27",
            "page=x",
            "search=" + "x" * 2000,
            "sortby=&filterby=&search_in=",
            "search=%25%5C",
        ):
            self.assertEqual(self.url_open(f"/my/deals?{query}").status_code, 200, query)
        self.assertIn("Mine GmbH", self.url_open("/my/deals/page/999").text)

    def test_pages(self):
        for number in range(82):
            self._deal(customer_name=f"Customer {number:03}")
        self.assertIn("Customer 081", self.url_open("/my/deals").text)
        self.assertIn("Customer 000", self.url_open("/my/deals/page/2").text)

    def test_empty_list_says_what_to_do(self):
        page = self.url_open("/my/deals").text
        self.assertIn("You have not registered a deal yet", page)
        self.assertIn("/my/deals/new", page)

    def test_user_without_partner_gets_a_friendly_page(self):
        self.authenticate("relationship_portal", "relationship_portal")
        page = self.url_open("/my/deals")
        self.assertEqual(page.status_code, 200)
        self.assertIn("does not belong to a partner company", page.text)
        self.assertTrue(self.url_open("/my/deals/new").url.endswith("/my/deals"))

    def test_visitors_log_in_first(self):
        self.authenticate(None, None)
        self.assertIn("/web/login", self.url_open("/my/deals").url)

    def test_detail_tells_state_and_outcome(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        self.assertIn("Under Review", self.url_open(f"/my/deals/{deal.id}").text)
        deal.action_reject("We are sorry.", "Secret note")
        page = self.url_open(f"/my/deals/{deal.id}").text
        self.assertIn("We are sorry.", page)
        self.assertNotIn("Secret note", page)

    def test_rival_reads_neutral_words_only(self):
        rival = self._deal(self.beta, submit=True, customer_vat=VAT)
        deal = self._deal(submit=True, customer_vat=VAT)
        page = self.url_open(f"/my/deals/{deal.id}").text
        rival.action_approve()
        page += self.url_open(f"/my/deals/{deal.id}").text
        self.assertIn("can't be registered", page.replace("&#39;", "'"))
        for secret in ("Beta Partner", rival.name, "Other Partner", "verdict", "competing"):
            self.assertNotIn(secret, page)

    def test_partner_never_sees_nor_writes_our_customer(self):
        customer = self.env["res.partner"].create(
            {
                "name": "Acme in the base",
                "is_company": True,
                "vat": VAT,
                "email": "boss@customer.example",
                "phone": "+32 2 555 12 34",
                "street": "Secret street 1",
                "city": "Hiddenville",
                "website": "https://internal.example",
                "country_id": self.env.ref("base.be").id,
            }
        )
        deal = self._deal(submit=True, customer_vat=VAT)
        deal.action_approve()
        self.assertEqual(deal.customer_id, customer)
        lead = deal.sudo().lead_id
        typed = {"partner_name": "Acme", "website": False, "country_id": lead.country_id.browse()}
        for name, value in typed.items():
            self.assertEqual(lead[name], value, name)
        for name in ("partner_id", "email_from", "phone", "street", "city", "contact_name"):
            self.assertFalse(lead[name], name)
        pages = [
            self.url_open(f"/my/{page}") for page in (f"opportunity/{lead.id}", f"deals/{deal.id}")
        ]
        for page in pages:
            self.assertEqual(page.status_code, 200)
            self.assertIn("Acme", page.text)
            for secret in (customer.name, "boss@", "555 12 34", "Secret", "Hidden", "internal.ex"):
                self.assertNotIn(secret, page.text)
        lead.with_user(self.alpha_user).update_contact_details_from_portal(
            {"phone": "1", "email_from": "x@x.example", "street": "Theirs"}
        )
        self.env.flush_all()
        self.assertEqual(customer.email, "boss@customer.example")
        self.assertEqual(customer.phone, "+32 2 555 12 34")
        self.assertEqual(customer.street, "Secret street 1")

    def test_what_typed_text_holds_is_never_markup(self):
        deal = self._deal(customer_name="<script>alert(1)</script>", description="<b>bold</b>")
        page = self.url_open(f"/my/deals/{deal.id}").text
        self.assertNotIn("<script>alert(1)", page)
        self.assertNotIn("<b>bold</b>", page)

    @mute_logger("odoo.http", "werkzeug")
    def test_foreign_and_absent_ids_are_not_found(self):
        foreign = self._deal(self.beta)
        gone = self._deal()
        gone_id = gone.id
        gone.unlink()
        for deal_id in (foreign.id, gone_id, 0, 2**31, 10**30):
            for path in ("", "/edit"):
                response = self.url_open(f"/my/deals/{deal_id}{path}")
                self.assertEqual(response.status_code, 404, f"{deal_id}{path}")
            for path in ("/submit", "/delete", "/edit"):
                response = self._post(f"/my/deals/{deal_id}{path}", customer_name="Mine now")
                self.assertEqual(response.status_code, 404, f"{deal_id}{path}")
        self.assertEqual((foreign.state, foreign.customer_name), ("draft", "Acme"))

    @mute_logger("odoo.http", "werkzeug")
    def test_get_changes_nothing(self):
        deal = self._deal(customer_vat=VAT)
        for path in ("/submit", "/delete"):
            self.assertEqual(self.url_open(f"/my/deals/{deal.id}{path}").status_code, 405)
        self.assertEqual(deal.state, "draft")

    @mute_logger("odoo.http", "werkzeug")
    def test_post_without_token_is_refused(self):
        deal = self._deal(customer_vat=VAT)
        for path in (f"/my/deals/{deal.id}/submit", f"/my/deals/{deal.id}/delete", "/my/deals/new"):
            response = self._post(path, csrf=False, customer_name="Forged")
            self.assertEqual(response.status_code, 400, path)
        self.assertEqual(deal.exists().state, "draft")
        self.assertFalse(self.env["prm.deal"].search([("customer_name", "=", "Forged")]))

    def test_submit_and_delete_from_the_page(self):
        deal, spare = self._deal(customer_vat=VAT), self._deal()
        self.assertEqual(self._post(f"/my/deals/{deal.id}/submit").status_code, 303)
        self.assertEqual(deal.state, "in_review")
        self.assertEqual(deal.submitted_by, self.alpha_user)
        self._post(f"/my/deals/{spare.id}/delete")
        self.assertFalse(spare.exists())

    def test_submitting_what_is_not_ready_says_so(self):
        deal = self._deal()
        response = self._post(f"/my/deals/{deal.id}/submit")
        self.assertEqual(response.status_code, 200)
        self.assertIn("VAT number or website", response.text)
        submitted = self._deal(submit=True, customer_vat=VAT)
        self.assertIn("Only drafts", self._post(f"/my/deals/{submitted.id}/delete").text)
        self.assertTrue(submitted.exists())

    def test_token_opens_nothing(self):
        foreign = self._deal(self.beta)
        token = foreign.sudo()._portal_ensure_token()
        with mute_logger("odoo.http"):
            response = self.url_open(f"/my/deals/{foreign.id}?access_token={token}")
        self.assertEqual(response.status_code, 404)

    def test_verbs_give_plain_values_from_a_fixed_list(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        deal.action_reject("We are sorry.", "Secret note")
        values = self.env["prm.deal"].with_user(self.alpha_user)._portal_read(deal.id)
        self.assertEqual(
            set(values),
            {
                "id",
                "reference",
                "state",
                "state_label",
                "customer_name",
                "customer_vat",
                "customer_domain",
                "customer_country",
                "customer_contact",
                "discount",
                "amount",
                "amount_text",
                "description",
                "external_ref",
                "expected_close",
                "created_on",
                "submitted_on",
                "decided_on",
                "protected_until",
                "scope",
                "reason",
                "events",
                "messages",
                "clock",
            },
        )
        for value in values.values():
            self.assertIsInstance(value, str | int | float | list | dict)

    def test_verbs_refuse_foreign_ids_of_any_type(self):
        deals = self.env["prm.deal"].with_user(self.alpha_user)
        foreign = self._deal(self.beta)
        for deal_id in (foreign.id, None, "1", [foreign.id], -1, True and 2**40):
            for verb in ("_portal_read", "_portal_submit", "_portal_delete"):
                with self.assertRaises(MissingError):
                    getattr(deals, verb)(deal_id)
