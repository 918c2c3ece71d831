"""The customer of an approved deal: found by whatever names it for sure, else created."""

from odoo.tests import tagged

from .common import VAT
from .test_deal_matches import MatchCommon


@tagged("post_install", "-at_install")
class TestDealCustomer(MatchCommon):
    def approved(self, **vals):
        deal = self.submitted(**vals)
        deal.with_user(self.other_channel).action_approve()
        return deal

    def test_found_by_each_key(self):
        for name, known, typed in (
            (
                "address",
                {"email": "desk@veltona.example"},
                {"customer_email": "Desk@veltona.example"},
            ),
            (
                "website",
                {"website": "https://ostra.example/en"},
                {"customer_domain": "ostra.example"},
            ),
            (
                "domain of the address",
                {"email": "a@brux.example"},
                {"customer_domain": "brux.example"},
            ),
            (
                "phone and name",
                {"phone": "+32 2 555 99 88"},
                {"customer_phone": "+3225559988", "customer_name": "phone and name"},
            ),
        ):
            with self.subTest(name):
                company = self.known(name, country_id=self.belgium.id, **known)
                typed.setdefault("customer_domain", f"{len(name)}.example")
                deal = self.approved(customer_country_id=self.belgium.id, **typed)
                self.assertEqual(deal.customer_id, company)
                self.assertEqual(deal.protection_ids.customer_id, company)

    def test_the_person_with_the_address_stands_for_the_company(self):
        company = self.known("Veltona")
        self.env["res.partner"].create(
            {"name": "Ann", "parent_id": company.id, "email": "ann@veltona.example"}
        )
        self.see()
        deal = self.approved(customer_email="ann@veltona.example", customer_domain="other.example")
        self.assertEqual(deal.customer_id, company)

    def test_entered_a_moment_before_the_approval(self):
        """What waits for the background work is found all the same."""
        deal = self.submitted(customer_domain="veltona.example")
        company = self.env["res.partner"].create(
            {"name": "Just Entered", "is_company": True, "website": "https://www.veltona.example"}
        )
        self.env.flush_all()
        self.env.cr.precommit.run()
        deal.with_user(self.other_channel).action_approve()
        self.assertEqual(deal.customer_id, company)

    def test_another_vat_number_is_another_company(self):
        company = self.known(
            "Veltona", vat="BE0403170701", website="veltona.example", country_id=self.belgium.id
        )
        deal = self.approved(customer_vat=VAT, customer_domain="veltona.example")
        self.assertNotEqual(deal.customer_id, company)
        self.assertEqual(deal.customer_id.vat, VAT)

    def test_below_a_conflict_nobody_is_linked(self):
        company = self.known("Veltona", website="veltona.example")
        deal = self.approved(customer_domain="shop.veltona.example")
        self.assertEqual(deal.conflict_score, 0)
        self.assertNotEqual(deal.customer_id, company, "a part of a website weighs 75")

    def test_of_two_the_surest_then_the_oldest(self):
        older, newer = (self.known(f"Twin {n}", website="veltona.example") for n in (1, 2))
        deal = self.approved(customer_domain="veltona.example")
        self.assertEqual(deal.customer_id, older)
        newer.email = "desk@veltona.example"
        self.see()
        deal = self.approved(customer_domain="veltona.example", customer_email=newer.email)
        self.assertEqual(deal.customer_id, older, "the customer of an earlier deal goes first")

    def test_the_partners_own_address_names_nobody(self):
        """A partner who types its own address has not registered itself, nor all its deals."""
        self.alpha.website = "https://alpha.example"
        first = self.approved(
            customer_domain="one.example", customer_email="desk@alpha.example", customer_name="One"
        )
        second = self.approved(
            customer_domain="two.example", customer_email="desk@alpha.example", customer_name="Two"
        )
        self.assertNotEqual(first.customer_id, second.customer_id)
        self.assertEqual(second.verdict, "clear")

    def test_deals_approved_together_share_what_they_create(self):
        deals = self.submitted(customer_domain="one.example", customer_email="desk@new.example")
        deals |= self.submitted(customer_domain="two.example", customer_email="desk@new.example")
        deals |= self.submitted(customer_domain="one.example", customer_vat=VAT)
        deals.with_user(self.other_channel).action_approve()
        self.assertEqual(len(deals.customer_id), 1)
        self.assertEqual(len(deals.protection_ids.customer_id), 1)
