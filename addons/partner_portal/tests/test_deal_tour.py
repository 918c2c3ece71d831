from odoo.tests import HttpCase, tagged

from .common import DealCommon


@tagged("post_install", "-at_install")
class TestDealTour(DealCommon, HttpCase):
    def test_main_job(self):
        """Two partners register one customer; staff approve the first; both see the outcome."""
        self.start_tour("/my/deals", "prm_deal_register_tour", login="prm_alpha")
        self.start_tour("/my/deals", "prm_deal_register_tour", login="prm_beta")
        deals = self.env["prm.deal"].search([("customer_name", "=", "Tour Customer")])
        first, second = deals.sorted("submit_no")
        self.assertEqual((first.partner_id, second.partner_id), (self.alpha, self.beta))
        self.assertEqual(deals.mapped("state"), ["in_review", "in_review"])
        self.start_tour(
            "/odoo/deal-registrations",
            "prm_deal_approve_tour",
            login="relationship_channel_manager",
        )
        self.assertEqual((first.state, second.state), ("approved", "rejected"))
        self.assertEqual(first.lead_id.partner_assigned_id, self.alpha)
        self.start_tour("/my/deals", "prm_deal_registered_tour", login="prm_alpha")
        self.start_tour("/my/deals", "prm_deal_refused_tour", login="prm_beta")

    def test_question_and_answer(self):
        """Staff ask, the partner answers; another registration is given up; a colleague comes."""
        deal = self._deal(
            submit=True, customer_name="Questioned Customer", customer_domain="asked.example"
        )
        given_up = self._deal(
            submit=True, customer_name="Given Up", customer_domain="given-up.example"
        )
        self.start_tour(
            "/odoo/deal-registrations", "prm_deal_ask_tour", login="relationship_channel_manager"
        )
        self.assertEqual(deal.state, "info_needed")
        self.start_tour("/my/deals", "prm_deal_answer_tour", login="prm_alpha")
        self.assertEqual(deal.state, "in_review")
        self.start_tour("/my/deals", "prm_deal_withdraw_tour", login="prm_alpha")
        self.assertEqual(given_up.state, "withdrawn")
        self.start_tour("/my/partner", "prm_team_tour", login="prm_alpha")
        user = self.env["res.users"].search([("login", "=", "cora@alpha.example")])
        self.assertEqual(user.partner_id.parent_id, self.alpha)
