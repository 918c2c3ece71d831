"""Who may see and do what with profiles, needs, consents, segments, programs, enrollments."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .people_common import PeopleCommon

#: model → role → which of create, read, write, unlink the role may do at all
MATRIX = {
    "relationship.profile": {"user": "r", "channel_manager": "r", "manager": "rw", "auditor": "r"},
    "relationship.stage": {"user": "r", "channel_manager": "r", "manager": "crwu", "auditor": "r"},
    "relationship.role": {"user": "r", "channel_manager": "r", "manager": "crwu", "auditor": "r"},
    "relationship.rfm.limit": {"manager": "r", "auditor": "r"},
    "relationship.segment": {
        "user": "r",
        "channel_manager": "r",
        "manager": "crwu",
        "auditor": "r",
    },
    "relationship.segment.member": {
        "user": "r",
        "channel_manager": "r",
        "manager": "crwu",
        "auditor": "r",
    },
    "relationship.segment.size": {
        "user": "r",
        "channel_manager": "r",
        "manager": "r",
        "auditor": "r",
    },
    "relationship.consent": {
        "user": "cr",
        "channel_manager": "cr",
        "manager": "cr",
        "auditor": "r",
    },
    "relationship.consent.default": {
        "user": "r",
        "channel_manager": "r",
        "manager": "crwu",
        "auditor": "r",
    },
    "relationship.need": {
        "user": "crw",
        "channel_manager": "crw",
        "manager": "crwu",
        "auditor": "r",
    },
    "prm.program": {"user": "r", "channel_manager": "r", "manager": "crwu", "auditor": "r"},
    "prm.enrollment": {
        "user": "r",
        "channel_manager": "crw",
        "manager": "crwu",
        "auditor": "r",
    },
    "prm.enrollment.reason": {"channel_manager": "crw", "manager": "crw"},
    "relationship.segment.add": {"manager": "crw"},
}
OPERATIONS = {"c": "create", "r": "read", "w": "write", "u": "unlink"}


@tagged("post_install", "-at_install")
class TestPeopleAccess(PeopleCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.everybody = {
            **cls.users,
            "sales": cls.sales_user,
            "portal": cls.portal_user,
            "public": cls.env.ref("base.public_user"),
        }
        users = cls.users
        cls.mine = cls.customer("Mine", user_id=users["user"].id)
        cls.nobodys = cls.customer("Nobody's")
        cls.foreign = cls.customer("Foreign", user_id=users["manager"].id)
        cls.customers = cls.mine | cls.nobodys | cls.foreign
        cls.segment = cls.env["relationship.segment"].create({"name": "All", "kind": "manual"})
        cls.segment._add_members(cls.customers)
        cls.env["relationship.need"].create(
            [
                {"topic": partner.name, "partner_id": partner.id, "user_id": False}
                for partner in cls.customers
            ]
        )
        cls.env["relationship.consent"].create(
            [
                {"contact_id": partner.id, "purpose": "survey", "state": "granted"}
                for partner in cls.customers
            ]
        )
        cls.env["relationship.interaction"]._insert(
            [
                {"kind": "call", "partner_id": partner.id, "external_ref": f"access,{partner.id}"}
                for partner in cls.customers
            ]
        )
        cls.profiles._refresh([(partner.id, cls.company.id) for partner in cls.customers])

    def seen(self, model, user, field="partner_id"):
        """Return which of the customers a user sees in a model."""
        records = self.env[model].with_user(user).search([(field, "in", self.customers.ids)])
        return records.sudo()[field]

    def test_matrix(self):
        for model, roles in MATRIX.items():
            for who, user in self.everybody.items():
                for letter, operation in OPERATIONS.items():
                    with self.subTest(model=model, who=who, operation=operation):
                        self.assertEqual(
                            self.env[model].with_user(user).has_access(operation),
                            letter in roles.get(who, ""),
                        )

    MODELS = {
        "relationship.profile": "partner_id",
        "relationship.need": "partner_id",
        "relationship.interaction": "partner_id",
        "relationship.segment.member": "partner_id",
        "relationship.consent": "contact_id",
    }

    def test_users_see_own_customers_the_others_all(self):
        for model, field in self.MODELS.items():
            with self.subTest(model=model):
                self.assertEqual(
                    self.seen(model, self.users["user"], field), self.mine | self.nobodys
                )
                for role in ("channel_manager", "manager", "auditor"):
                    self.assertEqual(self.seen(model, self.users[role], field), self.customers)

    def test_the_account_team_makes_a_customer_own(self):
        for name in ("sales", "marketing", "service", "finance"):
            with self.subTest(team=name):
                profile = self.profile(self.foreign)
                profile[f"{name}_user_id"] = self.users["user"]
                for model, field in self.MODELS.items():
                    self.assertIn(self.foreign, self.seen(model, self.users["user"], field), model)
                profile[f"{name}_user_id"] = False

    def test_the_sales_team_makes_a_customer_own(self):
        self.assertNotIn(self.foreign, self.seen("relationship.profile", self.users["user"]))
        self.env["crm.team"].create(
            {"name": "Both", "member_ids": (self.users["user"] | self.users["manager"]).ids}
        )
        self.env.flush_all()
        for model, field in self.MODELS.items():
            self.assertIn(self.foreign, self.seen(model, self.users["user"], field), model)

    def test_other_companies_are_not_seen(self):
        other = self.other_company()
        there = {"company_id": other.id}
        partner = self.mine
        records = [
            self.env["relationship.need"].create(
                {"topic": "There", "partner_id": partner.id, **there}
            ),
            self.env["relationship.segment"].create({"name": "There", **there}),
            self.env["relationship.consent"].create(
                {"contact_id": partner.id, "purpose": "survey", "state": "refused", **there}
            ),
            self.env["prm.program"].create({"name": "There", "company_ids": other.ids}),
        ]
        self.refresh_profiles(partner, company=other)
        records.append(self.profile(partner, other))
        records.append(
            self.env["prm.enrollment"].create(
                {"partner_id": partner.id, "program_id": records[3].id, **there}
            )
        )
        for record in records:
            for role in ("user", "channel_manager", "manager", "auditor"):
                with self.subTest(model=record._name, role=role):
                    user = self.users[role]
                    found = record.with_user(user).search([("id", "=", record.id)])
                    self.assertFalse(found)
        self.users["manager"].company_ids |= other
        for record in records:
            allowed = {"allowed_company_ids": [self.company.id, other.id]}
            env = record.with_user(self.users["manager"]).with_context(**allowed)
            self.assertTrue(env.search([("id", "=", record.id)]), record._name)

    def test_only_managers_set_the_account_team(self):
        profile = self.profile(self.mine)
        self.assertFalse(profile.with_user(self.users["user"]).has_access("write"))
        profile.with_user(self.users["manager"]).sales_user_id = self.users["user"]
        self.assertEqual(profile.sales_user_id, self.users["user"])

    def test_public_methods_ask_for_rights(self):
        calls = [
            (self.profile(self.foreign), "action_open_partner"),
            (self.segment, "action_view_customers"),
            (self.segment, "action_preview"),
            (self.segment.member_ids, "action_leave"),
            (self.env["relationship.need"].search([], limit=1), "action_confirm"),
        ]
        for records, method in calls:
            for who in ("sales", "portal", "public", "integration"):
                with self.subTest(method=method, who=who):
                    self.assertRaisesAccess(records.with_user(self.everybody[who]), method)

    def assertRaisesAccess(self, records, method):
        with self.assertRaises(AccessError):
            getattr(records, method)()
