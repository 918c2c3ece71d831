from odoo import fields, models


class PrmSimulationBenefit(models.Model):
    """What a tier would give if the draft were published."""

    _name = "prm.simulation.benefit"
    _inherit = "prm.simulation.rule"
    _description = "Benefit in a Simulation"
    _order = "simulation_id, grade_id, kind_id, id"
    _rec_name = "kind_id"

    simulation_id = fields.Many2one("prm.simulation", required=True, ondelete="cascade", index=True)
    grade_id = fields.Many2one(
        "res.partner.grade", "Tier", required=True, ondelete="cascade", index=True
    )
    kind_id = fields.Many2one(
        "prm.benefit.kind", "Benefit", required=True, ondelete="cascade", index=True
    )
    unit = fields.Selection(related="kind_id.unit")
    value = fields.Float(required=True, digits=(16, 4), aggregator=False)

    _kind_unique = models.Constraint(
        "UNIQUE (simulation_id, grade_id, kind_id)", "This tier gives this benefit already."
    )
    _value_positive = models.Constraint("CHECK (value >= 0)", "The value must be at least 0.")
