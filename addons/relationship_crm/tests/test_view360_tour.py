from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from .common import RelationshipCommon


@tagged("post_install", "-at_install")
class TestView360Tour(RelationshipCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # the lists begin with the customers of the tour
        cls.env["relationship.profile"].search([]).unlink()
        partners = cls.env["res.partner"]
        cls.customer = partners.create({"name": "Tour Foods", "is_company": True})
        cls.reseller = partners.create({"name": "Tour Resale", "is_company": True})
        cls.env["relationship.profile"].create(
            {
                "partner_id": cls.customer.id,
                "company_id": cls.env.company.id,
                "kind": "b2b",
                "monetary": 1234,
                "frequency": 2,
            }
        )

    def history(self):
        """Record 25 calls and an order."""
        now = fields.Datetime.now()
        calls = [
            {
                "kind": "call",
                "contact_id": self.customer.id,
                "occurred_at": now - timedelta(days=1, hours=hours),
                "external_ref": f"tour,{hours}",
                "summary": f"Call {hours}",
            }
            for hours in range(25)
        ]
        order = {
            "kind": "order_confirmed",
            "contact_id": self.customer.id,
            "occurred_at": now - timedelta(days=30),
            "external_ref": "tour,order",
        }
        self.env["relationship.interaction"]._insert([*calls, order])
        self.env["relationship.need"].create(
            {"partner_id": self.customer.id, "topic": "Quick delivery"}
        )

    def enroll(self):
        """Put the reseller in a program and sell an order through it."""
        program = self.env["prm.program"].create({"name": "Tour Program"})
        self.env["prm.enrollment"].create(
            {"partner_id": self.reseller.id, "program_id": program.id, "state": "active"}
        )
        self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "prm_partner_id": self.reseller.id,
                "order_line": [
                    Command.create({"product_id": self.product().id, "price_unit": 100})
                ],
            }
        ).action_confirm()

    def product(self):
        return self.env["product.product"].create({"name": "Licence", "type": "service"})

    def invoice(self, partner):
        self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [
                    Command.create({"name": "Work", "price_unit": 80, "tax_ids": False})
                ],
            }
        ).action_post()

    def test_from_the_list_to_a_logged_call(self):
        self.history()
        self.start_tour(
            "/odoo/relationship-customers",
            "relationship_view360_tour",
            login="relationship_manager",
        )
        logged = self.env["relationship.interaction"].search(
            [("summary", "=", "Talked about the tour")]
        )
        self.assertEqual(logged.partner_id, self.customer)

    def test_tab_of_a_partner(self):
        self.enroll()
        self.users["manager"].group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        self.start_tour(
            f"/odoo/relationship-360/{self.reseller.id}",
            "relationship_view360_partner_tour",
            login="relationship_manager",
        )

    def test_empty_page_by_its_address(self):
        self.start_tour(
            f"/odoo/relationship-360/{self.customer.id}",
            "relationship_view360_address_tour",
            login="relationship_auditor",
        )

    def test_reports_and_lists_open(self):
        self.enroll()
        self.invoice(self.customer)
        self.invoice(self.reseller)
        for path, tour in (
            ("relationship-report", "relationship_report_tour"),
            ("relationship-partner-report", "prm_report_tour"),
            ("relationship-enrollments", "prm_enrollment_list_tour"),
        ):
            self.start_tour(f"/odoo/{path}", tour, login="relationship_manager")
