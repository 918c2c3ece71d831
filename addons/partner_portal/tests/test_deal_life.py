from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import VAT, DealCommon

FRIDAY = "2026-03-06 14:00:00"
MONDAY = "2026-03-09 14:00:00"


class LifeCommon(DealCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "UTC"
        cls.company.resource_calendar_id.tz = "UTC"
        cls.program = cls.env["prm.program"].create({"name": "Resellers"})
        cls.env["prm.enrollment"].create(
            {
                "partner_id": cls.alpha.id,
                "program_id": cls.program.id,
                "grade_id": cls.grade.id,
                "state": "active",
            }
        )
        # what is recorded about the enrollment is of today, the tests are on other days
        cls.env.cr.precommit.run()

    def _benefit(self, code, value):
        kind = self.env.ref(f"relationship_crm.prm_benefit_kind_{code}")
        self.env["prm.benefit"].create(
            {"grade_id": self.grade.id, "kind_id": kind.id, "value": value}
        )

    def _registered(self, partner=None, **vals):
        deal = self._deal(partner, submit=True, **{"customer_vat": VAT, **vals})
        deal.action_approve()
        return deal

    def _at(self, moment):
        return fields.Datetime.to_datetime(moment)


@tagged("post_install", "-at_install")
class TestDealClock(LifeCommon):
    def test_due_by_the_same_hour_of_the_next_working_day(self):
        with freeze_time(FRIDAY):
            deal = self._deal(submit=True, customer_vat=VAT)
        self.assertEqual(deal.decision_due, self._at(MONDAY))

    def test_it_runs_in_working_hours_only(self):
        """Whenever a deal comes in, its decision takes eight hours of work."""
        for submitted, due in (
            ("2026-03-09 07:00:00", "2026-03-09 17:00:00"),  # before work on Monday
            ("2026-03-09 12:30:00", "2026-03-10 12:00:00"),  # over lunch
            ("2026-03-06 19:00:00", "2026-03-09 17:00:00"),  # after work on Friday
            ("2026-03-07 11:00:00", "2026-03-09 17:00:00"),  # on Saturday
        ):
            self.assertEqual(self._due(submitted), self._at(due), submitted)

    def _due(self, submitted):
        return self.env["prm.deal"]._decision_due(self.company, self._at(submitted))

    def test_a_day_without_work_does_not_count(self):
        """A public holiday of the company counts, that of another doesn't."""
        other = self.env["res.company"].create({"name": "Other"})
        holiday = {
            "name": "Holiday",
            "calendar_id": False,
            "date_from": "2026-03-09 00:00:00",
            "date_to": "2026-03-09 23:59:59",
        }
        leaves = self.env["resource.calendar.leaves"]
        leaves.create({**holiday, "company_id": other.id})
        self.assertEqual(self._due(FRIDAY), self._at(MONDAY))
        leaves.create({**holiday, "company_id": self.company.id})
        self.assertEqual(self._due(FRIDAY), self._at("2026-03-10 14:00:00"))
        leaves.create({**holiday, "company_id": self.company.id, "date_to": "2026-04-09 23:59:59"})
        self.assertEqual(self._due(FRIDAY), self._at("2026-04-10 14:00:00"), "a month later")

    def test_hours_are_those_where_the_company_works(self):
        """Eight o'clock is eight in the calendar's zone, also where the clock was changed."""
        calendar = self.company.resource_calendar_id
        calendar.tz = "Asia/Ho_Chi_Minh"  # seven hours ahead: work from 1 to 10 UTC
        self.assertEqual(self._due("2026-03-06 07:00:00"), self._at("2026-03-09 07:00:00"))
        calendar.tz = "Europe/Brussels"  # summer time begins on Sunday, 29 March
        self.assertEqual(self._due("2026-03-27 13:00:00"), self._at("2026-03-30 12:00:00"))

    def test_a_working_day_is_as_long_as_the_calendar_says(self):
        calendar = self.company.resource_calendar_id
        calendar.attendance_ids.filtered(lambda one: one.day_period != "morning").unlink()
        self.assertEqual(calendar.hours_per_day, 4)
        self.assertEqual(self._due("2026-03-06 10:00:00"), self._at("2026-03-09 10:00:00"))
        self.company.resource_calendar_id = False
        self.assertEqual(self._due(FRIDAY), self._at("2026-03-07 14:00:00"), "around the clock")

    def test_the_clock_stops_while_we_wait_for_the_partner(self):
        with freeze_time(FRIDAY):
            deal = self._deal(submit=True, customer_vat=VAT)
        with freeze_time("2026-03-06 20:00:00"):
            deal.action_ask_info("Which products?")
            self.assertEqual((deal.state, deal.decision_due), ("info_needed", False))
            self.assertEqual(deal.clock_left, 5)
            self.assertEqual(deal.info_until, self._at("2026-03-13 20:00:00"))
            told = self.env["prm.deal"].with_user(self.alpha_user)._portal_read(deal.id)["clock"]
            self.assertEqual((told["decide_until"], told["hours_left"]), ("", "05:00"))
        self.assertFalse(deal.activity_ids)
        with freeze_time("2026-03-10 09:00:00"):
            self.assertFalse(deal.is_late)
            deal.action_back_to_review()
        self.assertEqual(deal.decision_due, self._at("2026-03-10 15:00:00"))
        self.assertTrue(deal.activity_ids)

    def test_a_late_decision_is_late_at_once_after_the_answer(self):
        """Nothing is won by a question when the time is over."""
        with freeze_time(FRIDAY):
            deal = self._deal(submit=True, customer_vat=VAT)
        with freeze_time("2026-03-09 15:00:00"):
            deal.action_ask_info("Which products?")
            self.assertEqual(deal.clock_left, 0)
        with freeze_time("2026-03-14 15:00:00"):
            deal.action_back_to_review()
        with freeze_time("2026-03-14 15:00:01"):
            deal.invalidate_recordset()
            self.assertTrue(deal.is_late)

    def test_a_question_without_an_answer_lapses_and_frees_the_next(self):
        with freeze_time(FRIDAY):
            first = self._deal(submit=True, customer_vat=VAT)
            second = self._deal(self.beta, submit=True, customer_vat=VAT)
            first.action_ask_info("Which products?")
        deals = self.env["prm.deal"]
        with freeze_time("2026-03-13 13:00:00"):
            deals._job_lapse(10)
            with self.assertRaisesRegex(UserError, first.name):
                second.action_approve()
        with freeze_time("2026-03-13 15:00:00"):
            self.assertEqual(deals._job_lapse(10), 0)
            self.assertEqual(first.state, "withdrawn")
            self.assertIn("first for its customer", second.message_ids[0].body)
            self.assertEqual(second.verdict, "clear")
            second.action_approve()
        self.assertEqual(second.state, "approved")
        subjects = self._mails(first).mapped("subject")
        self.assertTrue(any("was withdrawn" in subject for subject in subjects), subjects)

    def test_a_late_decision_is_escalated_once_then_approved_where_allowed(self):
        deals = self.env["prm.deal"]
        manager = self.users["manager"]
        self.program.user_id = manager
        with freeze_time(FRIDAY):
            deal = self._deal(submit=True, customer_vat=VAT)
        with freeze_time("2026-03-09 13:00:00"):
            deals._job_escalate(10)
            self.assertFalse(deal.escalated_on)
        with freeze_time("2026-03-09 15:00:00"):
            self.assertIn(deal, deals.search([("is_late", "=", True)]))
            deals._job_escalate(10)
            self.assertTrue(deal.escalated_on)
            self.assertIn(manager, deal.activity_ids.user_id)
            count = len(deal.activity_ids)
            deals._job_escalate(10)
            self.assertEqual(len(deal.activity_ids), count)
        with freeze_time("2026-03-10 16:00:00"):
            deals._job_approve_late(10)
            self.assertEqual(deal.state, "in_review", "the program does not say so")
            self.program.deal_auto_approve = True
            deals._job_approve_late(10)
        self.assertEqual((deal.state, deal.decided_by.id), ("approved", False))

    def test_never_approved_by_itself_when_another_partner_asks_too(self):
        self.program.deal_auto_approve = True
        deals = self.env["prm.deal"]
        with freeze_time(FRIDAY):
            deal = self._deal(submit=True, customer_vat=VAT)
            self._deal(self.beta, submit=True, customer_vat=VAT)
        with freeze_time("2026-03-09 15:00:00"):
            deals._job_escalate(10)
        with freeze_time("2026-03-20 15:00:00"):
            deals._job_approve_late(10)
        self.assertEqual(deal.state, "in_review")


@tagged("post_install", "-at_install")
class TestDealRules(LifeCommon):
    def _rule(self, **vals):
        return self.env["prm.deal.rule"].create({"name": "Rule", **vals})

    def test_large_deals_need_a_manager(self):
        self._rule(
            name="Large",
            amount_from=1000,
            group_id=self.env.ref("relationship_crm.group_manager").id,
        )
        small = self._registered(amount=999)
        self.assertEqual(small.state, "approved")
        large = self._deal(submit=True, customer_domain="large.example", amount=1000)
        self.assertEqual(large.rule_id.name, "Large")
        with self.assertRaisesRegex(UserError, "Large"):
            large.action_approve()
        large.with_user(self.users["manager"]).action_approve()
        self.assertEqual(large.state, "approved")

    def test_amounts_are_compared_in_the_companys_currency(self):
        currency = self.env["res.currency"].create({"name": "XTS", "symbol": "x"})
        self.env["res.currency.rate"].create(
            {"currency_id": currency.id, "rate": 4.0, "name": "2020-01-01"}
        )
        rule = self._rule(amount_from=1000)
        deal = self._deal(submit=True, customer_vat=VAT, amount=3999, currency_id=currency.id)
        self.assertFalse(deal.rule_id)
        deal.amount = 4000
        self.assertEqual(deal.rule_id, rule)

    def test_two_approvals_by_two_people(self):
        self._rule(approvals=2)
        deal = self._deal(submit=True, customer_vat=VAT)
        deal.action_approve()
        self.assertEqual((deal.state, deal.approvals_missing), ("in_review", 1))
        self.assertNotEqual(deal.activity_ids.user_id, self.channel)
        with self.assertRaisesRegex(UserError, "already"):
            deal.action_approve()
        deal.with_user(self.other_channel).action_approve()
        self.assertEqual(deal.state, "approved")
        self.assertEqual(deal.approval_ids.user_id, self.channel | self.other_channel)

    def test_a_change_asks_for_new_approvals(self):
        self._rule(approvals=2)
        deal = self._deal(submit=True, customer_vat=VAT, amount=10)
        deal.action_approve()
        deal.amount = 10000
        self.assertFalse(deal.approval_ids)

    def test_delegates_approve_until_their_day(self):
        rule = self._rule(
            group_id=self.env.ref("relationship_crm.group_manager").id,
            delegate_ids=[(6, 0, self.channel.ids)],
            delegate_until="2026-03-06",
        )
        with freeze_time("2026-03-07 12:00:00"):
            deal = self._deal(submit=True, customer_vat=VAT)
            with self.assertRaises(UserError):
                deal.action_approve()
        with freeze_time("2026-03-06 12:00:00"):
            deal.action_approve()
        self.assertEqual(deal.approval_ids.rule_id, rule)

    def test_a_rule_names_people_who_can_decide(self):
        with self.assertRaises(UserError):
            self._rule(group_id=self.env.ref("base.group_user").id)
        with self.assertRaises(UserError):
            self._rule(delegate_ids=[(6, 0, self.sales_user.ids)])

    def test_approved_at_once_only_when_clear(self):
        self._rule(approve_at_once=True)
        deal = self._deal(submit=True, customer_vat=VAT)
        self.assertEqual((deal.state, deal.decided_by.id), ("approved", False))
        self.assertFalse(deal.activity_ids)
        again = self._deal(submit=True, customer_vat=VAT)
        self.assertEqual((again.verdict, again.state), ("same_partner", "in_review"))

    def test_a_rule_reads_the_verdict_of_today(self):
        self._rule(
            name="Known",
            verdict="existing_customer",
            group_id=self.env.ref("relationship_crm.group_manager").id,
        )
        customer = self.env["res.partner"].create(
            {"name": "Acme", "is_company": True, "vat": VAT, "customer_rank": 0}
        )
        deal = self._deal(submit=True, customer_vat=VAT)
        self.assertEqual(deal.verdict, "clear")
        order = self.env["sale.order"].create(
            {
                "partner_id": customer.id,
                "order_line": [
                    (
                        0,
                        0,
                        {
                            "product_id": self.env["product.product"].create({"name": "Thing"}).id,
                            "price_unit": 5,
                        },
                    )
                ],
            }
        )
        order.action_confirm()
        self._invoice(order)
        with self.assertRaisesRegex(UserError, "Known"):
            deal.action_approve()

    def _invoice(self, order):
        """Let the order's customer have been invoiced, whatever the invoicing policy."""
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": order.partner_id.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [
                    (0, 0, {"product_id": order.order_line.product_id.id, "price_unit": 5})
                ],
            }
        )
        invoice.action_post()

    def test_what_a_rule_is_about(self):
        tier = self.env["res.partner.grade"].create({"name": "Other"})
        belgium = self.env.ref("base.be")
        cases = (
            ({"grade_ids": [(6, 0, tier.ids)]}, False),
            ({"grade_ids": [(6, 0, self.grade.ids)]}, True),
            ({"country_ids": [(6, 0, belgium.ids)]}, True),
            ({"country_ids": [(6, 0, self.env.ref("base.fr").ids)]}, False),
            ({"discount_from": 5}, True),
            ({"discount_from": 6}, False),
            ({"verdict": "clear"}, True),
            ({"verdict": "other_partner"}, False),
            ({"program_id": self.program.id}, True),
            ({"amount_to": 100}, False),
        )
        deal = self._deal(
            submit=True, customer_vat=VAT, customer_country_id=belgium.id, discount=5, amount=100
        )
        for vals, fits in cases:
            rule = self._rule(**vals)
            deal.invalidate_recordset()
            with self.subTest(vals):
                self.assertEqual(bool(deal.rule_id), fits)
            rule.unlink()


@tagged("post_install", "-at_install")
class TestDealLimits(LifeCommon):
    def test_live_deals_of_a_tier(self):
        self._benefit("live_deal_cap", 2)
        first = self._registered()
        self._deal(submit=True, customer_domain="two.example")
        third = self._deal(customer_domain="three.example")
        with self.assertRaisesRegex(UserError, "gives 2 live deals"):
            third.action_submit()
        first.sudo().lead_id.action_set_lost()
        third.action_submit()
        self.assertEqual(third.state, "in_review")
        for number in range(3):
            self._deal(self.beta, submit=True, customer_domain=f"free{number}.example")

    def test_submissions_a_day_refused_ones_included(self):
        self.program.deal_daily_limit = 2
        with freeze_time(FRIDAY):
            self._registered(self.beta)
            probe = self._deal(submit=True, customer_vat=VAT)
            self._deal(submit=True, customer_domain="two.example")
            third = self._deal(customer_domain="three.example")
            with self.assertRaisesRegex(UserError, "At most 2"):
                third.action_submit()
        self.assertEqual(probe.state, "rejected")
        with freeze_time(MONDAY):
            third.action_submit()
        self.assertEqual(third.state, "in_review")

    def test_tries_again(self):
        self.program.deal_resubmit_limit = 1
        for _try in range(2):
            self._deal(submit=True, customer_vat=VAT).action_reject("No.")
        third = self._deal(customer_vat=VAT)
        with self.assertRaisesRegex(UserError, "2 times without success"):
            third.action_submit()
        other = self._deal(self.beta, submit=True, customer_vat=VAT)
        self.assertEqual(other.state, "in_review", "a limit of one partner is none of another")


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
