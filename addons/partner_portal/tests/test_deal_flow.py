from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import VAT, DealCommon


@tagged("post_install", "-at_install")
class TestDealFlow(DealCommon):
    def test_submit_numbers_and_dates(self):
        first, second = self._deal(customer_vat=VAT), self._deal(customer_domain="other.example")
        (second | first).action_submit()
        self.assertEqual((first | second).mapped("state"), ["in_review", "in_review"])
        self.assertLess(0, first.submit_no)
        self.assertLess(first.submit_no, second.submit_no, "the order is that of creation")
        self.assertEqual(first.submitted_by, self.channel)
        self.assertTrue(first.submitted_on)
        self.assertRegex(first.name, r"^DR\d{5,}$")
        self.assertEqual(first.display_name, first.name)

    def test_submit_needs_what_names_the_customer(self):
        deal = self._deal()
        with self.assertRaisesRegex(UserError, f"{deal.name}.*VAT number or website"):
            deal.action_submit()

    def test_submit_twice_is_refused(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        with self.assertRaisesRegex(UserError, "Only drafts"):
            deal.action_submit()

    def test_batch_is_all_or_none(self):
        good, bad = self._deal(customer_vat=VAT), self._deal()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            (good | bad).action_submit()
        good.invalidate_recordset()
        self.assertEqual(good.state, "draft")

    def test_approval_opens_an_opportunity_for_the_partner(self):
        self.alpha.user_id = self.users["manager"]
        deal = self._deal(
            submit=True,
            customer_vat=VAT,
            customer_domain="https://www.acme.example/",
            amount=1250.5,
            expected_close="2027-03-31",
            description="First line\n<b>second</b>",
        )
        deal.action_approve()
        self.assertEqual(deal.state, "approved")
        self.assertEqual(deal.decided_by, self.channel)
        lead = deal.sudo().lead_id
        self.assertEqual(lead.type, "opportunity")
        self.assertEqual(lead.partner_assigned_id, self.alpha)
        self.assertEqual(lead.user_id, self.users["manager"])
        self.assertEqual(lead.expected_revenue, 1250.5)
        self.assertEqual(lead.partner_name, "Acme")
        self.assertIn("acme.example", lead.website)
        self.assertIn("&lt;b&gt;second", lead.description)
        self.assertEqual(str(lead.date_deadline), "2027-03-31")
        self.assertFalse(lead.partner_id)

    def test_the_deal_links_the_customer_with_this_vat_number(self):
        customer = self.env["res.partner"].create(
            {"name": "Acme in the base", "is_company": True, "vat": VAT}
        )
        deal = self._deal(submit=True, customer_vat="be 0477.472.701")
        self.assertEqual(deal.customer_id, customer)
        deal.action_approve()
        self.assertFalse(deal.lead_id.partner_id, "core would show its data to the partner")
        self.assertIn(
            f"{self.company.id}:customer:{customer.id}", deal.sudo().claim_ids.key_id.mapped("key")
        )

    def test_salesperson_of_another_company_is_left_out(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.channel.company_ids += other
        deal = self._deal(submit=True, customer_vat=VAT, company_id=other.id)
        self.alpha.user_id = self.users["manager"]
        deal.sudo()._approve()
        self.assertFalse(deal.sudo().lead_id.user_id)
        self.assertEqual(deal.sudo().lead_id.company_id, other)

    def test_currency_follows_the_company(self):
        currency = self.env["res.currency"].create({"name": "XTS", "symbol": "x"})
        other = self.env["res.company"].create({"name": "Other", "currency_id": currency.id})
        self.assertEqual(self._deal(company_id=other.id).sudo().currency_id, currency)
        ours = self._deal(amount=5)
        self.assertEqual(ours.currency_id, self.company.currency_id)
        ours.sudo().company_id = other
        self.assertEqual(ours.sudo().currency_id, self.company.currency_id, "it has an amount")

    def test_amount_is_converted_on_the_companys_day(self):
        currency = self.env["res.currency"].create({"name": "XTS", "symbol": "x"})
        for rate, day in ((4.0, "2026-01-01"), (5.0, "2026-01-02")):
            self.env["res.currency.rate"].create(
                {"currency_id": currency.id, "rate": rate, "name": day}
            )
        deal = self._deal(submit=True, customer_vat=VAT, amount=1000, currency_id=currency.id)
        deal.sudo().submitted_on = "2026-01-01 20:00:00"
        for zone, amount in (("UTC", 250), ("Asia/Ho_Chi_Minh", 200)):
            self.company.partner_id.tz = zone
            self.assertEqual(deal.sudo()._amount_in_company_currency(), amount, zone)

    def test_manager_takes_back_a_mistaken_approval(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        deal.action_approve()
        lead = deal.sudo().lead_id
        managed = deal.with_user(self.users["manager"])
        managed.action_open_reject()
        managed.action_reject("It was a mistake.")
        self.assertEqual(deal.state, "rejected")
        self.assertFalse(deal.is_protected)
        self.assertEqual(deal.sudo().lead_id, lead)
        self.assertIn(deal.name, lead.message_ids[0].body)
        self.assertIn("taken back", lead.message_ids[0].body)
        rival = self._deal(self.beta, submit=True, customer_vat=VAT)
        rival.action_approve()
        self.assertEqual(rival.state, "approved")

    def test_taking_back_one_of_two_keeps_the_other_protected(self):
        first = self._deal(submit=True, customer_vat=VAT)
        second = self._deal(submit=True, customer_vat=VAT)
        (first | second).action_approve()
        first.with_user(self.users["manager"]).action_reject("It was a mistake.")
        self.assertTrue(second.is_protected)
        self.assertFalse(first.is_protected)
        rival = self._deal(self.beta, submit=True, customer_vat=VAT)
        self.assertEqual(rival.state, "rejected")

    def test_two_companies_with_the_number_are_left_to_people(self):
        for name in ("One", "Two"):
            self.env["res.partner"].create({"name": name, "is_company": True, "vat": VAT})
        deal = self._deal(submit=True, customer_vat=VAT)
        self.assertFalse(deal.customer_id)

    def test_amount_of_the_opportunity_is_in_company_currency(self):
        currency = self.env["res.currency"].create({"name": "XTS", "symbol": "x"})
        self.env["res.currency.rate"].create(
            {"currency_id": currency.id, "rate": 4.0, "name": "2020-01-01"}
        )
        deal = self._deal(submit=True, customer_vat=VAT, amount=1000, currency_id=currency.id)
        deal.action_approve()
        self.assertEqual(deal.lead_id.expected_revenue, 250)

    def test_reject(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        deal.action_reject("We are sorry.", "Too small.")
        self.assertEqual(deal.state, "rejected")
        self.assertEqual((deal.reject_reason, deal.reject_note), ("We are sorry.", "Too small."))
        self.assertEqual(deal.decided_by, self.channel)
        self.assertFalse(deal.lead_id)

    def test_reject_needs_a_reason(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        for reason in (None, "", "  ", 5):
            with self.assertRaisesRegex(UserError, "reason"):
                deal.action_reject(reason)

    def test_decided_deals_are_not_decided_again(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        deal.action_approve()
        with self.assertRaisesRegex(UserError, "Not under review"):
            deal.action_approve()
        with self.assertRaisesRegex(UserError, "Not under review"):
            deal.action_reject("No.")

    def test_nobody_approves_their_own(self):
        deal = (
            self.env["prm.deal"]
            .with_user(self.channel)
            .create({"partner_id": self.alpha.id, "customer_name": "Acme", "customer_vat": VAT})
        )
        deal.action_submit()
        with self.assertRaisesRegex(UserError, "Nobody approves"):
            deal.action_approve()
        deal.with_user(self.other_channel).action_approve()
        self.assertEqual(deal.state, "approved")

    def test_who_wrote_it_does_not_approve_it_either(self):
        values = {"partner_id": self.alpha.id, "customer_name": "Acme", "customer_vat": VAT}
        deal = self.env["prm.deal"].with_user(self.channel).create(values)
        deal.with_user(self.other_channel).action_submit()
        with self.assertRaisesRegex(UserError, "Nobody approves"):
            deal.action_approve()

    def test_reject_dialog_translates_a_ready_answer(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        ready = self.env["prm.deal.reason"].create({"name": "Not now."})
        ready.with_context(lang="fr_FR").name = "Pas maintenant."
        self.alpha_user.partner_id.lang = "fr_FR"
        deals = self._deal(submit=True, customer_vat=VAT)
        deals |= self._deal(self.beta, submit=True, customer_domain="other.example")
        action = deals.action_open_reject()
        wizard = (
            self.env["prm.deal.reject"]
            .with_user(self.channel)
            .with_context(**action["context"])
            .create({"reason_id": ready.id, "note": "Budget"})
        )
        self.assertEqual(wizard.reason, "Not now.")
        wizard.action_confirm()
        self.assertEqual(deals.mapped("reject_reason"), ["Pas maintenant.", "Not now."])
        self.assertEqual(set(deals.mapped("reject_note")), {"Budget"})

    def test_activity_of_the_decider(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        self.assertEqual(deal.activity_ids.user_id, self.channel)
        notice = self.env["mail.message"].search(
            [
                ("model", "=", "prm.deal"),
                ("res_id", "=", deal.id),
                ("message_type", "=", "user_notification"),
            ]
        )
        self.assertEqual(notice.notified_partner_ids, self.channel.partner_id)
        deal.action_approve()
        self.assertFalse(deal.activity_ids)

    def test_activity_never_goes_to_who_submitted(self):
        deal = (
            self.env["prm.deal"]
            .with_user(self.channel)
            .create({"partner_id": self.alpha.id, "customer_name": "Acme", "customer_vat": VAT})
        )
        deal.action_submit()
        self.assertTrue(deal.sudo().activity_ids.user_id)
        self.assertNotEqual(deal.sudo().activity_ids.user_id, self.channel)

    def test_partner_counts_its_deals(self):
        self._deal()
        self._deal(self.beta)
        partner = self.alpha.with_user(self.channel)
        self.assertEqual(partner.prm_deal_count, 1)
        self.assertEqual(self.alpha_user.partner_id.with_user(self.channel).prm_deal_count, 1)
        found = self.env["prm.deal"].search(partner.action_prm_deals()["domain"])
        self.assertEqual(found.partner_id, self.alpha)

    def test_merged_leads_keep_their_deals(self):
        deals = self._deal(submit=True, customer_vat=VAT)
        deals |= self._deal(submit=True, customer_domain="other.example")
        deals.action_approve()
        kept = deals.sudo().lead_id.merge_opportunity(auto_unlink=True)
        self.assertEqual(len(kept), 1)
        self.assertEqual(deals.mapped("lead_id"), kept)

    def test_the_board_has_the_columns_that_the_search_leaves(self):
        """Also empty ones, but none that stays empty whatever happens."""
        self._deal(submit=True, customer_vat=VAT)

        def columns(domain):
            deals = self.env["prm.deal"].with_context(read_group_expand=True)
            groups = deals.web_read_group(domain, ["state"])["groups"]
            return [group["state"] for group in groups]

        to_decide = [("state", "in", ("submitted", "in_review", "info_needed"))]
        self.assertEqual(columns(to_decide), ["in_review", "info_needed"])
        every = ["draft", "in_review", "info_needed", "approved", "won"]
        self.assertEqual(columns([("partner_id", "=", self.alpha.id)]), every)

    def test_overview_counts_deals(self):
        before = self.overview(self.channel)
        self.assertIn("deal_register", before)
        self._deal(submit=True, customer_vat=VAT).action_approve()
        after = self.overview(self.channel)
        self.assertEqual(after["deal_decide"]["count"], before["deal_decide"]["count"] + 1)
        self.assertTrue(after["deal_register"]["done"])

    def test_deals_of_a_merged_partner_keep_their_protection(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        deal.action_approve()
        merge = self.env["base.partner.merge.automatic.wizard"]
        kept = self._new_partner("Alpha Holding", "PRM-HOLD")
        merge._update_foreign_keys(self.alpha, kept)
        deal.invalidate_recordset()
        self.assertEqual(deal.partner_id, kept)
        self.assertEqual(deal.protection_ids.partner_id, kept)
        rival = self._deal(self.beta, submit=True, customer_vat=VAT)
        self.assertEqual(rival.state, "rejected")

    def test_copy_is_a_fresh_draft(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        copy = deal.copy()
        self.assertEqual((copy.state, copy.submit_no, copy.source), ("draft", 0, "staff"))
        self.assertNotEqual(copy.name, deal.name)
        self.assertEqual(copy.activity_ids, copy.activity_ids.browse())
