from odoo import api, models


class PrmSimulationRule(models.AbstractModel):
    """A part of the rules of a draft: it stays as it is once the draft is published."""

    _name = "prm.simulation.rule"
    _description = "Rule in a Simulation"

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        rules.simulation_id._check_not_published()
        return rules

    def write(self, vals):
        """Refuse other rules for a draft that was published.

        :raise UserError: it was
        """
        self.simulation_id._check_not_published()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_published(self):
        self.simulation_id._check_not_published()
