from odoo import fields, models

OUTCOMES = [("promote", "Up"), ("keep", "Same Tier"), ("demote", "Down")]


class PrmSimulationLine(models.Model):
    """What a draft would do with one partner: its tier, why, and the money it moves."""

    _name = "prm.simulation.line"
    _description = "Partner in a Simulation"
    _order = "simulation_id, margin_effect, id"
    _rec_name = "partner_id"
    _log_access = False

    simulation_id = fields.Many2one(
        "prm.simulation", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade", index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    program_id = fields.Many2one(related="simulation_id.program_id")
    enrollment_id = fields.Many2one(
        "prm.enrollment", required=True, readonly=True, ondelete="cascade", index=True
    )
    partner_id = fields.Many2one(
        "res.partner", required=True, readonly=True, ondelete="cascade", index=True
    )
    from_grade_id = fields.Many2one(
        "res.partner.grade", "Tier Now", readonly=True, ondelete="cascade", index="btree_not_null"
    )
    earned_grade_id = fields.Many2one(
        "res.partner.grade",
        "Tier Earned",
        readonly=True,
        ondelete="cascade",
        index="btree_not_null",
    )
    to_grade_id = fields.Many2one(
        "res.partner.grade",
        "Tier Then",
        readonly=True,
        ondelete="cascade",
        index="btree_not_null",
        help="Tier after a review under these rules, before any notice or grace.",
    )
    outcome = fields.Selection(OUTCOMES, required=True, readonly=True)
    points = fields.Float(readonly=True, aggregator="avg", digits=(16, 1))
    evidence = fields.Json(readonly=True)
    reasons = fields.Text(compute="_compute_reasons")
    revenue = fields.Monetary("Sold in the Period", readonly=True)
    margin_effect = fields.Monetary(readonly=True)

    _enrollment_unique = models.Constraint(
        "UNIQUE (simulation_id, enrollment_id)", "A partner stands once in a simulation."
    )
