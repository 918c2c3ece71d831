from odoo import models
from odoo.tools import SQL

from ..lib.weighted import Group, weighted_nps

GROUPS = """
    SELECT stratum.population, count(*) FILTER (WHERE score.band = 'high'),
           count(*) FILTER (WHERE score.band = 'low'), count(*)
      FROM feedback_score score
      JOIN feedback_invitation mine ON mine.user_input_id = score.user_input_id
      JOIN feedback_stratum stratum ON stratum.id = mine.stratum_id
     WHERE score.wave_id = %s AND mine.wave_id = %s AND score.metric = 'nps'
     GROUP BY stratum.id
"""


class FeedbackWave(models.Model):
    """The score of all people, where quotas asked some groups more than others."""

    _inherit = "feedback.wave"

    def _weighted_nps(self):
        """Return the net promoter score in which each group counts by its people.

        :return: ``lib.nps.Score``; None where weights change nothing (one group), where nobody has
            answered, and where nobody may know which group an answer comes from
        """
        self.ensure_one()
        if self.is_sealed or len(self.stratum_ids) < 2:
            return None
        self.env.flush_all()
        rows = self.env.execute_query(SQL(GROUPS, self.id, self.id))
        return weighted_nps(Group(*row) for row in rows) if len(rows) > 1 else None

    def _result_measures(self, now, earlier):
        """The weighted score stands after the plain one."""
        measures = super()._result_measures(now, earlier)
        score = self._weighted_nps() if ("nps", None) in now else None
        if score:
            plain = next(n for n, one in enumerate(measures) if one["metric"] == "nps")
            row = {**self._measure(("nps", None)), **score._asdict()}
            row |= {"label": self.env._("NPS, weighted"), "change": None}
            measures.insert(plain + 1, row)
        return measures

    def _result_weighting(self, measures):
        """Say whether figures are weighted: a number without that can't be compared.

        :param list measures: as returned by ``_result_measures``
        """
        if not measures:
            return ""
        if sum(one["metric"] == "nps" for one in measures) > 1:
            return self.env._(
                "Weighted: each group counts by the number of its people (an answer by people ÷ "
                "answers). All other figures are not weighted: every answer counts once."
            )
        return self.env._("Not weighted: every answer counts once.")
