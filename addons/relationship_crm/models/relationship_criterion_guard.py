from odoo import models

from .prm_program_guard import MONTHS


class RelationshipCriterion(models.Model):
    """Which criteria can be compared from tier to tier."""

    _inherit = "relationship.criterion"

    def _is_amount(self):
        """Whether it asks for at least a sum or number, in months that can be compared."""
        self.ensure_one()
        return (
            self.compare_to == "constant"
            and self.operator in (">=", ">")
            and self.window_kind in MONTHS
            and self.threshold > 0
            and self.metric_id.unit in ("money", "count")
        )

    def _guard_key(self):
        """What two tiers ask for alike: metric and window."""
        return (self.metric_id.id, *self._window_key())
