from odoo.tests import tagged

from .common import LoyaltyCommon

OWN_STEPS = {"loyalty_program", "loyalty_rule", "loyalty_points"}


@tagged("post_install", "-at_install")
class TestLoyaltyOverview(LoyaltyCommon):
    def own_codes(self, user):
        return set(self.overview(user)) & OWN_STEPS

    def test_who_sees_which_steps(self):
        """Core lets sales managers create programs and every sales user read them."""
        self.assertEqual(self.own_codes(self.users["manager"]), OWN_STEPS)
        self.assertEqual(self.own_codes(self.users["user"]), {"loyalty_points"})
        self.assertEqual(self.own_codes(self.users["auditor"]), set())

    def test_program_step(self):
        step = self.overview(self.users["manager"])["loyalty_program"]
        self.assertEqual((step["done"], step["count"]), (False, 0))
        self._new_program()
        step = self.overview(self.users["manager"])["loyalty_program"]
        self.assertEqual((step["done"], step["count"]), (True, 1))

    def test_rule_step(self):
        step = self.overview(self.users["manager"])["loyalty_rule"]
        self.assertFalse(step["done"])
        program = self._new_program(loyalty_earn_by="event")
        kind = self.env["relationship.interaction.kind"].search([("code", "=", "call")])
        self.env["loyalty.earning.rule"].create(
            {"name": "Calls", "program_id": program.id, "kind_id": kind.id}
        )
        step = self.overview(self.users["manager"])["loyalty_rule"]
        self.assertTrue(step["done"])

    def test_points_step_wants_points(self):
        partner = self.env["res.partner"].create({"name": "Buyer"})
        card = self.env["loyalty.card"].create(
            {"program_id": self._new_program().id, "partner_id": partner.id}
        )
        before = self.overview(self.users["user"])["loyalty_points"]["count"]
        card.points = 12
        step = self.overview(self.users["user"])["loyalty_points"]
        self.assertEqual((step["done"], step["count"]), (True, before + 1))

    def test_a_bad_proof_comes_before_all_else(self):
        """While the last proof found differences, and for who may look into it."""
        proofs = self.env["loyalty.ledger.proof"].sudo()
        users = {role: self.users[role] for role in ("manager", "auditor", "user")}
        proofs.create({"state": "good"})
        for user in users.values():
            self.assertNotIn("loyalty_proof", self.overview(user))
        proofs.create({"state": "bad", "difference_count": 7})
        for role in ("manager", "auditor"):
            codes = list(self.overview(users[role]))
            self.assertEqual(codes[0], "loyalty_proof", role)
        step = self.overview(users["manager"])["loyalty_proof"]
        self.assertIn("7", step["text"])
        self.assertFalse(step["done"])
        self.assertNotIn("loyalty_proof", self.overview(users["user"]))
        proofs.create({"state": "good"})
        self.assertNotIn("loyalty_proof", self.overview(users["manager"]))

    def test_menu(self):
        menu = self.env.ref("loyalty_rewards.loyalty_rewards_menu")
        menus = self.env["ir.ui.menu"]
        self.assertIn(menu.id, menus.with_user(self.users["user"])._visible_menu_ids())
        self.assertIn(menu.id, menus.with_user(self.users["auditor"])._visible_menu_ids())
        self.assertNotIn(menu.id, menus.with_user(self.users["integration"])._visible_menu_ids())
