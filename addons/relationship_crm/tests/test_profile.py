"""Profiles: who has one, what it says, and that it is written only when something differs."""

from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta
from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .people_common import PeopleCommon


@tagged("post_install", "-at_install")
class TestProfile(PeopleCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.customer("Profiled Ltd")
        cls.contact = cls.env["res.partner"].create(
            {"name": "Pia", "parent_id": cls.partner.id, "type": "contact"}
        )

    # ------------------------------------------------------------ who has one

    def test_without_facts_no_profile(self):
        self.assertFalse(self.refresh_profiles(self.partner))
        self.assertFalse(self.profile(self.partner))

    def test_a_lead_gives_a_profile_in_its_company(self):
        self.env["crm.lead"].create(
            {"name": "Asked", "partner_id": self.contact.id, "company_id": self.company.id}
        )
        profile = self.refresh_profiles(self.partner)
        self.assertEqual(profile.stage_id.code, "exploratory")
        self.assertEqual((profile.frequency, profile.monetary), (0, 0))
        self.assertFalse(profile.last_purchase_on)
        self.assertFalse(self.refresh_profiles(self.partner, company=self.other_company()))

    def test_a_need_gives_a_profile(self):
        self.env["relationship.need"].create({"topic": "Light", "partner_id": self.partner.id})
        self.commit_hooks()
        self.assertIn((self.partner.id, self.company.id), self.waiting())
        self.assertTrue(self.refresh_profiles(self.partner))

    def test_an_interaction_gives_a_profile(self):
        self.env["relationship.interaction"]._insert(
            [{"kind": "call", "contact_id": self.contact.id, "external_ref": "profile,call"}]
        )
        self.assertTrue(self.refresh_profiles(self.partner))

    def test_a_posted_invoice_gives_a_profile(self):
        journal = self.env["account.journal"].search(
            [("type", "=", "sale"), ("company_id", "=", self.company.id)], limit=1
        ) or self.env["account.journal"].create(
            {"name": "Sales", "type": "sale", "code": "PPL", "company_id": self.company.id}
        )
        account = self.env["account.account"].create(
            {"name": "Income", "code": "PPL400", "account_type": "income"}
        )
        receivable = self.env["account.account"].create(
            {"name": "Owed", "code": "PPL120", "account_type": "asset_receivable"}
        )
        self.partner.property_account_receivable_id = receivable
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.contact.id,
                "journal_id": journal.id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Lamp",
                            "price_unit": 5,
                            "account_id": account.id,
                            "tax_ids": False,
                        }
                    )
                ],
            }
        )
        self.assertFalse(self.refresh_profiles(self.partner), "a draft is no fact")
        invoice.action_post()
        self.assertTrue(self.refresh_profiles(self.partner))

    def test_one_profile_each_company(self):
        self.order(self.partner)
        profile = self.refresh_profiles(self.partner)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.env.cr.execute(
                "INSERT INTO relationship_profile (partner_id, company_id) VALUES (%s, %s)",
                [profile.partner_id.id, profile.company_id.id],
            )

    # ------------------------------------------------------------ what it says

    def test_purchases_of_the_whole_company_in_the_months(self):
        self.order(self.partner, days_ago=10, amount=30)
        self.order(self.contact, days_ago=400, amount=12.5)
        self.order(self.partner, days_ago=800, amount=1000)
        draft = self.order(self.contact, days_ago=5)
        draft._action_cancel()
        profile = self.refresh_profiles(self.partner)
        self.assertEqual(profile.last_purchase_on, self.today - timedelta(days=10))
        self.assertEqual(profile.frequency, 2)
        self.assertAlmostEqual(profile.monetary, 42.5)
        self.assertEqual(
            profile.next_move_on, self.today - timedelta(days=400) + relativedelta(months=24)
        )

    def test_a_purchase_long_ago_is_still_the_last(self):
        self.order(self.partner, days_ago=1000)
        profile = self.refresh_profiles(self.partner)
        self.assertEqual(profile.last_purchase_on, self.today - timedelta(days=1000))
        self.assertEqual((profile.frequency, profile.monetary, profile.rfm_code), (0, 0, False))
        self.assertFalse(profile.next_move_on)

    def test_foreign_currency_at_the_rate_of_the_order(self):
        currency = self.env["res.currency"].create({"name": "PPX", "symbol": "x"})
        self.env["res.currency.rate"].create(
            {"currency_id": currency.id, "rate": 4.0, "name": "2020-01-01"}
        )
        pricelist = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": currency.id}
        )
        self.order(self.partner, amount=100, pricelist_id=pricelist.id)
        currency.rate_ids.rate = 10.0
        self.assertAlmostEqual(self.refresh_profiles(self.partner).monetary, 25.0)

    def test_the_day_is_that_of_the_company(self):
        self.company.partner_id.tz = "Asia/Tokyo"
        order = self.order(self.partner)
        order.date_order = datetime(2026, 3, 1, 20, 0)
        self.assertEqual(self.refresh_profiles(self.partner).last_purchase_on, date(2026, 3, 2))

    def test_companies_apart(self):
        other = self.other_company()
        self.order(self.partner, amount=10)
        self.order(self.partner, amount=70, company=other)
        self.profiles._refresh([(self.partner.id, None)])
        self.assertAlmostEqual(self.profile(self.partner).monetary, 10)
        self.assertAlmostEqual(self.profile(self.partner, other).monetary, 70)

    def test_habits_from_three_purchases(self):
        for days in (60, 30):
            self.order(self.partner, days_ago=days)
        self.assertFalse(self.refresh_profiles(self.partner).habits)
        self.order(self.partner)
        profile = self.refresh_profiles(self.partner)
        self.assertEqual(profile.habits["categories"], [[self.category.id, 1.0]])
        self.assertEqual(profile.habits["interval_days"], 30)
        self.assertIn("Lamps 100 %", profile.habits_text)

    def test_kind_follows_the_contact_until_it_is_fixed(self):
        self.order(self.partner)
        profile = self.refresh_profiles(self.partner)
        self.assertEqual((profile.kind, profile.kind_fixed), ("b2b", False))
        profile.kind = "b2c"
        self.assertTrue(profile.kind_fixed)
        self.refresh_profiles(self.partner)
        self.assertEqual(profile.kind, "b2c")
        profile.kind_fixed = False
        self.refresh_profiles(self.partner)
        self.assertEqual(profile.kind, "b2b")

    def test_last_interaction_is_of_the_same_company(self):
        other = self.other_company()
        insert = self.env["relationship.interaction"]._insert
        moments = {self.company: "2026-02-01 10:00:00", other: "2026-02-02 10:00:00"}
        insert(
            [
                {
                    "kind": "call",
                    "partner_id": self.partner.id,
                    "company_id": company.id,
                    "occurred_at": moment,
                    "external_ref": f"profile,{moment}",
                }
                for company, moment in moments.items()
            ]
        )
        self.profiles._refresh([(self.partner.id, None)])
        for company, moment in moments.items():
            profile = self.profile(self.partner, company)
            self.assertEqual(str(profile.last_interaction_at), moment)

    # ------------------------------------------------------------ how it is written

    def test_nothing_is_written_when_nothing_differs(self):
        for days in (60, 30, 0):
            self.order(self.partner, days_ago=days)
        profile = self.refresh_profiles(self.partner)
        self.env.cr.execute(
            "UPDATE relationship_profile SET write_date = '2020-01-01' WHERE id = %s", [profile.id]
        )
        self.refresh_profiles(self.partner)
        self.assertEqual(profile.write_date, datetime(2020, 1, 1))
        self.order(self.partner)
        self.refresh_profiles(self.partner)
        self.assertNotEqual(profile.write_date, datetime(2020, 1, 1))

    def test_the_contact_is_never_written(self):
        self.order(self.partner)
        self.env.flush_all()
        self.env.cr.execute("UPDATE res_partner SET write_date = '2020-01-01'")
        self.env.invalidate_all()
        self.refresh_profiles(self.partner)
        self.assertEqual(self.partner.write_date, datetime(2020, 1, 1))

    def test_statements_do_not_grow_with_the_batch(self):
        partners = [self.customer(f"Batch {n}") for n in range(12)]
        for partner in partners:
            for days in (90, 60, 30):
                self.order(partner, days_ago=days)
        pairs = [(partner.id, self.company.id) for partner in partners]
        one = self.queries(lambda: self.profiles._refresh(pairs[:1]))
        many = self.queries(lambda: self.profiles._refresh(pairs))
        self.assertEqual(one, many)
        self.assertLessEqual(many, 10, "upsert, days, categories, channels, habits, days of firms")

    def test_team_and_stage_stay(self):
        self.order(self.partner)
        profile = self.refresh_profiles(self.partner)
        stage = self.env.ref("relationship_crm.relationship_stage_basic")
        profile.write(
            {
                "sales_user_id": self.users["user"].id,
                "stage_id": stage.id,
                "stage_since": date(2026, 1, 1),
            }
        )
        self.order(self.partner)
        self.refresh_profiles(self.partner)
        self.assertEqual(profile.sales_user_id, self.users["user"])
        self.assertEqual((profile.stage_id, profile.stage_since), (stage, date(2026, 1, 1)))

    # ------------------------------------------------------------ when it is refreshed

    def test_a_confirmed_order_reaches_the_profile(self):
        self.order(self.partner)
        self.commit_hooks()
        self.env["relationship.interaction.todo"]._job_consume(1000)
        self.commit_hooks()
        self.assertIn((self.partner.id, self.company.id), self.waiting())
        self.profiles._job_refresh(1000)
        self.assertEqual(self.profile(self.partner).frequency, 1)
        self.assertFalse(self.waiting())

    def test_a_cancelled_order_leaves_the_profile(self):
        order = self.order(self.partner)
        self.refresh_profiles(self.partner)
        order._action_cancel()
        self.commit_hooks()
        self.profiles._job_refresh(1000)
        self.assertEqual(self.profile(self.partner).frequency, 0)

    def test_a_contact_that_moves_takes_its_purchases_along(self):
        other = self.customer("Next Employer")
        self.order(self.contact)
        self.refresh_profiles(self.partner)
        self.contact.parent_id = other
        self.commit_hooks()
        self.profiles._job_refresh(1000)
        self.assertEqual(self.profile(self.partner).frequency, 0)
        self.assertEqual(self.profile(other).frequency, 1)

    def test_the_night_finds_what_leaves_the_months(self):
        self.order(self.partner, days_ago=700, amount=40)
        self.order(self.partner, days_ago=1, amount=2)
        profile = self.refresh_profiles(self.partner)
        still = self.customer("Still In")
        self.order(still)
        self.refresh_profiles(still)
        self.profiles._job_night(1)
        self.env["relationship.queue"].search([]).unlink()
        for table in ("sale_order", "sale_order_line"):
            self.env.cr.execute(f"UPDATE {table} SET write_date = '2020-01-01'")
        self.on_day(profile.next_move_on)
        self.profiles._job_night(1)
        self.env.invalidate_all()
        self.assertEqual(self.waiting(), {(self.partner.id, self.company.id)})
        self.profiles._job_refresh(1000)
        self.assertEqual((profile.frequency, profile.monetary), (1, 2))

    def test_the_first_night_finds_all_documents(self):
        other = self.other_company()
        self.order(self.contact, days_ago=900)
        self.env["crm.lead"].create(
            {"name": "There", "partner_id": self.contact.id, "company_id": other.id}
        )
        self.env["ir.config_parameter"].search(
            [("key", "=", "relationship_crm.profile_night")]
        ).unlink()
        self.profiles._job_night(1)
        self.env.invalidate_all()
        pairs = {(self.partner.id, self.company.id), (self.partner.id, other.id)}
        self.assertLessEqual(pairs, self.waiting())

    def test_the_night_finds_changed_orders_by_overlap(self):
        order = self.order(self.partner, amount=10)
        self.refresh_profiles(self.partner)
        self.profiles._job_night(1)
        self.env["relationship.queue"].search([]).unlink()
        order.order_line.price_unit = 99
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order SET write_date = (now() AT TIME ZONE 'UTC') - interval '90 minutes'"
        )
        self.profiles._job_night(1)
        self.env.invalidate_all()
        self.assertIn((self.partner.id, self.company.id), self.waiting())
        self.profiles._job_refresh(1000)
        self.assertEqual(self.profile(self.partner).monetary, 99)

    # ------------------------------------------------------------ on the contact

    def test_profile_of_the_current_company_on_the_contact(self):
        other = self.other_company()
        self.order(self.partner)
        self.order(self.partner, company=other)
        self.profiles._refresh([(self.partner.id, None)])
        self.assertEqual(self.contact.relationship_profile_id, self.profile(self.partner))
        elsewhere = self.contact.with_company(other)
        self.assertEqual(elsewhere.relationship_profile_id, self.profile(self.partner, other))

    def test_search_by_profile(self):
        bare = self.customer("Bare")
        self.order(self.partner)
        self.refresh_profiles(self.partner)
        ours = [("id", "in", (self.partner | self.contact | bare).ids)]
        search = self.env["res.partner"].search
        self.assertEqual(
            search([("relationship_profile_id.frequency", ">", 0), *ours]),
            self.partner | self.contact,
        )
        self.assertEqual(search([("relationship_profile_id", "=", False), *ours]), bare)
        self.assertEqual(
            search([("relationship_stage_id.code", "=", "exploratory"), *ours]),
            self.partner | self.contact,
        )

    def test_a_person_without_a_role_reads_no_profile(self):
        self.order(self.partner)
        self.refresh_profiles(self.partner)
        partner = self.partner.with_user(self.sales_user)
        with self.assertRaises(AccessError):
            partner.read(["relationship_profile_id"])
        form = partner.get_view(view_type="form")
        self.assertNotIn("relationship_profile_id", form["arch"])

    def test_open_the_contact_of_a_profile(self):
        self.order(self.partner)
        action = self.refresh_profiles(self.partner).action_open_partner()
        self.assertEqual((action["res_model"], action["res_id"]), ("res.partner", self.partner.id))
