from odoo.tests import tagged

from .common import RelationshipCommon

TOP = ("overview", "customers", "partners", "configuration")


@tagged("post_install", "-at_install")
class TestMenus(RelationshipCommon):
    def visible(self, user):
        """Return which menus of the bar this user sees; None when not even the app."""
        ids = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
        if self.env.ref("relationship_crm.relationship_menu_root").id not in ids:
            return None
        menus = {name: self.env.ref(f"relationship_crm.relationship_menu_{name}") for name in TOP}
        return {name for name, menu in menus.items() if menu.id in ids}

    def test_who_sees_what(self):
        everyday = {"overview", "customers", "partners"}
        self.assertEqual(self.visible(self.users["user"]), everyday)
        self.assertEqual(self.visible(self.users["channel_manager"]), everyday)
        self.assertEqual(self.visible(self.users["auditor"]), everyday)
        self.assertEqual(self.visible(self.users["manager"]), everyday | {"configuration"})

    def test_who_does_not_see_the_app(self):
        for user in (self.users["integration"], self.sales_user):
            self.assertIsNone(self.visible(user), user.login)

    def test_root_has_its_icon(self):
        root = self.env.ref("relationship_crm.relationship_menu_root")
        self.assertTrue(root.web_icon_data)
