from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import formatLang

from ..lib import tier_decision

#: direction in which an operator asks for more: True where a higher value is better
DIRECTION = {">=": True, ">": True, "<=": False, "<": False}


class RelationshipCriterion(models.Model):
    """A criterion as part of a tier: how far a partner attains it."""

    _inherit = "relationship.criterion"

    @api.constrains("grade_id", "simulated_grade_id", "metric_id", "operator")
    def _check_tier_direction(self):
        """A tier asks for more of what is better; the contrary would be met by everybody."""
        for criterion in self.filtered(lambda one: one.grade_id or one.simulated_grade_id).sudo():
            higher = criterion.metric_id.higher_is_better
            if DIRECTION.get(criterion.operator, higher) != higher:
                raise ValidationError(
                    self.env._(
                        "%(metric)s is better when it is higher: a tier asks for at least so much.",
                        metric=criterion.metric_id.name,
                    )
                    if higher
                    else self.env._(
                        "%(metric)s is better when it is lower: a tier asks for at most so much.",
                        metric=criterion.metric_id.name,
                    )
                )

    @api.onchange("metric_id")
    def _onchange_metric_id(self):
        higher = self.sudo().metric_id.higher_is_better
        tier = self.grade_id or self.simulated_grade_id or self.simulation_id
        if tier and self.metric_id and DIRECTION.get(self.operator, higher) != higher:
            self.operator = ">=" if higher else "<="

    def _requirement(self):
        """The criterion as the decision sees it, without a partner."""
        self.ensure_one()
        return tier_decision.Requirement(
            self.id,
            self.weight,
            self.must,
            self.alternative,
            self.sudo().metric_id.higher_is_better,
            self.when_missing == "ignore",
        )

    def _tier_line(self, value, threshold, met):
        """The criterion with a partner's value, as plain values in the reader's language."""
        part = tier_decision.attained(self._requirement(), (value, threshold, met))
        return {
            "id": self.id,
            "text": self.display_name,
            "value": value,
            "value_text": self._tier_value_text(value),
            "threshold": threshold,
            "attainment": round(1.0 if part is None else part, 4),
            "must": self.must,
            "met": part is None or part == 1.0,
        }

    def _tier_value_text(self, value):
        if value is None:
            return self.env._("not enough data")
        return formatLang(self.env, value, digits=0 if value == int(value) else 2)
