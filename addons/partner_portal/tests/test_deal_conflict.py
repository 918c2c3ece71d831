from psycopg2.errors import ExclusionViolation

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import VAT, DealCommon


@tagged("post_install", "-at_install")
class TestDealConflict(DealCommon):
    def _race(self, **vals):
        """Return two submitted deals of rivals for one customer, the first and the second."""
        vals = vals or {"customer_vat": VAT}
        first = self._deal(submit=True, **vals)
        second = self._deal(self.beta, submit=True, customer_name="Acme Corp", **vals)
        return first, second

    def test_the_second_waits_and_staff_see_why(self):
        first, second = self._race()
        self.assertEqual(second.state, "in_review")
        self.assertEqual(second.verdict, "other_partner")
        self.assertEqual(second.competing_deal_ids, first)
        self.assertIn(first.name, second.verdict_text)
        self.assertIn("earlier", second.verdict_text)
        self.assertEqual(first.verdict, "other_partner")
        self.assertIn("later", first.verdict_text)

    def test_the_second_is_not_approved_before_the_first_is_decided(self):
        first, second = self._race()
        with self.assertRaisesRegex(
            UserError, f"{second.name} can't be approved yet: {first.name}"
        ):
            second.action_approve()
        with self.assertRaisesRegex(UserError, first.name):
            (first | second).action_approve()
        self.assertEqual((first | second).mapped("state"), ["in_review", "in_review"])

    def test_approving_the_first_refuses_the_second_in_neutral_words(self):
        first, second = self._race()
        first.action_approve()
        self.assertEqual(second.state, "rejected")
        self.assertFalse(second.decided_by)
        self.assertFalse(second.activity_ids)
        for secret in ("Alpha", "registered by", first.name, "partner"):
            self.assertNotIn(secret, second.reject_reason)
        self.assertIn(first.name, second.reject_note)

    def test_refusing_the_first_frees_the_second(self):
        first, second = self._race()
        first.action_reject("No.")
        self.assertEqual(second.verdict, "clear")
        second.action_approve()
        self.assertEqual(second.state, "approved")

    def test_a_later_submission_is_refused_at_once(self):
        self._race()[0].action_approve()
        late = self._deal(self.beta, submit=True, customer_vat=VAT)
        self.assertEqual(late.state, "rejected")
        manual = self.env.ref("partner_portal.prm_deal_reason_unavailable").name
        self.assertEqual(late.reject_reason, manual, "as a person would say it")

    def test_every_strong_key_meets(self):
        customer = self.env["res.partner"].create({"name": "Acme", "is_company": True})
        branch = self.env["res.partner"].create({"name": "Branch", "parent_id": customer.id})
        pairs = (
            ({"customer_vat": VAT}, {"customer_vat": "be 0477 472 701"}),
            (
                {"customer_domain": "acme.example"},
                {"customer_domain": "https://www.ACME.example/x"},
            ),
            ({"customer_id": customer.id}, {"customer_id": branch.id}),
        )
        for ours, theirs in pairs:
            with self.subTest(theirs), self.env.cr.savepoint() as savepoint:
                first = self._deal(submit=True, **ours)
                second = self._deal(self.beta, submit=True, **theirs)
                self.assertEqual(second.competing_deal_ids, first)
                first.action_approve()
                self.assertEqual(second.state, "rejected")
                savepoint.rollback()
            self.env.invalidate_all()

    def test_a_country_is_part_of_a_vat_number(self):
        codes = {"customer_country_id": self.env.ref("base.be").id}
        first, second = self._race(customer_vat="0477472701", **codes)
        self.assertEqual(second.competing_deal_ids, first)
        elsewhere = self._deal(
            self.beta,
            submit=True,
            customer_vat="0477472701",
            customer_country_id=self.env.ref("base.nl").id,
        )
        self.assertFalse(elsewhere.competing_deal_ids)

    def test_other_companies_registrations_do_not_meet(self):
        other = self.env["res.company"].create({"name": "Other"})
        first = self._deal(submit=True, customer_vat=VAT)
        second = self._deal(self.beta, submit=True, customer_vat=VAT, company_id=other.id)
        self.assertFalse(second.sudo().competing_deal_ids)
        first.action_approve()
        self.assertEqual(second.sudo().state, "in_review")

    def test_one_partner_may_register_a_customer_twice(self):
        first = self._deal(submit=True, customer_vat=VAT)
        second = self._deal(submit=True, customer_vat=VAT)
        self.assertEqual(second.verdict, "same_partner")
        (first | second).action_approve()
        self.assertEqual((first | second).mapped("state"), ["approved", "approved"])

    def test_existing_customer_is_told_to_staff(self):
        self.env["res.partner"].create(
            {"name": "Known", "is_company": True, "vat": VAT, "customer_rank": 1}
        )
        deal = self._deal(submit=True, customer_vat=VAT)
        self.assertEqual(deal.verdict, "existing_customer")
        self.assertTrue(deal.verdict_text)

    def test_correcting_the_customer_checks_again(self):
        first = self._deal(submit=True, customer_vat=VAT)
        second = self._deal(
            self.beta, submit=True, customer_name="Zenith", customer_domain="other.example"
        )
        self.assertEqual(second.verdict, "clear")
        second.customer_vat = VAT
        self.assertEqual(second.verdict, "other_partner")
        self.assertEqual(first.verdict, "other_partner")
        second.customer_vat = False
        self.assertEqual((first | second).mapped("verdict"), ["clear", "clear"])

    def test_the_database_refuses_a_second_protection(self):
        first, second = self._race()
        first.action_approve()
        second.sudo().write({"customer_id": first.customer_id.id, "decided_on": first.decided_on})
        violation = self.assertRaises(ExclusionViolation)
        with violation, mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            second.sudo()._protect()
