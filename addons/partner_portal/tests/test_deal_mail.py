from odoo.tests import tagged
from odoo.tools import format_datetime

from .common import VAT, DealCommon


@tagged("post_install", "-at_install")
class TestDealMail(DealCommon):
    def test_approval_is_told_to_the_person_who_registered(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        self.assertFalse(self._mails(deal))
        deal.action_approve()
        mail = self._mails(deal)
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.recipient_ids, self.alpha_user.partner_id)
        self.assertIn(deal.name, mail.subject)
        self.assertIn(f"/my/deals/{deal.id}", mail.body_html)
        self.assertNotIn("access_token", mail.body_html)

    def test_refusal_says_the_reason_for_the_partner_only(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        deal.action_reject("We are sorry.", "Secret note")
        mail = self._mails(deal)
        self.assertIn("We are sorry.", mail.body_html)
        self.assertNotIn("Secret note", mail.body_html)

    def test_automatic_refusal_reveals_nothing(self):
        first = self._deal(submit=True, customer_vat=VAT)
        second = self._deal(self.beta, submit=True, customer_vat=VAT)
        first.action_approve()
        mail = self._mails(second)
        self.assertEqual(mail.recipient_ids, self.beta_user.partner_id)
        for secret in (self.alpha.name, first.name, "protected", "already", "another"):
            self.assertNotIn(secret, f"{mail.subject} {mail.body_html}")

    def test_the_sender_never_tells_who_decided(self):
        self.company.email = "deals@our-company.example"
        first = self._deal(submit=True, customer_vat=VAT)
        ruled = self._deal(self.beta, submit=True, customer_vat=VAT)
        first.action_approve()
        late = self._deal(self.beta, submit=True, customer_vat=VAT)
        human = self._deal(self.beta, submit=True, customer_domain="other.example")
        human.action_reject("We are sorry.")
        senders = {deal: self._mails(deal).email_from for deal in (first, ruled, late, human)}
        self.assertEqual(set(senders.values()), {self.company.email_formatted})
        self.assertIn("deals@our-company.example", senders[human])

    def test_company_is_told_when_its_person_has_no_address(self):
        self.alpha_user.partner_id.email = False
        deal = self._deal(submit=True, customer_vat=VAT)
        deal.action_approve()
        mail = self._mails(deal)
        self.assertEqual(mail.recipient_ids, self.alpha)
        self.assertIn("Alpha Partner", mail.body_html)

    def test_the_last_hour_to_answer_is_told_in_the_time_zone_of_the_partner(self):
        self.alpha_user.partner_id.tz = "Asia/Tokyo"
        deal = self._deal(submit=True, customer_vat=VAT)
        deal.with_context(tz="America/New_York").action_ask_info("Which products?")
        there, here = (
            format_datetime(
                self.env, deal.info_until, tz=zone, dt_format="short", lang_code="en_US"
            )
            for zone in ("Asia/Tokyo", "America/New_York")
        )
        body = self._mails(deal).body_html
        self.assertIn(there, body)
        self.assertNotIn(here, body)

    def test_in_the_language_of_the_partner(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.env.ref("partner_portal.mail_template_deal_approved")
        template.with_context(lang="fr_FR").subject = "{{ object.name }} : c'est enregistré"
        self.alpha_user.partner_id.lang = "fr_FR"
        deal = self._deal(submit=True, customer_vat=VAT)
        deal.action_approve()
        self.assertIn("enregistré", self._mails(deal).subject)

    def test_partner_without_address_is_no_obstacle(self):
        self.alpha.email = self.alpha_user.partner_id.email = False
        deal = self._deal(submit=True, customer_vat=VAT, contact_id=False)
        deal.action_approve()
        self.assertFalse(self._mails(deal))

    def test_no_partner_follows_the_thread(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        deal.action_approve()
        self.assertFalse(deal.message_partner_ids & (self.alpha | self.alpha_user.partner_id))

    def test_chatter_keeps_what_happened(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        deal.action_reject("We are sorry.", "Too small.")
        notes = " ".join(deal.message_ids.filtered("is_internal").mapped("body"))
        self.assertIn("Submitted", notes)
        self.assertIn("Too small.", notes)
