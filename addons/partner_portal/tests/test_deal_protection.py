from datetime import timedelta

from freezegun import freeze_time
from psycopg2.errors import CheckViolation

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..models.prm_member import ROLES
from .common import VAT, DealCommon


@tagged("post_install", "-at_install")
class TestDealProtection(DealCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        category = cls.env["product.category"]
        cls.hardware, cls.services = category.create([{"name": "Hardware"}, {"name": "Services"}])
        cls.servers = category.create({"name": "Servers", "parent_id": cls.hardware.id})

    def _registered(self, partner=None, **vals):
        deal = self._deal(partner, submit=True, **{"customer_vat": VAT, **vals})
        deal.action_approve()
        return deal

    def _scope(self, *categories):
        return {"scope_ids": [(6, 0, [category.id for category in categories])]}

    # ------------------------------------------------------------ customer

    def test_approval_creates_a_customer_that_is_not_in_the_base(self):
        deal = self._registered(customer_domain="https://www.acme.example/shop")
        customer = deal.customer_id
        self.assertEqual(customer.name, "Acme")
        self.assertEqual(customer.vat, VAT)
        self.assertTrue(customer.is_company)
        self.assertFalse(deal.lead_id.partner_id, "the portal shows the lead's customer")

    def test_approval_finds_the_customer_by_its_number(self):
        known = self.env["res.partner"].create({"name": "Known", "is_company": True, "vat": VAT})
        self.assertEqual(self._registered().customer_id, known)

    def test_deals_that_share_a_key_share_the_customer(self):
        first = self._registered(customer_domain="acme.example")
        second = self._registered(customer_vat=False, customer_domain="acme.example")
        both = self._deal(submit=True, customer_domain="new.example")
        both |= self._deal(submit=True, customer_domain="new.example")
        both.action_approve()
        self.assertEqual(first.customer_id, second.customer_id)
        self.assertEqual(len(both.customer_id), 1)

    # ------------------------------------------------------------ categories

    def test_other_products_of_the_customer_are_free(self):
        self._registered(**self._scope(self.hardware))
        rival = self._registered(self.beta, **self._scope(self.services))
        self.assertEqual(rival.state, "approved")
        self.assertTrue(rival.is_protected)

    def test_a_category_protects_all_below_it(self):
        self._registered(**self._scope(self.hardware))
        rival = self._deal(self.beta, submit=True, customer_vat=VAT, **self._scope(self.servers))
        self.assertEqual(rival.state, "rejected")

    def test_a_category_below_is_in_the_way_of_the_one_above(self):
        self._registered(**self._scope(self.servers))
        rival = self._deal(self.beta, submit=True, customer_vat=VAT, **self._scope(self.hardware))
        self.assertEqual(rival.state, "rejected")

    def test_no_category_means_every_product(self):
        self._registered()
        rival = self._deal(self.beta, submit=True, customer_vat=VAT, **self._scope(self.services))
        self.assertEqual(rival.state, "rejected")

    def test_a_category_and_one_below_make_one_protection(self):
        deal = self._registered(**self._scope(self.hardware, self.servers, self.services))
        self.assertEqual(deal.protection_ids.category_id, self.hardware | self.services)

    def test_waiting_deals_of_other_products_don_t_wait_for_each_other(self):
        self._deal(submit=True, customer_vat=VAT, **self._scope(self.hardware))
        second = self._deal(self.beta, submit=True, customer_vat=VAT, **self._scope(self.services))
        self.assertEqual(second.verdict, "clear")
        second.action_approve()
        self.assertEqual(second.state, "approved")

    def test_a_moved_category_takes_its_protection_along(self):
        deal = self._registered(**self._scope(self.servers))
        self.servers.parent_id = self.services
        self.assertEqual(deal.protection_ids.scope_low, self.servers.parent_path)
        self.assertTrue(deal.protection_ids.scope_low.startswith(self.services.parent_path))
        rival = self._deal(self.beta, submit=True, customer_vat=VAT, **self._scope(self.hardware))
        self.assertEqual(rival.state, "in_review")

    def test_a_move_into_a_protected_category_is_refused(self):
        deal = self._registered(**self._scope(self.servers))
        rival = self._registered(self.beta, **self._scope(self.services))
        with self.assertRaises(UserError) as refused, self.env.cr.savepoint():
            self.servers.parent_id = self.services
        self.assertIn(deal.name, str(refused.exception))
        self.assertIn(rival.name, str(refused.exception))

    # ------------------------------------------------------------ time

    def test_length_and_last_day(self):
        with freeze_time("2026-03-01 10:00:00"):
            deal = self._registered()
        self.assertEqual(deal.protected_from, fields.Date.to_date("2026-03-01"))
        self.assertEqual(deal.protected_until, fields.Date.to_date("2026-05-29"))
        self.assertEqual(deal.protection_ids.date_until, fields.Date.to_date("2026-05-30"))

    def test_the_day_is_that_of_the_company(self):
        self.company.partner_id.tz = "Asia/Ho_Chi_Minh"
        with freeze_time("2026-03-01 20:00:00"):
            deal = self._registered()
        self.assertEqual(deal.protected_from, fields.Date.to_date("2026-03-02"))

    def test_free_on_the_day_after_the_last(self):
        with freeze_time("2026-03-01 10:00:00"):
            deal = self._registered()
        with freeze_time("2026-05-29 10:00:00"):
            rival = self._deal(self.beta, submit=True, customer_vat=VAT)
            self.assertEqual(rival.state, "rejected")
        with freeze_time("2026-05-30 10:00:00"):
            rival = self._registered(self.beta)
            self.assertEqual(rival.state, "approved")
            self.assertEqual(rival.customer_id, deal.customer_id)

    def test_own_second_deal_follows_the_first(self):
        with freeze_time("2026-03-01 10:00:00"):
            self._registered()
        with freeze_time("2026-04-01 10:00:00"):
            second = self._registered()
        self.assertEqual(second.protected_from, fields.Date.to_date("2026-05-30"))
        self.assertEqual(second.protected_until, fields.Date.to_date("2026-06-29"))

    def test_deals_expire_when_their_protection_is_over(self):
        with freeze_time("2026-03-01 10:00:00"):
            deal = self._registered()
            later = self._registered(customer_vat=False, customer_domain="later.example")
            later.sudo().protection_ids.date_until = "2027-01-01"
        with freeze_time("2026-05-29 23:00:00"):
            self.env["prm.deal"]._job_expire(100)
            self.assertEqual(deal.state, "approved")
        with freeze_time("2026-05-31 10:00:00"):
            self.assertEqual(self.env["prm.deal"]._job_expire(100), 0)
        self.assertEqual((deal | later).mapped("state"), ["expired", "approved"])

    def test_a_protection_can_t_end_before_it_begins(self):
        row = self._registered().sudo().protection_ids
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            row.date_until = row.date_from - timedelta(days=1)
            row.flush_recordset()

    # ------------------------------------------------------------ the opportunity

    def test_won(self):
        with freeze_time("2026-03-01 10:00:00"):
            deal = self._registered()
        with freeze_time("2026-03-11 10:00:00"):
            deal.sudo().lead_id.action_set_won()
        self.assertEqual(deal.state, "won")
        self.assertEqual(deal.protection_ids.date_until, fields.Date.to_date("2026-09-07"))

    def test_lost_frees_the_customer(self):
        deal = self._registered()
        deal.sudo().lead_id.action_set_lost()
        self.assertEqual(deal.state, "lost")
        self.assertFalse(deal.is_protected)
        self.assertEqual(self._registered(self.beta).state, "approved")

    def test_reopened_while_free(self):
        deal = self._registered()
        lead = deal.sudo().lead_id
        lead.action_set_lost()
        lead.action_unarchive()
        self.assertEqual(deal.state, "approved")
        self.assertTrue(deal.is_protected)

    def test_reopened_when_another_has_it(self):
        deal = self._registered()
        lead = deal.sudo().lead_id
        lead.action_set_lost()
        rival = self._registered(self.beta)
        lead.action_unarchive()
        self.assertEqual(deal.state, "approved")
        self.assertFalse(deal.is_protected)
        self.assertTrue(rival.is_protected)
        self.assertIn("Not protected", deal.message_ids[0].body)

    def test_the_partner_sells_what_its_opportunity_brings(self):
        deal = self._registered()
        order = self.env["sale.order"].create(
            {"partner_id": deal.customer_id.id, "opportunity_id": deal.sudo().lead_id.id}
        )
        self.assertEqual(order.prm_partner_id, self.alpha)
        plain = self.env["sale.order"].create(
            {"partner_id": deal.customer_id.id, "prm_partner_id": self.beta.id}
        )
        self.assertEqual(plain.prm_partner_id, self.beta)

    def test_what_happens_is_told_to_the_relationship(self):
        deal = self._registered(amount=500)
        deal.sudo().lead_id.action_set_won()
        self.env.cr.precommit.run()
        events = self.env["relationship.interaction"].search(
            [("res_model", "=", "prm.deal"), ("res_id", "=", deal.id)], order="id"
        )
        self.assertEqual(
            events.kind_id.mapped("code"), ["deal_submitted", "deal_approved", "deal_won"]
        )
        self.assertEqual(events.partner_id, self.alpha)
        self.assertEqual(set(events.mapped("amount")), {500})


@tagged("post_install", "-at_install")
class TestPortalMembers(DealCommon):
    def test_first_person_gets_every_role_then_sales(self):
        first = self.env["prm.member"].search([("user_id", "=", self.alpha_user.id)])
        self.assertTrue(first.role_admin and first.role_finance and first.role_sales)
        second = self.env["prm.member"].search(
            [("user_id", "=", self._new_portal_user("prm_alpha_2", self.alpha).id)]
        )
        self.assertEqual((second.role_admin, second.role_sales), (False, True))
        self.assertEqual(second.partner_id, self.alpha)

    def test_no_role_no_page(self):
        member = self.env["prm.member"].search([("user_id", "=", self.alpha_user.id)])
        deals = self.env["prm.deal"].with_user(self.alpha_user)
        self.assertTrue(deals._portal_is_partner())
        member.role_sales = False
        self.assertFalse(deals._portal_is_partner())
        with self.assertRaises(UserError):
            deals._portal_check_role()
        member.active = False
        self.assertFalse(deals._portal_is_partner())

    def test_a_person_who_left_for_another_company_has_no_page(self):
        self.alpha_user.partner_id.parent_id = self.beta
        self.assertFalse(self.env["prm.deal"].with_user(self.alpha_user)._portal_is_partner())

    def test_access_given_from_the_contact_makes_a_member(self):
        person = self.env["res.partner"].create(
            {"name": "New", "parent_id": self.alpha.id, "email": "new@alpha.example"}
        )
        wizard = self.env["portal.wizard"].with_context(active_ids=person.ids).create({})
        wizard.user_ids.action_grant_access()
        self.assertEqual(
            self.env["prm.member"].search([("user_id", "in", person.user_ids.ids)]).partner_id,
            self.alpha,
        )

    def test_members_are_portal_people_of_the_company(self):
        with self.assertRaises(UserError):
            self.env["prm.member"].create({"user_id": self.channel.id})
        stranger = new_test_user(self.env, "prm_strange", groups="base.group_portal")
        with self.assertRaises(UserError):
            self.env["prm.member"].create({"user_id": stranger.id, "partner_id": self.alpha.id})


@tagged("post_install", "-at_install")
class TestPartnerPage(DealCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program = cls.env["prm.program"].create({"name": "Resellers"})
        cls.grade.prm_program_id = cls.program
        cls.enrollment = cls.env["prm.enrollment"].create(
            {
                "partner_id": cls.alpha.id,
                "program_id": cls.program.id,
                "grade_id": cls.grade.id,
                "state": "active",
            }
        )
        kind = cls.env.ref("relationship_crm.prm_benefit_kind_protection_days")
        cls.env["prm.benefit"].create({"grade_id": cls.grade.id, "kind_id": kind.id, "value": 30})

    def test_the_tier_says_how_long_a_deal_is_protected(self):
        deals = self._deal(submit=True, customer_vat=VAT)
        deals |= self._deal(self.beta, submit=True, customer_domain="beta.example")
        self.assertEqual(deals.mapped("program_id"), self.program)
        deals.action_approve()
        days = [(deal.protected_until - deal.protected_from).days + 1 for deal in deals]
        self.assertEqual(days, [30, 90])

    def test_home(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        deal.action_approve()
        home = self.env["prm.member"].with_user(self.alpha_user)._portal_home()
        [program] = home["programs"]
        self.assertEqual((program["name"], program["tier"]), ("Resellers", "Test tier"))
        self.assertEqual(program["benefits"], [("Deal Protection", "30 days")])
        self.assertEqual(home["deals"], [("approved", "Registered", 1)])
        self.assertEqual([one["id"] for one in home["ending"]], deal.ids)

    def test_home_by_role(self):
        members = self.env["prm.member"]
        member = members.search([("user_id", "=", self.alpha_user.id)])
        member.write({f"role_{name}": False for name in ("admin", "sales", "marketing")})
        home = members.with_user(self.alpha_user)._portal_home()
        self.assertEqual((home["sees_deals"], home["deals"], home["ending"]), (False, [], []))
        member.write({"role_finance": False, "role_learner": False})
        self.assertEqual(members.with_user(self.alpha_user)._portal_home(), {})
        self.assertEqual(members.with_user(self.portal_user)._portal_home(), {})


@tagged("post_install", "-at_install")
class TestPartnerPageHttp(HttpCase):
    def test_pages(self):
        """A stranger finds a friendly nothing, a member the page, one without a role nothing."""
        grade = self.env["res.partner.grade"].create({"name": "Tier"})
        partner = self.env["res.partner"].create(
            {"name": "Paged Partner", "is_company": True, "grade_id": grade.id}
        )
        user = new_test_user(self.env, "paged", groups="base.group_portal")
        self.authenticate("paged", "paged")
        page = self.url_open("/my/partner")
        self.assertEqual(page.status_code, 200)
        self.assertIn("o_prm_no_partner", page.text)
        user.partner_id.parent_id = partner
        member = self.env["prm.member"]._make_members(user)
        page = self.url_open("/my/partner")
        self.assertIn("Paged Partner", page.text)
        self.assertEqual(self.url_open("/my/deals").status_code, 200)
        member.role_sales = False
        self.assertEqual(self.url_open("/my/partner").status_code, 200)
        for path in ("/my/deals", "/my/deals/new", "/my/deals/1"):
            self.assertEqual(self.url_open(path).status_code, 404, path)
        member.write({f"role_{name}": False for name in ROLES})
        self.assertEqual(self.url_open("/my/partner").status_code, 404)
