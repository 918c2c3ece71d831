"""The weighted conflict check: what is found in the base, how sure, and what follows from it."""

from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..models import prm_deal_limits
from .common import VAT, DealCommon

#: Queries of checking deals, by what has to be looked at; the same for one deal and for many.
CHECK = 21


class MatchCommon(DealCommon):
    """Companies in the base whose keys and names are up to date."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.belgium, cls.vietnam, cls.emirates = map(cls.env.ref, ("base.be", "base.vn", "base.ae"))
        cls.product = cls.env["product.product"].create({"name": "Pump", "list_price": 100})

    @classmethod
    def known(cls, name, **values):
        """Return a company in the base that background work has seen."""
        company = cls.env["res.partner"].create({"name": name, "is_company": True, **values})
        cls.see()
        return company

    @classmethod
    def see(cls):
        """Commit what waits for the commit, and do the background work on contacts."""
        cls.env.flush_all()
        cls.env.cr.precommit.run()
        while cls.env["relationship.identity"]._job_refresh(1000):
            pass

    @classmethod
    def lead(cls, **values):
        """Return an open opportunity of ours, seen like a company."""
        lead = cls.env["crm.lead"].create({"name": "Talks", "type": "opportunity", **values})
        cls.see()
        return lead

    @classmethod
    def order(cls, customer, confirm=True, **values):
        """Return a quotation to this customer, or the order that came of it."""
        line = {"product_id": cls.product.id, "product_uom_qty": 1}
        order = cls.env["sale.order"].create(
            {"partner_id": customer.id, "order_line": [(0, 0, line)], **values}
        )
        if confirm:
            order.action_confirm()
        return order

    def submitted(self, partner=None, **vals):
        """Return a submitted deal of a customer whose name says nothing, unless one is given."""
        vals = {"customer_name": "Qwxz", "customer_domain": "qwxz.example", **vals}
        return self._deal(partner or self.alpha, submit=True, **vals).sudo()

    def found(self, deal):
        """Return {(kind, document name): score} of a deal's matches."""
        return {(match.kind, match.name): match.score for match in deal.match_ids}


@tagged("post_install", "-at_install")
class TestDealWeights(MatchCommon):
    """Each thing in common weighs what it weighs, and they add up."""

    def test_weights_against_a_contact(self):
        company = self.known(
            "Veltona Pumps NV",
            vat=VAT,
            email="desk@veltona.example",
            phone="+32 2 555 12 34",
            website="https://shop.veltona.example",
            country_id=self.belgium.id,
        )
        nobody = {"customer_name": "Qwxz", "customer_domain": "qwxz.example"}
        cases = (
            ({"customer_vat": "be 0477 472 701"}, 100),
            ({"customer_email": "DESK@veltona.example"}, 100),  # its domain is in common, too
            ({"customer_domain": "shop.veltona.example"}, 80),
            ({"customer_domain": "veltona.example"}, 80),  # from there it writes
            ({"customer_domain": "www2.veltona.example"}, 75),
            ({"customer_phone": "02 555 12 34", "customer_country_id": self.belgium.id}, 60),
            ({"customer_name": "PUMPS VELTONA", "customer_country_id": self.belgium.id}, 55),
            ({"customer_name": "Veltona Pumpes Holt", "customer_country_id": self.belgium.id}, 0),
            ({"customer_name": "Veltona Pump X", "customer_country_id": self.belgium.id}, 55),
            ({"customer_name": "Veltona Pumps", "customer_country_id": self.vietnam.id}, 0),
        )
        for vals, score in cases:
            with self.subTest(vals), self.env.cr.savepoint() as savepoint:
                deal = self.submitted(**{**nobody, **vals})
                self.assertEqual(self.found(deal).get(("customer", company.name), 0), score)
                savepoint.rollback()
            self.env.invalidate_all()

    def test_weights_add_up(self):
        self.known(
            "Veltona Pumps NV", phone="+32 2 555 12 34", country_id=self.belgium.id, customer_rank=1
        )
        deal = self.submitted(
            customer_name="Veltona Pumps",
            customer_phone="+3225551234",
            customer_country_id=self.belgium.id,
        )
        [match] = deal.match_ids
        self.assertEqual((match.score, match.level), (100, "conflict"))
        self.assertEqual(
            [(reason["kind"], reason["weight"]) for reason in match.reasons],
            [("phone", 60), ("name", 55)],
        )
        self.assertIn("Veltona Pumps NV", match.reason_text)
        self.assertEqual((deal.verdict, deal.conflict_score), ("existing_customer", 100))
        self.assertIn("+3225551234", deal.verdict_text)

    def test_a_shared_key_says_nothing(self):
        for number in range(5):
            self.known(f"Tenant {number} of the House", phone="+32 2 555 00 00")
        deal = self.submitted(customer_phone="+32 2 555 00 00")
        self.assertFalse(deal.match_ids)

    def test_the_registering_partner_is_not_its_own_customer(self):
        self.alpha.phone = "+32 2 555 77 77"
        self.see()
        self.assertFalse(self.submitted(customer_phone="+32 2 555 77 77").match_ids)


@tagged("post_install", "-at_install")
class TestDealDocuments(MatchCommon):
    """Every business document about the customer is found, and gives the verdict."""

    def test_verdict_of_each_document(self):
        def company():
            return self.known("Veltona Pumps", website="veltona.example")

        def invoice(day):
            move = self.env["account.move"].create(
                {
                    "move_type": "out_invoice",
                    "partner_id": company().id,
                    "invoice_date": day,
                    "invoice_line_ids": [(0, 0, {"name": "Pump", "price_unit": 10})],
                }
            )
            move.action_post()

        today = fields.Date.today()
        cases = {
            "quotation": (lambda: self.order(company(), confirm=False), "direct"),
            "quotation of a rival": (
                lambda: self.order(company(), confirm=False, prm_partner_id=self.beta.id),
                "other_partner",
            ),
            "quotation of ours": (
                lambda: self.order(company(), confirm=False, prm_partner_id=self.alpha.id),
                "same_partner",
            ),
            "order": (lambda: self.order(company()), "existing_customer"),
            "order for it": (
                lambda: self.order(self.beta, prm_end_customer_id=company().id),
                "existing_customer",
            ),
            "invoice": (lambda: invoice(today), "existing_customer"),
            "old invoice": (lambda: invoice(fields.Date.subtract(today, months=25)), "clear"),
            "opportunity": (lambda: self.lead(partner_id=company().id), "direct"),
            "opportunity by website": (
                lambda: self.lead(partner_name="V", website="https://veltona.example/x"),
                "direct",
            ),
            "opportunity by e-mail": (
                lambda: self.lead(contact_name="V", email_from="ann@veltona.example"),
                "direct",
            ),
            "opportunity of a rival": (
                lambda: self.lead(partner_id=company().id, partner_assigned_id=self.beta.id),
                "other_partner",
            ),
            "opportunity of ours": (
                lambda: self.lead(partner_id=company().id, partner_assigned_id=self.alpha.id),
                "same_partner",
            ),
            "lost opportunity": (
                lambda: self.lead(partner_id=company().id).action_set_lost(),
                "clear",
            ),
            "nothing": (company, "clear"),
        }
        for name, (make, verdict) in cases.items():
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                make()
                deal = self.submitted(customer_domain="veltona.example")
                self.assertEqual(deal.verdict, verdict, deal.verdict_text)
                self.assertEqual(deal.conflict_level, "clear" if verdict == "clear" else "conflict")
                self.assertEqual(deal.state, "in_review")
                savepoint.rollback()
            self.env.invalidate_all()

    def test_opportunity_by_name_and_phone(self):
        lead = self.lead(
            partner_name="Veltona Pumps Ltd", phone="+32 2 555 12 34", country_id=self.belgium.id
        )
        by_name = self.submitted(
            customer_name="Pumps, Veltona", customer_country_id=self.belgium.id
        )
        self.assertEqual(self.found(by_name), {("opportunity", lead.name): 55})
        self.assertEqual((by_name.verdict, by_name.conflict_level), ("direct", "look"))
        both = self.submitted(
            customer_name="Veltona Pumps",
            customer_phone="+32 2 555 12 34",
            customer_domain="other.example",
            customer_country_id=self.belgium.id,
        )
        self.assertEqual(self.found(both)["opportunity", lead.name], 100)

    def test_opportunities_of_live_deals_are_not_found_twice(self):
        first = self.submitted(customer_vat=VAT)
        first.action_approve()
        second = self.submitted(self.beta, customer_vat=VAT, customer_domain="b.example")
        self.assertEqual(second.state, "rejected")
        third = self.submitted(customer_vat=VAT, customer_domain="c.example")
        self.assertNotIn("opportunity", third.match_ids.mapped("kind"))
        self.assertIn("protection", third.match_ids.mapped("kind"))

    def test_program_decides_about_existing_customers(self):
        program = self.env["prm.program"].create({"name": "Resell"})
        pumps, valves = self.env["product.category"].create([{"name": "Pumps"}, {"name": "Valves"}])
        child = self.env["product.category"].create({"name": "Big", "parent_id": pumps.id})
        self.product.categ_id = child
        company = self.known("Veltona Pumps", website="veltona.example", customer_rank=1)
        self.order(company)
        cases = (
            ("new_category", False, "existing_customer", "in_review"),
            ("new_category", pumps, "existing_customer", "in_review"),
            ("new_category", valves, "clear", "in_review"),
            ("allow", pumps, "clear", "in_review"),
            ("refuse", valves, None, "rejected"),
        )
        for rule, scope, verdict, state in cases:
            with self.subTest(rule, scope=scope), self.env.cr.savepoint() as savepoint:
                program.existing_customers = rule
                deal = self.submitted(
                    customer_domain="veltona.example",
                    program_id=program.id,
                    scope_ids=[(6, 0, scope.ids)] if scope else [],
                )
                self.assertEqual((deal.verdict or None, deal.state), (verdict, state))
                if state == "rejected":
                    manual = self.env.ref("partner_portal.prm_deal_reason_unavailable").name
                    self.assertEqual(deal.reject_reason, manual, "as a person would say it")
                savepoint.rollback()
            self.env.invalidate_all()

    def test_an_approval_checks_again(self):
        program = self.env["prm.program"].create({"name": "R", "existing_customers": "refuse"})
        deal = self.submitted(customer_domain="veltona.example", program_id=program.id)
        self.assertEqual(deal.verdict, "clear")
        company = self.known("Veltona", website="veltona.example")
        self.order(company)
        with self.assertRaisesRegex(UserError, "existing customers"):
            deal.with_user(self.other_channel).action_approve()
        program.existing_customers = "allow"
        deal.with_user(self.other_channel).action_approve()
        self.assertEqual(deal.state, "approved")


@tagged("post_install", "-at_install")
class TestDealRivals(MatchCommon):
    """Registrations meet by more than the same VAT number, in the order of submission."""

    def test_what_makes_a_conflict(self):
        """From 80 on the second waits behind the first; below a person looks, and may approve."""
        base = {
            "customer_name": "Veltona Pumps NV",
            "customer_domain": "shop.veltona.example",
            "customer_email": "desk@gmail.com",
            "customer_phone": "+32 2 555 12 34",
            "customer_country_id": self.belgium.id,
        }
        other = {"customer_name": "Qwxz", "customer_domain": "qwxz.example"}
        cases = (
            ({"customer_email": "Desk@GMAIL.com"}, 90),
            ({"customer_domain": "shop.veltona.example"}, 80),
            ({"customer_domain": "veltona.example"}, 75),
            ({"customer_domain": "mail.veltona.example", "customer_name": "Veltona Pump"}, 100),
            ({"customer_phone": "+3225551234"}, 60),
            ({"customer_phone": "+3225551234", "customer_name": "NV Pumps, Veltona"}, 100),
            ({"customer_name": "Pumps Veltona"}, 55),
        )
        for vals, score in cases:
            with self.subTest(vals), self.env.cr.savepoint() as savepoint:
                first = self.submitted(**base)
                second = self.submitted(
                    self.beta, **{**other, "customer_country_id": self.belgium.id, **vals}
                )
                self.assertEqual(self.found(second), {("registration", first.name): score})
                self.assertEqual(self.found(first), {("registration", second.name): score})
                self.assertEqual(second.verdict, "other_partner")
                self.assertTrue(second.match_ids.earlier)
                self.assertFalse(first.match_ids.earlier)
                queued = score >= 80
                self.assertEqual(second.competing_deal_ids, first if queued else second.browse())
                if queued:
                    with self.assertRaisesRegex(UserError, first.name):
                        second.with_user(self.other_channel).action_approve()
                first.with_user(self.other_channel).action_approve()
                self.assertEqual(second.state, "rejected" if queued else "in_review")
                savepoint.rollback()
            self.env.invalidate_all()

    def test_a_customer_known_by_other_facts(self):
        """The protection of a contact holds for whoever names it by what only the contact says."""
        company = self.known("Veltona", vat=VAT, email="desk@veltona.example")
        first = self.submitted(customer_vat=VAT)
        first.with_user(self.other_channel).action_approve()
        self.assertEqual(first.customer_id, company)
        late = self.submitted(self.beta, customer_domain="veltona.example")
        self.assertEqual(late.state, "rejected")

    def test_a_part_of_a_website_does_not_link_the_customer(self):
        first = self.submitted(customer_domain="shop.veltona.example")
        second = self.submitted(self.beta, customer_domain="veltona.example", customer_name="Xy")
        for deal in (first, second):
            deal.with_user(self.other_channel).action_approve()
        self.assertNotEqual(first.customer_id, second.customer_id)

    def test_refusing_frees_who_was_met_by_name_only(self):
        first = self.submitted(customer_name="Veltona Pumps", customer_domain="a.example")
        second = self.submitted(
            self.beta, customer_name="Pumps Veltona", customer_domain="b.example"
        )
        self.assertEqual((second.verdict, second.conflict_level), ("other_partner", "look"))
        first.with_user(self.other_channel).action_reject("No.")
        self.assertEqual((second.verdict, second.conflict_level), ("clear", "clear"))
        self.assertFalse(second.match_ids)

    def test_a_number_that_many_give_says_nothing(self):
        self.enterContext(patch.object(prm_deal_limits, "DAILY_LIMIT", 0))
        deals = [
            self._deal(
                customer_name=f"N{n}", customer_domain=f"n{n}.example", customer_phone="+3225551234"
            )
            for n in range(51)
        ]
        self.env["prm.deal"].sudo().union(*deals)._submit()
        late = self.submitted(self.beta, customer_phone="+3225551234")
        self.assertFalse(late.match_ids)

    def test_other_companies_documents_are_not_looked_at(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.known("Veltona", website="veltona.example", company_id=other.id)
        self.lead(partner_name="Veltona", website="veltona.example", company_id=other.id)
        self.assertFalse(self.submitted(customer_domain="veltona.example").match_ids)


@tagged("post_install", "-at_install")
class TestDealPlanted(MatchCommon):
    """Planted cases that the same company is in the base, written in another way.

    Core's search for duplicates of an opportunity compares the e-mail's domain, the phone number
    and the linked contact; it finds none of these.
    """

    def _planted(self):
        """Return (what, the company in the base, what a partner writes) for each case."""
        arabic, viet, belgian = self.emirates.id, self.vietnam.id, self.belgium.id
        return (
            ("sub-domain", {"name": "A1", "website": "zumtal.example"},
             {"customer_domain": "portal.zumtal.example", "customer_name": "Zumtal"}),
            ("VAT spelling", {"name": "A2", "vat": "BE 0477.472.701", "country_id": belgian},
             {"customer_vat": "0477472701", "customer_country_id": belgian}),
            ("VAT prefix", {"name": "A3", "vat": "0477472701", "country_id": belgian},
             {"customer_vat": "BE-0477-472-701"}),
            ("Arabic letters", {"name": "مؤسسة الأنوار للتجارة", "country_id": arabic},
             {"customer_name": "موسسه الانوار للتجاره", "customer_country_id": arabic}),
            ("Arabic article", {"name": "شركة المنصوري ذ.م.م", "country_id": arabic},
             {"customer_name": "منصوري", "customer_country_id": arabic}),
            ("Arabic in Latin letters", {"name": "Al Mansoori Trading LLC", "country_id": arabic},
             {"customer_name": "Almansouri Trading", "customer_country_id": arabic}),
            ("Vietnamese signs", {"name": "Công ty TNHH Đại Phát", "country_id": viet},
             {"customer_name": "DAI PHAT CO., LTD", "customer_country_id": viet}),
            ("Vietnamese short", {"name": "Công ty Cổ phần Thương mại Sông Hồng",
                                  "country_id": viet},
             {"customer_name": "CTCP TM Song Hong", "customer_country_id": viet}),
            ("Vietnamese order", {"name": "Trần Thị Bích Ngọc", "country_id": viet},
             {"customer_name": "Ngoc Tran Thi Bich", "customer_country_id": viet}),
            ("word order", {"name": "Kestrel Marine Services"},
             {"customer_name": "Services Marine Kestrel"}),
            ("legal form", {"name": "Orbicone GmbH & Co. KG"},
             {"customer_name": "ORBICONE S.à r.l."}),
            ("letter", {"name": "Brightwater Logistics"},
             {"customer_name": "Brihtwater Logistics"}),
        )  # fmt: skip

    def _core(self, values, typed):
        """Return what core finds for a lead with what the partner wrote."""
        lead = self.env["crm.lead"].new(
            {
                "name": typed.get("customer_name", "Deal"),
                "partner_name": typed.get("customer_name"),
                "website": typed.get("customer_domain"),
                "country_id": typed.get("customer_country_id"),
            }
        )
        return lead.duplicate_lead_ids.ids  # without itself

    def test_found_where_core_finds_nothing(self):
        for what, values, typed in self._planted():
            with self.subTest(what), self.env.cr.savepoint() as savepoint:
                company = self.known(**values)
                self.lead(partner_id=company.id)
                self.assertFalse(self._core(values, typed))
                deal = self.submitted(**typed)
                best = max(deal.match_ids.mapped("score"), default=0)
                self.assertGreaterEqual(best, 50, "a person looks at least")
                self.assertEqual(deal.verdict, "direct")
                savepoint.rollback()
            self.env.invalidate_all()

    def test_strangers_are_left_alone(self):
        for name in ("Kestrel Marine Services", "Công ty TNHH Đại Phát", "Orbicone GmbH"):
            self.known(name)
        for site, name in enumerate(
            ("Kestrel Bakery", "Đại Việt Foods", "Orbital One", "Marine Services")
        ):
            deal = self.submitted(customer_name=name, customer_domain=f"site{site}.example")
            self.assertFalse(deal.match_ids, name)


@tagged("post_install", "-at_install")
class TestDealMatchesSeen(MatchCommon):
    """Staff see everything, partners nothing, and it costs the same for many as for one."""

    def test_staff_open_what_was_found(self):
        company = self.known("Veltona", website="veltona.example")
        order = self.order(company, user_id=self.channel.id)
        deal = self.submitted(customer_domain="veltona.example")
        match = deal.match_ids.with_user(self.channel).sudo(False)
        self.assertEqual(
            (match.kind, match.res_model, match.res_id), ("order", order._name, order.id)
        )
        self.assertEqual(match.action_open()["res_id"], order.id)
        with self.assertRaises(AccessError):
            match.with_user(self.users["auditor"]).action_open()

    def test_partners_learn_nothing(self):
        self.known("Veltona", website="veltona.example", customer_rank=1)
        first = self.submitted(customer_vat=VAT, customer_name="Secretive")
        second = self.submitted(self.beta, customer_vat=VAT, customer_domain="veltona.example")
        self.assertEqual(second.verdict, "other_partner")
        for model in ("prm.deal", "prm.deal.match", "relationship.name.token"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(self.beta_user).search([])
        deals = self.env["prm.deal"].with_user(self.beta_user)
        shown = str((deals._portal_list(), deals._portal_read(second.id)))
        for secret in (
            "Alpha",
            first.name,
            "Secretive",
            "verdict",
            "conflict",
            "match",
            "existing",
        ):
            self.assertNotIn(secret, shown)
        first.with_user(self.other_channel).action_approve()
        self.assertEqual(second.state, "rejected")
        told = " ".join(self._mails(second).mapped("body_html")) + second.reject_reason
        for secret in ("Alpha", first.name, "Secretive", "protect", "customer of ours"):
            self.assertNotIn(secret, told)
        shown = str(deals._portal_read(second.id))
        for secret in (
            "Alpha",
            first.name,
            "Secretive",
            "verdict",
            "conflict",
            "match",
            "existing",
        ):
            self.assertNotIn(secret, shown)

    def test_queries_do_not_grow(self):
        """One deal or twenty, each with a contact, an order, an opportunity and a rival."""
        self.enterContext(patch.object(prm_deal_limits, "DAILY_LIMIT", 0))
        deals = []
        for n in range(20):
            word = "".join(chr(97 + n) * 2 for _ in range(3)) + "vel"
            site = f"{word}.example"
            company = self.known(f"{word} Pumps", website=site, country_id=self.belgium.id)
            self.order(company)
            self.lead(partner_id=company.id)
            self.submitted(self.beta, customer_name=f"{word} pump", customer_domain=f"b.{site}")
            facts = {"customer_name": f"{word} Pumps", "customer_domain": site}
            deals.append(self.submitted(customer_country_id=self.belgium.id, **facts))
        one, many = deals[0], self.env["prm.deal"].sudo().union(*deals)
        self.assertTrue(all(len(deal.match_ids) >= 3 for deal in many))
        self.queries(one._matches)
        alone, together = self.queries(one._matches), self.queries(many._matches)
        self.assertLessEqual(together, alone)
        self.assertLessEqual(alone, CHECK)
