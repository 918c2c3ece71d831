from odoo import api, models


class RelationshipOverview(models.AbstractModel):
    """The step that tries the rules of the tiers."""

    _inherit = "relationship.overview"

    @api.model
    def _overview_steps(self):
        return [*super()._overview_steps(), self._overview_step_simulation()]

    def _overview_step_simulation(self):
        return self._overview_step(
            "simulation",
            sequence=57,
            title=self.env._("Try the rules of your tiers"),
            text=self.env._(
                "Run them on last year's sales: who would move up or down, and what it would cost."
            ),
            model="prm.simulation",
            domain=[("state", "!=", "draft")],
            count_label=self.env._("Simulations"),
            action="relationship_crm.prm_simulation_action",
        )
