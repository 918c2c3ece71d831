from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.prm_deal import PROTECTED
from .common import VAT, DealCommon


@tagged("post_install", "-at_install")
class TestDealGuards(DealCommon):
    def _create(self, **vals):
        base = {"partner_id": self.alpha.id, "customer_name": "Acme"}
        return self.env["prm.deal"].with_user(self.channel).create({**base, **vals})

    def test_no_protected_field_is_written_or_created(self):
        deal = self._create()
        for name in sorted(PROTECTED):
            with self.subTest(name):
                with self.assertRaisesRegex(AccessError, name):
                    deal.write({name: "approved"})
                with self.assertRaisesRegex(AccessError, name):
                    self._create(**{name: "approved"})

    def test_context_keys_open_nothing(self):
        first = self._deal(submit=True, customer_vat=VAT)
        second = self._deal(self.beta, submit=True, customer_domain="other.example")
        second.with_context(prm_claiming=True).write({"customer_vat": VAT})
        self.assertEqual(second.competing_deal_ids, first)
        with self.assertRaises(AccessError):
            second.with_context(prm_claiming=True).write({"state": "approved"})

    def test_sources(self):
        self.assertEqual(self._create().source, "staff")
        self.assertEqual(self._create(source="api").source, "api")
        for source in ("portal", "import"):
            with self.assertRaises(UserError):
                self._create(source=source)
        with self.assertRaises(UserError):
            self._create().source = "portal"

    def test_partner_of_a_submitted_deal_stays(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        with self.assertRaisesRegex(UserError, deal.name):
            deal.partner_id = self.beta

    def test_customer_of_a_decided_deal_stays(self):
        for decide in ("action_approve", "action_reject"):
            deal = self._deal(submit=True, customer_domain=f"{decide.replace('_', '-')}.example")
            getattr(deal, decide)(*(["No."] if decide == "action_reject" else []))
            for name in ("customer_vat", "customer_domain", "customer_name"):
                with self.assertRaisesRegex(UserError, deal.name):
                    deal[name] = "BE0403170701"
            deal.amount = 5

    def test_only_drafts_are_deleted(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        with self.assertRaisesRegex(UserError, f"Refuse these.*{deal.name}"):
            deal.unlink()
        deal.action_approve()
        with self.assertRaisesRegex(UserError, f"decided.*{deal.name}"):
            deal.unlink()
        self._create().unlink()

    def test_a_vat_number_needs_its_country(self):
        deal = self._deal(customer_vat="0477472701", customer_domain="acme.example")
        with self.assertRaisesRegex(UserError, "country prefix"):
            deal.action_submit()
        deal.customer_country_id = self.env.ref("base.be")
        deal.action_submit()
        self.assertEqual(deal.vat_key, VAT)

    def test_a_vat_number_does_not_contradict_its_country(self):
        deal = self._deal(customer_vat=VAT, customer_country_id=self.env.ref("base.fr").id)
        with self.assertRaisesRegex(UserError, f"{VAT} is not of France"):
            deal.action_submit()
        deal.customer_country_id = self.env.ref("base.be")
        deal.action_submit()
        self.assertEqual(deal.state, "in_review")

    def test_a_submitted_deal_keeps_what_names_its_customer(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        with self.assertRaisesRegex(UserError, f"{deal.name}.*VAT number or website"):
            deal.customer_vat = False

    def test_no_approval_without_what_names_the_customer(self):
        customer = self.env["res.partner"].create({"name": "Acme", "is_company": True})
        deal = self._deal(submit=True, customer_id=customer.id)
        customer.unlink()
        deal.invalidate_recordset()
        self.assertFalse(deal.customer_id)
        with self.assertRaisesRegex(UserError, f"{deal.name}.*VAT number or website"):
            deal.action_approve()

    def test_partner_is_a_company_not_its_contact(self):
        with self.assertRaisesRegex(ValidationError, "company itself"):
            self._create(partner_id=self.alpha_user.partner_id.id)

    def test_contact_is_the_partners_own(self):
        with self.assertRaisesRegex(ValidationError, "belong to the partner"):
            self._create(contact_id=self.beta_user.partner_id.id)
        self._create(contact_id=self.alpha_user.partner_id.id)

    def test_wrong_values(self):
        cases = (
            {"customer_name": "  "},
            {"customer_name": "x" * 201},
            {"customer_vat": "unknown"},
            {"customer_vat": "1" * 41},
            {"customer_domain": "not a domain"},
            {"customer_domain": "someone@gmail.com"},
            {"description": "x" * 5001},
            {"amount": float("nan")},
            {"amount": float("inf")},
        )
        for vals in cases:
            with self.subTest(vals), self.assertRaises(ValidationError), self.env.cr.savepoint():
                self._create(**vals)

    @mute_logger("odoo.sql_db")
    def test_amount_limits_live_in_the_database(self):
        for amount in (-0.01, 1e12 + 1):
            with self.subTest(amount), self.assertRaises(CheckViolation) as caught:
                self._create(amount=amount).flush_recordset()
            self.assertIn("amount_range", str(caught.exception))

    def test_control_characters_are_dropped(self):
        deal = self._create(customer_name="Ac\0me\nLtd", description="one\x00\ntwo")
        self.assertEqual((deal.customer_name, deal.description), ("Acme Ltd", "one\ntwo"))

    def test_empty_sets(self):
        empty = self.env["prm.deal"].with_user(self.channel)
        self.assertTrue(empty.action_submit())
        self.assertTrue(empty.action_approve())
        self.assertTrue(empty.action_reject("No."))
        self.assertFalse(empty.create([]))
