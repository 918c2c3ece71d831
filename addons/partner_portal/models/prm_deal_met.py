from odoo import models
from odoo.tools import SQL

from ..lib.deal_states import FOLLOWING, UNDECIDED
from .prm_deal_find import KEPT
from .prm_deal_verdict import COLUMNS

#: What undecided deals keep that meet some deals now, or met them when they were checked.
KEPT_ROWS = """
    SELECT %(columns)s, rival.submit_no AS place
      FROM prm_deal_match kept
      JOIN prm_deal deal ON deal.id = kept.deal_id
      LEFT JOIN prm_deal rival ON kept.res_model = 'prm.deal' AND rival.id = kept.res_id
     WHERE deal.state = ANY(%(undecided)s) AND deal.id != ALL(%(deals)s)
       AND deal.id IN (SELECT unnest(%(met)s::int[])
                        UNION ALL
                       SELECT deal_id FROM prm_deal_match
                        WHERE res_model = 'prm.deal' AND res_id = ANY(%(deals)s))
  ORDER BY kept.deal_id, kept.id
"""


class PrmDeal(models.Model):
    """What a change of some deals means for those that meet them.

    Where many are at one customer each new one is met by all: they take it into what they keep of
    the others, in place of checking all against all.
    """

    _inherit = "prm.deal"

    def _matches_of_met(self, met):
        """All matches of other undecided deals for which what they know of these has changed.

        :param dict met: what :meth:`_deal_matches` gives for these and those that meet them
        :return: dict {deal id: list of matches}
        """
        changed, again = {}, self.browse()
        if not (met.keys() - set(self._ids) or any(deal.conflict_level for deal in self)):
            return changed  # nobody meets them, and nobody can have met who was never checked
        # an opportunity that a registration stood for is found by itself, or is not any more
        with_lead = any(deal.lead_id or deal.state in FOLLOWING for deal in self)
        news = {deal_id: found for deal_id, found in met.items() if deal_id not in self._ids}
        for deal_id, rows in self._kept_by_met(news).items():
            before = [row for row in rows if row["res_model"] == self._name]
            rest = [row for row in before if row["res_id"] not in self._ids]
            after = self._ranked(rest + news.get(deal_id, []))
            if with_lead or self._may_lack(before, after):
                again |= self.browse(deal_id)
            elif after[:KEPT] != before:
                others = [row for row in rows if row["res_model"] != self._name]
                changed[deal_id] = self._ranked(after[:KEPT] + others)
        return changed | again._matches()

    def _may_lack(self, before, after):
        """Whether some that are not kept may come before the last of these.

        :param before: the registrations that are kept, the surest first
        :param after: all that are known now
        """
        if len(before) < KEPT:
            return False
        last = max(map(self._rank, before))
        return sum(self._rank(row) <= last for row in after) < KEPT

    def _kept_by_met(self, news):
        """What others keep that meet these deals now or met them: {deal id: list of matches}.

        :param news: ids of those that meet them now
        """
        rows = self.env.execute_query_dict(
            SQL(
                KEPT_ROWS,
                columns=SQL(", ").join(SQL.identifier("kept", name) for name in COLUMNS),
                undecided=list(UNDECIDED),
                deals=self.ids,
                met=list(news),
            )
        )
        kept = {deal_id: [] for deal_id in news}
        for row in rows:
            kept.setdefault(row["deal_id"], []).append(row)
        return kept
