from datetime import timedelta

from odoo import api, models

from ..lib import pace as pace_lib

#: units of which a calendar period collects more and more, beginning at nothing
COLLECTED = ("money", "count")


class RelationshipCriterion(models.Model):
    """When partners meet a criterion if they go on as in the last four weeks."""

    _inherit = "relationship.criterion"

    def _weeks_to_go(self, partner_ids, company, day, evidence):
        """Weeks until these criteria are met; one look back for all partners.

        :param evidence: what :meth:`_evaluate` gave for the same partners and day
        :return: {partner id: {criterion id: weeks, 0 when met, None when not known}}
        """
        before = day - timedelta(days=pace_lib.LOOK_BACK)
        former = self._evaluate(partner_ids, company, before)
        bases = {criterion.id: criterion._pace_base(day, before) for criterion in self}
        higher = {criterion.id: criterion.sudo().metric_id.higher_is_better for criterion in self}
        return {
            partner: {
                key: 0
                if met
                else self._weeks_of(
                    value, threshold, former[partner].get(key), bases[key], higher[key]
                )
                for key, (value, threshold, met) in found.items()
            }
            for partner, found in evidence.items()
        }

    @api.model
    def _weeks_of(self, value, threshold, former, base, higher):
        days, from_nothing = base
        earlier = 0.0 if from_nothing else former and former[0]
        return pace_lib.weeks_to_go(value, earlier, days, threshold, higher)

    def _pace_base(self, day, before):
        """What the pace is measured from: (days, whether the period began at nothing since).

        A calendar period that began since is measured from its beginning; a past one stands still.
        """
        self.ensure_one()
        if self.window_kind in ("rolling", "ever"):
            return pace_lib.LOOK_BACK, False
        if self.lag:
            return 0, False
        start = self._rule(day).window[0]
        if start == self._rule(before).window[0]:
            return pace_lib.LOOK_BACK, False
        collected = self.sudo().metric_id.unit in COLLECTED
        return (day - start).days if collected else 0, True

    def _pace_line(self, weeks):
        """The pace of a criterion for its line in a progress."""
        return {"weeks": weeks, "pace_text": self._pace_text(weeks)}

    @api.model
    def _pace_text(self, weeks):
        """In words: "at today's pace in 7 weeks"; empty when it is met or not known."""
        if not weeks:
            return ""
        if weeks == 1:
            return self.env._("at today's pace in one week")
        return self.env._("at today's pace in %s weeks", weeks)
