from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ROLES, RelationshipCommon

# role → the roles that it includes beside itself
INCLUDED = {
    "user": set(),
    "channel_manager": {"user"},
    "manager": {"user", "channel_manager"},
    "auditor": set(),
    "integration": set(),
}


@tagged("post_install", "-at_install")
class TestGroups(RelationshipCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.groups = {role: cls.env.ref(f"relationship_crm.group_{role}") for role in ROLES}
        cls.privilege = cls.env.ref("relationship_crm.relationship_privilege")

    def test_one_privilege_holds_the_five_roles(self):
        self.assertEqual(
            set(self.privilege.group_ids.ids), {group.id for group in self.groups.values()}
        )

    def test_implied_roles(self):
        for role, included in INCLUDED.items():
            with self.subTest(role=role):
                for other in set(ROLES) - {role}:
                    self.assertEqual(
                        self.users[role].has_group(f"relationship_crm.group_{other}"),
                        other in included,
                        other,
                    )

    def test_every_role_is_internal(self):
        for role in ROLES:
            self.assertTrue(self.users[role].has_group("base.group_user"), role)

    def test_no_role_gives_rights_in_other_apps(self):
        """But for the manager, who sets up surveys where the feedback app is installed."""
        own = self.privilege.group_ids | self.env.ref("base.group_user").all_implied_ids
        surveys = self.env.ref("survey.group_survey_user", raise_if_not_found=False)
        for role, group in self.groups.items():
            lent = surveys.all_implied_ids if surveys and role == "manager" else own.browse()
            self.assertFalse(group.all_implied_ids - own - lent, role)

    def test_no_other_group_gives_a_role(self):
        for role, group in self.groups.items():
            self.assertFalse(group.all_implied_by_ids - self.privilege.group_ids, role)

    def test_administrator_is_manager(self):
        self.assertTrue(self.env.ref("base.user_admin").has_group("relationship_crm.group_manager"))

    def test_order_on_the_user_form(self):
        """The form offers the roles beside the chain first, then the chain upwards."""
        hierarchy = self.env["res.groups"]._get_view_group_hierarchy()
        order = hierarchy["privileges"][self.privilege.id]["group_ids"]
        expected = ("integration", "auditor", "user", "channel_manager", "manager")
        self.assertEqual(order, [self.groups[role].id for role in expected])

    def test_sales_user_can_be_given_a_role(self):
        self.assertFalse(self.sales_user.has_group("relationship_crm.group_user"))
        self.sales_user.group_ids = [Command.link(self.groups["user"].id)]
        self.assertTrue(self.sales_user.has_group("relationship_crm.group_user"))
        self.assertTrue(self.sales_user.has_group("sales_team.group_sale_salesman"))

    def test_portal_user_cannot_be_given_a_role(self):
        for role, group in self.groups.items():
            with self.subTest(role=role), self.assertRaises(ValidationError):
                self.portal_user.group_ids = [Command.link(group.id)]
