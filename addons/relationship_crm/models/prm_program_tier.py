from odoo import models


class PrmProgram(models.Model):
    _inherit = "prm.program"

    def _tiers(self):
        """The program's tiers, the best first."""
        self.ensure_one()
        return self.grade_ids.filtered("active").sorted(lambda tier: (tier.sequence, tier.id))
