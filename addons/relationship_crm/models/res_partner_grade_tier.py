from odoo import fields, models

from ..lib import tier_decision
from ..lib import tiers as tiers_lib
from .res_partner import READERS


class ResPartnerGrade(models.Model):
    """What a tier asks for and gives."""

    _inherit = "res.partner.grade"

    prm_pass_mark = fields.Float(
        "Pass Mark",
        default=100.0,
        groups=READERS,
        help="Points from 0 to 100 from which the tier is earned. 100: every criterion in full.",
    )
    prm_benefit_ids = fields.One2many(
        "prm.benefit", "grade_id", string="Benefits", groups=READERS, copy=True
    )

    _prm_pass_mark_range = models.Constraint(
        "CHECK (prm_pass_mark >= 0 AND prm_pass_mark <= 100)",
        "The pass mark is between 0 and 100.",
    )

    # ------------------------------------------------------------ decision

    def _tier_items(self, evidence):
        """The criteria of this tier as the decision sees them.

        :param evidence: {criterion id: (value, threshold, met)} of one partner, without criteria
            that do not hold on the day
        """
        self.ensure_one()
        asked = [criterion._requirement() for criterion in self.prm_criterion_ids]
        return tier_decision.items(asked, evidence)

    def _tier_earned(self, items):
        """Whether the criteria are attained; a tier without criteria is earned by nobody."""
        return tier_decision.is_earned(items, self.prm_pass_mark)

    def _tier_gaps(self, items, evidence, weeks=None):
        """Points, criteria and what is missing, as plain values in the reader's language.

        :param dict weeks: criterion id → weeks until it is met, as far as known
        """
        self.ensure_one()
        gaps = tiers_lib.gaps(items, self.prm_pass_mark)
        criteria = self.prm_criterion_ids.filtered(lambda one: one.id in evidence)
        texts = {criterion.id: criterion.display_name for criterion in criteria}
        return {
            "points": round(tiers_lib.points(items), 1) if items else 0.0,
            "pass_mark": self.prm_pass_mark,
            "criteria": [
                one._tier_line(*evidence[one.id]) | one._pace_line((weeks or {}).get(one.id))
                for one in criteria
            ],
            "must": [texts[key] for key in gaps.must],
            "options": [[texts[key] for key in keys] for keys in gaps.options],
            "option_paces": [
                criteria._pace_text(_longest((weeks or {}).get(key) for key in keys))
                for keys in gaps.options
            ],
        }


def _longest(weeks):
    """The longest of some times; None when one of them is not known."""
    known = list(weeks)
    return None if None in known else max(known)
