from odoo import fields
from odoo.tests import HttpCase, tagged

from .simulation_common import SimulationCommon


@tagged("post_install", "-at_install")
class TestSimulationTour(SimulationCommon, HttpCase):
    def test_from_a_draft_to_the_rules(self):
        """Draft from the live rules, run over last year, compare two, see the flows, publish."""
        self.criteria()
        for name, amount in (("One", 1200), ("Two", 700), ("Three", 100)):
            self.sell(self.enroll(name, self.silver), amount)
        self.start_tour(
            "/odoo/relationship-simulations",
            "relationship_simulation_tour",
            login="relationship_manager",
        )
        found = self.env["prm.simulation"].search([("program_id", "=", self.program.id)])
        self.assertEqual(
            {one.name: (one.state, one.promote_count) for one in found},
            {"As It Is": ("computed", 1), "Easier Gold": ("published", 2)},
        )
        start = found.filtered(lambda one: one.state == "published").publish_on
        self.assertGreater(start, self.today)
        before = fields.Date.subtract(start, days=1)
        gold = self.gold.prm_criterion_ids
        self.assertEqual(gold._valid_on(before).mapped("threshold"), [1000])
        self.assertEqual(gold._valid_on(start).mapped("threshold"), [600])
