from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import html2plaintext

from .common import VAT, LifeCommon


@tagged("post_install", "-at_install")
class TestDealExtension(LifeCommon):
    def _registered(self, partner=None, **vals):
        """Return an approved deal; its opportunity has been in its stage since the approval."""
        deal = super()._registered(partner, **vals)
        deal.sudo().lead_id.date_last_stage_update = deal.decided_on
        return deal

    def _moved(self, deal):
        deal.sudo().lead_id.message_post(body="We met.", message_type="comment")

    def test_twice_with_evidence(self):
        with freeze_time("2026-03-01 10:00:00"):
            deal = self._registered()
        with freeze_time("2026-05-01 10:00:00"):
            with self.assertRaisesRegex(UserError, "Nothing has happened"):
                deal.action_extend("The customer needs time.")
            self._moved(deal)
            deal.action_extend("The customer needs time.")
            self.assertEqual(str(deal.protected_until), "2026-08-27")
            with self.assertRaisesRegex(UserError, "Nothing has happened"):
                deal.action_extend("Again.")
        with freeze_time("2026-08-01 10:00:00"):
            self._moved(deal)
            deal.action_extend("Again.")
            self._moved(deal)
            with self.assertRaisesRegex(UserError, "twice"):
                deal.action_extend("Once more.")
        self.assertEqual(sorted(deal.extension_ids.mapped("number")), [1, 2])

    def test_the_partners_request_is_granted_or_refused(self):
        deal = self._registered()
        self._moved(deal)
        with freeze_time(fields.Datetime.now() + timedelta(minutes=5)):
            self._moved(deal)
            portal = self.env["prm.deal"].with_user(self.alpha_user)
            portal._portal_extend(deal.id, "They decide in May.")
            with self.assertRaisesRegex(UserError, "asked for this already"):
                portal._portal_extend(deal.id, "Please.")
            self.assertTrue(deal.extension_requested)
            wizard = Form(
                self.env["prm.deal.extend"]
                .with_user(self.channel)
                .with_context(**deal.action_open_extend()["context"])
            )
            self.assertEqual(wizard.request, "They decide in May.")
            wizard.reason = "Too long."
            wizard.save().action_refuse()
            self.assertEqual(deal.extension_ids.state, "refused")
            self.assertIn("Too long.", deal.message_ids[0].body)
            portal._portal_extend(deal.id, "Please.")
            until = deal.protected_until
            deal.action_extend()
        self.assertEqual(deal.protected_until, until + timedelta(days=90))

    def test_told_in_the_language_of_the_partner(self):
        """Words, and the way to write a date, are the reader's; whatever staff reads in."""
        self.env["res.lang"]._activate_lang("vi_VN").date_format = "%d/%m/%Y"
        self.alpha_user.partner_id.lang = "vi_VN"
        with freeze_time("2026-03-01 10:00:00"):
            deal = self._registered()
        portal = self.env["prm.deal"].with_user(self.alpha_user)
        with freeze_time("2026-05-01 10:00:00"):
            self._moved(deal)
            portal._portal_extend(deal.id, "They decide in May.")
            deal.action_refuse_extension("Too long.")
            deal.action_extend("After all.")
        granted, refused = self._told(deal)
        self.assertEqual(refused, "Thời gian bảo vệ không được gia hạn. Too long.")
        self.assertEqual(granted, "Thời gian bảo vệ được gia hạn đến 27/08/2026.")

    def _told(self, deal):
        """What the partner was written about a deal, the newest first, as plain text."""
        messages = deal.message_ids.filtered(lambda one: one.message_type == "comment")
        return [html2plaintext(message.body) for message in messages]

    def test_not_beyond_another_registration(self):
        with freeze_time("2026-03-01 10:00:00"):
            deal = self._registered()
            follower = self._registered()
            follower.sudo().protection_ids.unlink()
        self.env["prm.deal.protection"].create(
            {
                "deal_id": follower.id,
                "company_id": self.company.id,
                "customer_id": deal.customer_id.id,
                "date_from": "2026-05-30",
                "date_until": "2026-07-01",
            }
        )
        with freeze_time("2026-04-01 10:00:00"):
            self._moved(deal)
            with self.assertRaisesRegex(UserError, "another registration"):
                deal.action_extend("Please.")

    def test_only_what_is_protected(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        with self.assertRaisesRegex(UserError, "not protected"):
            deal.action_extend("Please.")


@tagged("post_install", "-at_install")
class TestDealLife(LifeCommon):
    def test_reminders_to_both_sides_at_14_and_3_days(self):
        deals = self.env["prm.deal"]
        with freeze_time("2026-03-01 10:00:00"):
            deal = self._registered()  # until 2026-05-29
        sent = {}
        for day in ("05-14", "05-15", "05-16", "05-25", "05-26", "05-27"):
            with freeze_time(f"2026-{day} 10:00:00"):
                deals._job_remind(10)
                subjects = self._mails(deal).mapped("subject")
                sent[day] = sum("ends" in subject for subject in subjects)
        self.assertEqual(list(sent.values()), [0, 1, 1, 1, 2, 2])
        self.assertEqual(len(deal.activity_ids), 2)
        self.assertEqual(deal.activity_ids.user_id, self.channel)

    def test_stale_after_30_days_until_something_happens(self):
        deals = self.env["prm.deal"]
        with freeze_time("2026-03-01 10:00:00"):
            deal = self._registered()
        self.env.cr.execute(
            "UPDATE crm_lead SET date_last_stage_update = '2026-03-01' WHERE id = %s",
            [deal.lead_id.id],
        )
        self.env.cr.execute(
            "UPDATE prm_deal SET create_date = '2026-03-01' WHERE id = %s", [deal.id]
        )
        self.env.invalidate_all()
        with freeze_time("2026-03-30 10:00:00"):
            deals._job_stale(10)
            self.assertFalse(deal.stale_on)
        with freeze_time("2026-04-01 10:00:00"):
            deals._job_stale(10)
            self.assertTrue(deal.stale_on)
            deals._job_stale(10)
        mails = self._mails(deal).filtered(lambda mail: "interested" in mail.subject)
        self.assertEqual(len(mails), 1)
        with freeze_time("2026-04-02 10:00:00"):
            deal.sudo().lead_id.message_post(body="They called.", message_type="comment")
            deals._job_stale(10)
        self.assertFalse(deal.stale_on)

    def test_won_and_reopened_gets_its_own_length_back(self):
        with freeze_time("2026-03-01 10:00:00"):
            deal = self._registered()
        lead = deal.sudo().lead_id
        with freeze_time("2026-03-11 10:00:00"):
            lead.action_set_won()
            self.assertEqual(str(deal.protected_until), "2026-09-06")
        stage = self.env["crm.stage"].search([("is_won", "=", False)], limit=1)
        with freeze_time("2026-03-12 10:00:00"):
            lead.stage_id = stage
        self.assertEqual(deal.state, "approved")
        self.assertEqual(str(deal.protected_until), "2026-05-29")

    def test_lost_and_reopened_gets_its_own_length_back(self):
        with freeze_time("2026-03-01 10:00:00"):
            deal = self._registered()
        self._benefit("protection_days", 10)
        lead = deal.sudo().lead_id
        with freeze_time("2026-03-11 10:00:00"):
            lead.action_set_lost()
        with freeze_time("2026-03-12 10:00:00"):
            lead.action_unarchive()
        self.assertEqual(str(deal.protected_until), "2026-05-29")

    def test_the_protection_of_a_won_deal_ends_when_it_is_invoiced(self):
        deal = self._registered()
        lead = deal.sudo().lead_id
        lead.action_set_won()
        order = self.env["sale.order"].create(
            {
                "partner_id": deal.customer_id.id,
                "opportunity_id": lead.id,
                "order_line": [
                    (
                        0,
                        0,
                        {
                            "product_id": self.env["product.product"]
                            .create({"name": "Thing", "invoice_policy": "order"})
                            .id,
                            "price_unit": 5,
                        },
                    )
                ],
            }
        )
        order.action_confirm()
        self.env["prm.deal"]._job_invoiced(10)
        self.assertTrue(deal.is_protected)
        order._create_invoices().action_post()
        self.assertEqual(order.invoice_status, "invoiced")
        self.env["prm.deal"]._job_invoiced(10)
        self.assertFalse(deal.is_protected)
        self.assertEqual(deal.state, "won")


@tagged("post_install", "-at_install")
class TestProtectedOpportunity(LifeCommon):
    def setUp(self):
        super().setUp()
        self.deal = self._registered()
        self.lead = self.deal.sudo().lead_id

    def test_another_partner_needs_a_manager_and_a_reason(self):
        with self.assertRaisesRegex(UserError, "Reassign"):
            self.lead.with_user(self.sales_user).sudo().partner_assigned_id = self.beta
        sales = self.lead.with_user(self.sales_user)
        self.lead.user_id = self.sales_user
        with self.assertRaises(AccessError):
            sales.action_prm_reassign(self.beta.id, "They asked.")
        manager = self.users["manager"]
        manager.group_ids += self.env.ref("sales_team.group_sale_manager")
        with self.assertRaisesRegex(UserError, "Write why"):
            self.lead.with_user(manager).action_prm_reassign(self.beta.id, " ")
        self.lead.with_user(manager).action_prm_reassign(self.beta.id, "They asked.")
        self.assertEqual(self.lead.partner_assigned_id, self.beta)
        self.assertIn("They asked.", self.lead.message_ids[0].body)
        self.assertEqual((self.deal.state, self.deal.is_protected), ("expired", False))
        self.assertFalse(self.deal.lead_id)
        self.assertEqual(self._registered(self.beta).state, "approved")

    def test_the_partner_may_give_it_up(self):
        self.lead.with_user(self.alpha_user).partner_desinterested(comment="No.", contacted=False)
        self.assertEqual((self.deal.state, self.deal.is_protected), ("expired", False))

    def test_who_does_not_sell_for_the_partner_gives_nothing_up(self):
        member = self.env["prm.member"].search([("user_id", "=", self.alpha_user.id)])
        member.role_sales = False
        lead = self.lead.with_user(self.alpha_user)
        with self.assertRaisesRegex(UserError, "protects"):
            lead.partner_desinterested(comment="No.", contacted=False)
        self.assertEqual((self.deal.state, self.deal.is_protected), ("approved", True))

    def test_deals_of_different_partners_are_not_merged(self):
        other = self._registered(self.beta, customer_vat=False, customer_domain="other.example")
        leads = self.lead | other.sudo().lead_id
        with self.assertRaisesRegex(UserError, "different partners"), self.env.cr.savepoint():
            leads.merge_opportunity()
        other.sudo().lead_id.action_set_lost()
        kept = leads.merge_opportunity()
        self.assertEqual(self.deal.lead_id, kept)
        self.assertEqual(kept.partner_assigned_id, self.alpha)
        self.assertEqual((other.state, other.lead_id.id), ("lost", False))
        follows = {"pending": "approved", "lost": "lost"}[kept.won_status]
        self.assertEqual(self.deal.state, follows)

    def test_a_registered_opportunity_is_not_deleted(self):
        with self.assertRaisesRegex(UserError, self.deal.name):
            self.lead.unlink()
