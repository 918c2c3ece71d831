from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import DealCommon


@tagged("post_install", "-at_install")
class TestMemberAccess(DealCommon):
    """Staff of one company neither see nor make people of the partners of another."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create({"name": "Other"})
        cls.gamma = cls._new_partner("Gamma Partner", "PRM-GAMMA")
        cls.gamma.company_id = cls.other
        cls.gamma_user = new_test_user(
            cls.env,
            "prm_gamma",
            groups="base.group_portal",
            company_id=cls.other.id,
            company_ids=cls.other.ids,
        )
        cls.gamma_user.partner_id.parent_id = cls.gamma

    def test_members_of_partners_of_another_company(self):
        members = self.env["prm.member"].with_user(self.channel)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            members.create({"user_id": self.gamma_user.id, "role_sales": True})
        member = self.env["prm.member"]._make_members(self.gamma_user)
        self.assertTrue(member)
        self.assertFalse(members.search([("user_id", "=", self.gamma_user.id)]))
        self.assertTrue(members.search([("user_id", "=", self.alpha_user.id)]))
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            member.with_user(self.channel).role_admin = False

    def test_no_file_is_imported_into_another_company(self):
        imports = self.env["prm.deal.import"].with_user(self.channel)
        with self.assertRaises(AccessError):
            imports.create({"company_id": self.other.id})
