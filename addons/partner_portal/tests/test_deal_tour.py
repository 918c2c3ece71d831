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
