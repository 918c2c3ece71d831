"""Who approves which deals."""

from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import VAT, LifeCommon


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

    def test_what_speaks_against_it_is_for_staff(self):
        """A partner submits: an error would tell of the rival, and refuse the registration."""
        self._rule(approve_at_once=True)
        refused = UserError("Beta Partner has registered this customer.")
        with patch.object(type(self.env["prm.deal"]), "_check_first_in_queue", side_effect=refused):
            deal = self._deal(submit=True, customer_vat=VAT)
        self.assertEqual(deal.state, "in_review")
        self.assertTrue(deal.activity_ids, "a person decides")
        self.assertIn("Beta Partner", "".join(deal.message_ids.mapped("body")))

    def test_no_context_keeps_the_approvals_of_what_changed(self):
        self._rule(approvals=2)
        deal = self._deal(submit=True, customer_vat=VAT).with_user(self.channel)
        deal.action_approve()
        self.assertEqual(len(deal.approval_ids), 1)
        deal.with_context(prm_claiming=True).write({"amount": 5_000_000})
        self.assertFalse(deal.approval_ids)

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

    def test_borrowed_labels_are_in_the_readers_language(self):
        """The report and the rules take their values from deals, with their translations."""
        self.env["res.lang"]._activate_lang("vi_VN")
        self.env["ir.module.module"]._load_module_terms(["partner_portal"], ["vi_VN"])
        deals = self.env["prm.deal"].with_context(lang="vi_VN")
        wanted = deals.fields_get(["state", "verdict", "source"], ["selection"])
        self.assertNotEqual(wanted, self.env["prm.deal"].fields_get(list(wanted), ["selection"]))
        report = deals.env["prm.deal.report"].fields_get(list(wanted), ["selection"])
        self.assertEqual(report, wanted)
        rule = deals.env["prm.deal.rule"].fields_get(["verdict"], ["selection"])
        self.assertEqual(rule["verdict"], wanted["verdict"])
