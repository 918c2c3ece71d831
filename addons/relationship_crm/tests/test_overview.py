from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.relationship_crm.models import relationship_overview

from .common import RelationshipCommon

OWN_STEPS = {"customers", "tiers", "partners", "team"}


@tagged("post_install", "-at_install")
class TestOverview(RelationshipCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.partner"].search([("grade_id", "!=", False)]).grade_id = False
        cls.grade = cls.env["res.partner.grade"].create({"name": "Platinum"})
        cls.company_partner = cls.env["res.partner"].create(
            {"name": "Delta Resale", "is_company": True}
        )

    def own_codes(self, user):
        return set(self.overview(user)) & OWN_STEPS

    # -- who sees which steps ---------------------------------------------------------------

    def test_user_sees_the_steps_that_sales_rights_allow(self):
        for role in ("user", "channel_manager", "manager"):
            self.assertEqual(
                self.own_codes(self.users[role]), {"customers", "tiers", "partners"}, role
            )

    def test_administrator_also_brings_colleagues_in(self):
        self.assertEqual(self.own_codes(self.env.ref("base.user_admin")), OWN_STEPS)

    def test_user_without_sales_rights_sets_no_tiers(self):
        user = self.users["user"]
        user.group_ids -= self.env.ref("sales_team.group_sale_salesman")
        self.assertEqual(self.own_codes(user), {"customers", "partners"})

    def test_auditor_reads_but_has_nothing_to_set_up(self):
        self.assertEqual(self.own_codes(self.users["auditor"]), set())

    def test_refused(self):
        users = [self.users["integration"], self.sales_user, self.portal_user]
        users.append(self.env.ref("base.public_user"))
        for user in users:
            with self.subTest(login=user.login), self.assertRaises(AccessError):
                self.overview(user)

    # -- what a step says -------------------------------------------------------------------

    def test_keys_and_order(self):
        steps = self.env["relationship.overview"].with_user(self.users["manager"]).get_overview()
        codes = [step["code"] for step in steps]
        self.assertEqual(len(codes), len(set(codes)))
        self.assertEqual([c for c in codes if c in OWN_STEPS], ["customers", "tiers", "partners"])
        for step in steps:
            self.assertEqual(
                set(step),
                {"code", "area", "title", "text", "count_label", "count", "count_capped"}
                | {"done", "action", "url"},
            )
            self.assertTrue(step["action"] or step["url"], step["code"])

    def test_done_when_a_partner_has_its_tier(self):
        step = self.overview(self.users["user"])["partners"]
        self.assertEqual((step["done"], step["count"]), (False, 0))
        self.company_partner.grade_id = self.grade
        step = self.overview(self.users["user"])["partners"]
        self.assertEqual((step["done"], step["count"]), (True, 1))

    def test_goal(self):
        """One person with a role is not yet a team."""
        admin = self.env.ref("base.user_admin")
        self.assertTrue(self.overview(admin)["team"]["done"])
        roles = self.env.ref("relationship_crm.relationship_privilege").group_ids
        for user in self.env["res.users"].search([("group_ids", "in", roles.ids)]) - admin:
            user.group_ids -= roles
        step = self.overview(admin)["team"]
        self.assertEqual((step["done"], step["count"]), (False, 1))

    def test_counts_only_what_the_caller_may_read(self):
        before = self.overview(self.users["user"])["customers"]["count"]
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.env["res.partner"].create(
            [{"name": "Hidden", "company_id": elsewhere.id}, {"name": "Shown"}]
        )
        self.assertEqual(self.overview(self.users["user"])["customers"]["count"], before + 1)

    def test_figures_are_capped(self):
        self.env["res.partner"].create([{"name": f"Customer {n}"} for n in range(3)])
        with patch.object(relationship_overview, "COUNT_LIMIT", 2):
            step = self.overview(self.users["user"])["customers"]
        self.assertEqual((step["count"], step["count_capped"]), (2, True))

    # -- only what the caller may open ------------------------------------------------------

    def test_step_hidden_when_its_action_is_for_others(self):
        action = self.env.ref("relationship_crm.res_partner_action_tier")
        action.group_ids = self.env.ref("relationship_crm.group_manager")
        self.assertNotIn("partners", self.overview(self.users["user"]))
        self.assertIn("partners", self.overview(self.users["manager"]))

    def test_step_hidden_when_its_action_is_gone(self):
        self.env.ref("relationship_crm.res_partner_action_customer").unlink()
        self.assertNotIn("customers", self.overview(self.users["user"]))

    def test_step_with_an_address(self):
        overview = self.env["relationship.overview"]
        extra = overview._overview_step(
            "extra",
            sequence=15,
            area="Area",
            title="Title",
            text="Text",
            model="res.partner",
            domain=[("name", "=", "nobody is called so")],
            count_label="Found",
            access="read",
            url="/my",
        )
        steps = [*overview._overview_steps(), extra]
        with patch.object(type(overview), "_overview_steps", lambda self: steps):
            shown = self.overview(self.users["auditor"])
        self.assertEqual(list(shown), ["extra"])
        self.assertEqual((shown["extra"]["url"], shown["extra"]["done"]), ("/my", False))

    # -- cost -------------------------------------------------------------------------------

    def test_queries(self):
        """One count a step and a constant, whatever the number of records.

        The constant 4: the user, the window actions, their groups, and whether the last proof of
        points found a difference, which is a step only then.
        """
        overview = self.env["relationship.overview"].with_user(self.users["manager"])
        steps = overview.get_overview()
        cost = self.queries(overview.get_overview)
        self.assertLessEqual(cost, len(steps) + 4)
        self.env["res.partner"].create(
            [{"name": f"Partner {n}", "grade_id": self.grade.id} for n in range(50)]
        )
        self.assertEqual(self.queries(overview.get_overview), cost)
