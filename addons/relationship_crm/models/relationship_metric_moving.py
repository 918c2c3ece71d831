from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from ..lib import windows as windows_lib


class RelationshipMetric(models.Model):
    """Whose values time alone can have changed: who has a row that entered or left a window."""

    _inherit = "relationship.metric"

    @api.model
    def _windowed_codes(self):
        """Hook: codes whose value follows from the rows dated within the window, and nothing else.

        Whoever such a row belongs to (and belonged to, before it changed) has its profile touched
        when it changes; see ``_queue_changed`` of profiles. Extend with ``super()`` only where
        both hold: segments look again only at those who were touched or whose rows cross an edge
        of a window. A code that is not named is worked out anew for everybody.
        """
        return {
            "revenue_ordered",
            *self._margin_codes("margin"),
            "orders",
            "average_order",
            "repeat_rate",
            "days_between_purchases",
            "units_sold",
            "revenue_invoiced",
            "refund_rate",
            "interactions",
            "contacts_engaged",
            "opportunities_won",
            "win_rate",
        }

    @api.model
    def _moving_query(self, needs, company):
        """Query of the commercial partners (``partner_id``) who have a row that crossed an edge.

        :param needs: iterable of (code, window as of then, window as of now); every code one of
            :meth:`_windowed_codes`
        :param company: the one company, record of ``res.company``
        :return: SQL, or None where no window moved
        """
        source = self._source_by_code()
        asked = defaultdict(set)
        for code, former, current in needs:
            asked[source[code]].update(windows_lib.edges(former, current))
        # all spans of a source at once: planning is most of the work of a night with few changes
        queries = [
            SQL(
                "SELECT partner_id FROM (%s) s WHERE partner_id IS NOT NULL",
                self._source_query(name, [(span, *span) for span in sorted(spans)], company),
            )
            for name, spans in sorted(asked.items())
            if spans
        ]
        return SQL(" UNION ").join(queries) if queries else None
