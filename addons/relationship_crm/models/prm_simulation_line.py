from odoo import api, fields, models

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

    @api.depends("evidence")
    @api.depends_context("lang")
    def _compute_reasons(self):
        ids = {part["criterion_id"] for line in self for part in line.evidence or []}
        criteria = self.env["relationship.criterion"].browse(ids).exists()
        known = {criterion.id: criterion for criterion in criteria}
        for line in self:
            line.reasons = "\n".join(
                self._reason(known[part["criterion_id"]], part)
                for part in line.evidence or []
                if part["criterion_id"] in known
            )

    def _reason(self, criterion, part):
        """One criterion with the partner's value, in words."""
        value = criterion._tier_value_text(part["value"])
        if part["met"]:
            return self.env._(
                "%(criterion)s: %(value)s, met", criterion=criterion.display_name, value=value
            )
        return self.env._(
            "%(criterion)s: %(value)s, not met", criterion=criterion.display_name, value=value
        )

    def action_open_enrollment(self):
        """Open the enrollment behind a line.

        :return: window action on ``prm.enrollment``
        """
        self.ensure_one()
        self.check_access("read")
        return self.enrollment_id.get_formview_action()
