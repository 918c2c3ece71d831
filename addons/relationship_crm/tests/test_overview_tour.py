from odoo.tests import HttpCase, tagged

from .common import RelationshipCommon


@tagged("post_install", "-at_install")
class TestOverviewTour(RelationshipCommon, HttpCase):
    def test_manager_starts_the_next_step(self):
        partners = self.env["res.partner"]
        partners.search([("grade_id", "!=", False)]).grade_id = False
        partners.create({"name": "Delta Resale", "is_company": True})
        self.env["res.partner.grade"].create({"name": "Platinum"})
        self.start_tour(
            "/odoo/relationships", "relationship_overview_tour", login="relationship_manager"
        )

    def test_auditor_has_an_empty_page_that_explains(self):
        self.start_tour(
            "/odoo/relationships", "relationship_overview_empty_tour", login="relationship_auditor"
        )
