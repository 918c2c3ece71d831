from odoo.tests import HttpCase, tagged

from .people_common import PeopleCommon


@tagged("post_install", "-at_install")
class TestPeopleTour(PeopleCommon, HttpCase):
    def test_from_the_list_to_the_contact_and_through_an_enrollment(self):
        partner = self.customer("Toured Ltd")
        self.order(partner, amount=10**7)
        self.refresh_profiles(partner)
        segment = self.env["relationship.segment"].create(
            {"name": "Toured Segment", "kind": "manual"}
        )
        program = self.env["prm.program"].create(
            {"name": "Toured Program", "user_id": self.users["channel_manager"].id}
        )
        enrollment = self.env["prm.enrollment"].create(
            {
                "partner_id": partner.id,
                "program_id": program.id,
                "state": "active",
                "manager_id": self.users["channel_manager"].id,
            }
        )
        self.start_tour(
            "/odoo/relationship-customers", "relationship_people_tour", login="relationship_manager"
        )
        self.assertEqual(segment.member_ids.partner_id, partner)
        self.assertEqual((enrollment.state, enrollment.stop_state), ("active", "suspended"))
        self.assertEqual(enrollment.stop_asked_by_id, self.users["manager"])
        self.start_tour(
            "/odoo/relationship-enrollments",
            "relationship_stop_tour",
            login="relationship_channel_manager",
        )
        self.assertEqual(enrollment.state, "suspended")
        self.assertEqual(enrollment.reason, "Invoices are unpaid")
