"""What the tests of simulations build: a program, partners with sales, a draft."""

from odoo import fields

from .tier_common import TierCommon


class SimulationCommon(TierCommon):
    @classmethod
    def simulation(cls, name="Draft", **vals):
        """Return a draft that begins with the live rules."""
        return cls.env["prm.simulation"].create(
            {"name": name, "program_id": cls.program.id, **vals}
        )

    @classmethod
    def threshold(cls, simulation, grade, value, code="sold_revenue_ordered"):
        """Set what a draft asks of a tier."""
        criterion = simulation.criterion_ids.filtered(
            lambda one: one.simulated_grade_id == grade and one.metric_id.code == code
        )
        criterion.threshold = value
        return criterion

    def lines(self, simulation):
        """Return {enrollment: (tier before, tier after, outcome)}."""
        return {
            line.enrollment_id: (line.from_grade_id, line.to_grade_id, line.outcome)
            for line in simulation.line_ids
        }

    def in_days(self, days):
        return fields.Date.add(self.today, days=days)
