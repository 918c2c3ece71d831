from odoo import models
from odoo.tools import formatLang

from ..lib import criteria as criteria_lib
from ..lib.tiers import Item


class RelationshipCriterion(models.Model):
    """A criterion as part of a tier: how far a partner attains it."""

    _inherit = "relationship.criterion"

    def _tier_attainment(self, value, threshold, met):
        """From 0 to 1; met is met, whatever the operator."""
        higher = self.sudo().metric_id.higher_is_better
        return 1.0 if met else criteria_lib.attainment(value, threshold, higher)

    def _tier_item(self, value, threshold, met):
        """The criterion as the decision sees it; None where want of data leaves it out."""
        if value is None and self.when_missing == "ignore":
            return None
        attained = self._tier_attainment(value, threshold, met)
        return Item(self.id, self.weight, attained, self.must, self.alternative)

    def _tier_line(self, value, threshold, met):
        """The criterion with a partner's value, as plain values in the reader's language."""
        return {
            "id": self.id,
            "text": self.display_name,
            "value": value,
            "value_text": self._tier_value_text(value),
            "threshold": threshold,
            "attainment": round(self._tier_attainment(value, threshold, met), 4),
            "must": self.must,
            "met": bool(met),
        }

    def _tier_value_text(self, value):
        if value is None:
            return self.env._("not enough data")
        return formatLang(self.env, value, digits=0 if value == int(value) else 2)
