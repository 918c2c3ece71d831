"""Needs: confirmed, met, lost; shown beside the documents of the customer."""

from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .people_common import PeopleCommon


@tagged("post_install", "-at_install")
class TestNeed(PeopleCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.customer("Needy")
        cls.contact = cls.env["res.partner"].create({"name": "Nia", "parent_id": cls.partner.id})
        cls.need = cls.env["relationship.need"].create(
            {"topic": "Faster delivery", "partner_id": cls.partner.id, "contact_id": cls.contact.id}
        )

    def test_confirmed_is_an_interaction_and_asked_again_in_half_a_year(self):
        self.need.action_confirm()
        self.need.action_confirm()
        self.commit_hooks()
        self.assertEqual(self.need.confirmed_on, self.today)
        self.assertEqual(self.need.review_on, self.today + timedelta(days=180))
        interaction = self.env["relationship.interaction"].search(
            [("res_model", "=", "relationship.need"), ("res_id", "=", self.need.id)]
        )
        self.assertEqual(len(interaction), 1, "once a day")
        self.assertEqual(interaction.kind_id.code, "need_confirmed")
        self.assertEqual(interaction.partner_id, self.partner)
        self.assertEqual(interaction.contact_id, self.contact)

    def test_met_lost_and_open_again(self):
        self.need.action_met()
        self.assertEqual((self.need.state, self.need.closed_on), ("met", self.today))
        for action in ("action_confirm", "action_met", "action_lost"):
            with self.assertRaises(UserError):
                getattr(self.need, action)()
        self.need.action_reopen()
        self.assertEqual((self.need.state, self.need.closed_on), ("open", False))
        self.need.action_lost()
        self.assertEqual(self.need.state, "lost")

    def test_the_day_goes_with_the_state_whoever_sets_it(self):
        self.need.write({"state": "met"})
        self.assertEqual(self.need.closed_on, self.today)
        self.need.closed_on = date(2026, 2, 10)
        self.need.write({"state": "met", "source": "Visit"})
        self.assertEqual(self.need.closed_on, date(2026, 2, 10), "it was met before")
        self.need.write({"state": "open"})
        self.assertFalse(self.need.closed_on)
        lost = self.need.create({"topic": "Gone", "partner_id": self.partner.id, "state": "lost"})
        self.assertEqual(lost.closed_on, self.today)

    def test_of_the_company_told_by_its_contact(self):
        with self.assertRaises(ValidationError):
            self.need.partner_id = self.contact
        with self.assertRaises(ValidationError):
            self.need.contact_id = self.customer("Stranger")

    def test_shown_beside_leads_and_orders(self):
        met = self.need.copy({"topic": "Done"})
        met.action_met()
        other = self.customer("Other")
        leads = self.env["crm.lead"].create(
            [{"name": "L", "partner_id": partner.id} for partner in (self.contact, other)]
        )
        self.assertEqual(leads[0].relationship_need_ids, self.need)
        self.assertEqual(leads.mapped("relationship_need_count"), [1, 0])
        order = self.env["sale.order"].create({"partner_id": self.contact.id})
        self.assertEqual(order.relationship_need_ids, self.need)
        action = order.action_relationship_needs()
        self.assertIn(self.need, self.env["relationship.need"].search(action["domain"]))
        self.assertEqual(self.contact.relationship_need_count, 1)

    def test_stakeholders_of_an_opportunity(self):
        payer = self.env["res.partner"].create(
            {
                "name": "Pay",
                "parent_id": self.partner.id,
                "relationship_role_ids": self.env.ref(
                    "relationship_crm.relationship_role_payer"
                ).ids,
            }
        )
        self.env["res.partner"].create({"name": "Nobody", "parent_id": self.partner.id})
        lead = self.env["crm.lead"].create({"name": "L", "partner_id": self.contact.id})
        self.assertEqual(lead.relationship_stakeholder_ids, payer | self.contact)
        self.env["relationship.interaction"]._insert(
            [
                {
                    "kind": "call",
                    "contact_id": payer.id,
                    "occurred_at": "2026-02-03 10:00:00",
                    "external_ref": "need,call",
                }
            ]
        )
        self.env.invalidate_all()
        last = {one: one.relationship_last_contact_at for one in lead.relationship_stakeholder_ids}
        self.assertEqual(str(last[payer]), "2026-02-03 10:00:00")
        self.assertFalse(last[self.contact])

    def test_counted_as_metrics_on_any_day(self):
        company = self.other_company()
        needs = self.env["relationship.need"].create(
            [
                {"topic": topic, "partner_id": self.partner.id, "company_id": company.id}
                for topic in ("Met", "Lost", "Open")
            ]
        )
        needs[0].action_met()
        needs[1].action_lost()
        needs[0].closed_on = needs[1].closed_on = date(2026, 2, 10)
        self.env.flush_all()
        self.env.cr.execute("UPDATE relationship_need SET create_date = '2026-01-05 12:00:00'")
        windows = [
            ("before", date(2026, 1, 1), date(2026, 1, 5)),
            ("noted", date(2026, 1, 1), date(2026, 2, 1)),
            ("closed", date(2026, 2, 1), date(2026, 3, 1)),
            ("after", date(2026, 3, 1), date(2026, 4, 1)),
        ]
        found = self.env["relationship.metric"]._values(
            ["needs_open", "needs_met"], windows, company, [self.partner.id]
        )
        counts = {
            name: tuple(
                int(found.get((self.partner.id, name), {}).get(code) or 0)
                for code in ("needs_open", "needs_met")
            )
            for name, _from, _to in windows
        }
        self.assertEqual(
            counts, {"before": (0, 0), "noted": (3, 0), "closed": (1, 1), "after": (1, 0)}
        )

    def test_one_query_for_many_documents(self):
        leads = self.env["crm.lead"].create(
            [{"name": f"L{n}", "partner_id": self.partner.id} for n in range(8)]
        )

        def read(some):
            return some.mapped("relationship_need_count")

        self.assertEqual(self.queries(lambda: read(leads[:1])), self.queries(lambda: read(leads)))

    def test_users_work_with_needs_of_own_customers(self):
        foreign = self.customer("Foreign", user_id=self.users["manager"].id)
        env = self.env(user=self.users["user"])
        env["relationship.need"].create({"topic": "Mine", "partner_id": self.partner.id})
        need = self.env["relationship.need"].create(
            {"topic": "Theirs", "partner_id": foreign.id, "user_id": False}
        )
        with self.assertRaises(AccessError):
            need.with_user(self.users["user"]).action_met()
        with self.assertRaises(AccessError):
            self.need.with_user(self.users["user"]).unlink()
