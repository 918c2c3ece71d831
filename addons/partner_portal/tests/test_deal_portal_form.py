from datetime import timedelta

from odoo import fields, http
from odoo.tests import HttpCase, tagged

from .common import VAT, DealCommon


@tagged("post_install", "-at_install")
class TestDealPortalForm(DealCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.authenticate("prm_alpha", "prm_alpha")
        self.day = fields.Date.today() + timedelta(days=30)

    def _send(self, path="/my/deals/new", do="draft", **data):
        data = {"customer_name": "Acme", "do": do, **data}
        data["csrf_token"] = http.Request.csrf_token(self)
        return self.url_open(path, data=data, allow_redirects=False)

    def _made(self):
        return self.env["prm.deal"].search([("partner_id", "=", self.alpha.id)])

    def test_draft(self):
        response = self._send(
            customer_vat=VAT,
            customer_domain="acme.example",
            customer_country_id=str(self.env.ref("base.be").id),
            amount="1,250.50",
            expected_close=str(self.day),
            external_ref="A-1",
            description="one\r\ntwo",
        )
        deal = self._made()
        self.assertTrue(response.headers["Location"].endswith(f"/my/deals/{deal.id}"))
        self.assertEqual((deal.state, deal.source), ("draft", "portal"))
        self.assertEqual(deal.contact_id, self.alpha_user.partner_id)
        self.assertEqual(deal.create_uid, self.alpha_user)
        self.assertEqual((deal.amount, deal.expected_close), (1250.5, self.day))
        self.assertEqual(deal.customer_country_id.code, "BE")
        self.assertEqual(deal.description, "one\ntwo")

    def test_submit_at_once(self):
        self._send(do="submit", customer_vat=VAT)
        self.assertEqual(self._made().state, "in_review")

    def test_submit_of_a_claimed_customer_is_refused_neutrally(self):
        self._deal(self.beta, submit=True, customer_vat=VAT).action_approve()
        response = self._send(do="submit", customer_vat=VAT)
        self.assertEqual(self._made().state, "rejected")
        page = self.url_open(response.headers["Location"]).text
        self.assertIn("at present", page)
        self.assertNotIn("Beta Partner", page)

    def test_mistakes_keep_what_was_typed_and_save_nothing(self):
        typed = {
            "customer_name": "",
            "customer_vat": "n/a",
            "customer_domain": "someone@gmail.com",
            "amount": "ten",
            "expected_close": "2020-01-01",
            "customer_country_id": "999999999999",
            "currency_id": "x",
            "external_ref": "r" * 65,
            "description": "Kept <text>",
        }
        response = self._send(do="submit", **typed)
        self.assertEqual(response.status_code, 200)
        self.assertFalse(self._made())
        for name in typed.keys() - {"description"}:
            self.assertIn(f'id="{name}_error"', response.text, name)
            self.assertRegex(response.text, f'aria-describedby="{name}_error')
        for text in ("n/a", "someone@gmail.com", "ten", "2020-01-01", "Kept &lt;text&gt;"):
            self.assertIn(text, response.text)

    def test_numbers_that_are_none(self):
        for amount in ("-1", "1e9", "nan", "1000000000001", "1,2,3", "0x1"):
            response = self._send(amount=amount)
            self.assertIn('id="amount_error"', response.text, amount)
        self.assertFalse(self._made())

    def test_submit_needs_a_key_but_a_draft_does_not(self):
        self.assertIn('id="customer_vat_error"', self._send(do="submit").text)
        self.assertEqual(self._send().status_code, 303)

    def test_amount_in_the_habit_of_the_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.env["res.lang"].search([("code", "=", "de_DE")]).write(
            {"decimal_point": ",", "thousands_sep": "."}
        )
        deals = self.env["prm.deal"].with_user(self.alpha_user).with_context(lang="de_DE")
        deal_id, errors = deals._portal_save({"customer_name": "Acme", "amount": "1.250,50"})
        self.assertFalse(errors)
        self.assertEqual(self._made().amount, 1250.5)
        self.assertEqual(deals._portal_form(deal_id)["amount"], "1250,50")

    def test_only_what_the_form_holds_is_taken(self):
        self._send(
            partner_id=str(self.beta.id),
            state="approved",
            customer_id=str(self.beta.id),
            submit_no="1",
            company_id="7",
            source="staff",
            note="x",
            reject_reason="x",
            lead_id="1",
        )
        deal = self._made()
        self.assertEqual(
            (deal.partner_id, deal.state, deal.source), (self.alpha, "draft", "portal")
        )
        self.assertFalse(deal.customer_id or deal.submit_no or deal.note or deal.lead_id)
        self.assertEqual(deal.company_id, self.company)

    def test_the_same_form_twice_makes_one_deal(self):
        for _time in range(2):
            response = self._send(do="submit", customer_vat=VAT, form_token="0a" * 16)
            self.assertEqual(response.status_code, 303)
        self.assertEqual(len(self._made()), 1)

    def test_the_same_form_again_changes_the_draft(self):
        token = "0b" * 16
        self._send(customer_vat=VAT, amount="5", form_token=token)
        deal = self._made()
        response = self._send(do="submit", customer_vat=VAT, amount="7", form_token=token)
        self.assertTrue(response.headers["Location"].endswith(f"/my/deals/{deal.id}"))
        self.assertEqual((self._made(), deal.state, deal.amount), (deal, "in_review", 7))
        response = self._send(do="submit", customer_vat=VAT, amount="9", form_token=token)
        self.assertTrue(response.headers["Location"].endswith(f"/my/deals/{deal.id}"))
        self.assertEqual((self._made(), deal.amount), (deal, 7))

    def test_the_country_is_the_customers(self):
        belgium = self.env.ref("base.be")
        self.alpha.country_id = belgium
        form = self.env["prm.deal"].with_user(self.alpha_user)._portal_form()
        self.assertEqual(form["customer_country_id"], "")
        bare = VAT.removeprefix("BE")
        page = self._send(do="submit", customer_vat=bare).text
        self.assertIn('id="customer_country_id_error"', page)
        page = self._send(
            do="submit", customer_vat="FR40303265045", customer_country_id=str(belgium.id)
        ).text
        self.assertIn('id="customer_country_id_error"', page)
        self.assertFalse(self._made())
        self._send(do="submit", customer_vat=bare, customer_country_id=str(belgium.id))
        self.assertEqual((self._made().state, self._made().vat_key), ("in_review", VAT))

    def test_a_bad_token_is_no_error(self):
        for token in ("", "x", "z" * 32, "0a" * 500):
            self.assertEqual(self._send(form_token=token).status_code, 303)
        self.assertEqual(len(self._made()), 4)

    def test_edit_a_draft(self):
        deal = self._deal(customer_vat=VAT, amount=5)
        page = self.url_open(f"/my/deals/{deal.id}/edit").text
        self.assertIn(VAT, page)
        self._send(f"/my/deals/{deal.id}/edit", customer_name="Acme 2", amount="7")
        self.assertEqual((deal.customer_name, deal.amount, deal.customer_vat), ("Acme 2", 7, False))

    def test_edit_of_a_submitted_deal_leads_to_its_page(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        response = self._send(f"/my/deals/{deal.id}/edit", customer_name="Changed")
        self.assertTrue(response.headers["Location"].endswith(f"/my/deals/{deal.id}"))
        self.assertEqual(deal.customer_name, "Acme")

    def test_zero_bytes_and_odd_characters(self):
        response = self._send(customer_name="Ac\0me \u202e\U0001f600")
        self.assertEqual(response.status_code, 303)
        self.assertIn("Acme", self._made().customer_name)
