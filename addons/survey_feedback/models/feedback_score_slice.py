from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from ..lib.disclosure import LEAST, OTHERS, shown
from ..lib.figures import Counts

#: one value for each answer: grouping → its column in ANSWERS
SINGLE = ("touchpoint", "channel", "owner", "tier", "month")
#: groupings of sealed waves, the most telling first: later ones are shown while nobody is found
SEALED_ORDER = ("tier", "channel", "touchpoint", "owner", "month")
COUNTS = """count(*), count(*) FILTER (WHERE band = 'high'), count(*) FILTER (WHERE band = 'low'),
            sum(value), sum(value * value)"""
ANSWERS = """
    SELECT score.id, score.user_input_id, score.metric, score.dimension_id, score.value, score.band,
           score.touchpoint_id AS touchpoint, score.channel, score.partner_id, score.contact_id,
           score.answered_on, partner.user_id AS owner, partner.grade_id AS tier,
           date_trunc('month', score.answered_on AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date
               AS month
      FROM feedback_score score
      LEFT JOIN res_partner partner ON partner.id = score.partner_id
     WHERE score.id IN %(scores)s
"""
SLICES = """
    WITH answer AS MATERIALIZED (%(answers)s)
    SELECT metric, dimension_id, %(grouping)s, coalesce(%(cell)s), %(counts)s
      FROM answer
     GROUP BY GROUPING SETS ((metric, dimension_id), %(sets)s)
     UNION ALL
    SELECT metric, dimension_id, 'segment', member.segment_id::text, %(counts)s
      FROM answer
      JOIN relationship_segment_member member
        ON member.partner_id = answer.partner_id AND member.entered_on <= answer.answered_on
       AND (member.left_on IS NULL OR member.left_on > answer.answered_on)
      JOIN relationship_segment segment ON segment.id = member.segment_id AND segment.active
     GROUP BY metric, dimension_id, member.segment_id
     UNION ALL
    SELECT metric, dimension_id, 'role', rel.%(role)s::text, %(counts)s
      FROM answer JOIN %(relation)s rel ON rel.%(partner)s = answer.contact_id
     GROUP BY metric, dimension_id, rel.%(role)s
"""


class FeedbackScore(models.Model):
    """Answers counted by everything one wants to compare, in one statement."""

    _inherit = "feedback.score"

    @api.model
    def _count_slices(self, domain, company):
        """Count answers, altogether and by each grouping.

        :param domain: which scores, of those that the caller may read
        :param company: whose days and months count
        :return: {(grouping, cell): {(metric, dimension id or None): Counts}}; the grouping of all
            together is None, a cell is a text (an id, a channel, the first day of a month) or None
        """
        self.env["relationship.job"]._take_memory()
        role = self.env["res.partner"]._fields["relationship_role_ids"]
        statement = SQL(
            SLICES,
            answers=self._answers_sql(domain, company),
            grouping=self._grouping_sql(),
            cell=SQL(", ").join(SQL("%s::text", SQL.identifier(name)) for name in SINGLE),
            sets=SQL(", ").join(
                SQL("(metric, dimension_id, %s)", SQL.identifier(name)) for name in SINGLE
            ),
            counts=SQL(COUNTS),
            relation=SQL.identifier(role.relation),
            partner=SQL.identifier(role.column1),
            role=SQL.identifier(role.column2),
        )
        found = defaultdict(dict)
        for metric, dimension, grouping, cell, *counts in self.env.execute_query(statement):
            found[grouping, cell][metric, dimension] = Counts(*counts)
        return dict(found)

    @api.model
    def _count_whole(self, domain):
        """Return {(metric, dimension id or None): Counts} of answers altogether."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT metric, dimension_id, %s FROM feedback_score WHERE id IN %s"
                " GROUP BY metric, dimension_id",
                SQL(COUNTS),
                self._search(domain).subselect(),
            )
        )
        return {(metric, dimension): Counts(*counts) for metric, dimension, *counts in rows}

    @api.model
    def _grouping_sql(self):
        """Return the name of the grouping that a row is of; nothing for all together."""
        return SQL(
            "CASE %s END",
            SQL(" ").join(
                SQL("WHEN grouping(%s) = 0 THEN %s", SQL.identifier(name), name) for name in SINGLE
            ),
        )

    @api.model
    def _answers_sql(self, domain, company):
        """Return the query of answers with the cell of each in every grouping of ``SINGLE``."""
        self.env.flush_all()
        return SQL(
            ANSWERS, scores=self._search(domain).subselect(), zone=company._relationship_tz()
        )

    @api.model
    def _count_sealed(self, domain, company):
        """Count answers that single people must not be found in.

        Each group that can be worked out from what is returned, by whatever sums and differences
        of its figures, has five people or more: see ``lib/disclosure.py``.

        :return: as :meth:`_count_slices`, small cells together in the cell ``OTHERS``
        """
        rows = self.env.execute_query_dict(self._answers_sql(domain, company))
        by_measure = defaultdict(list)
        for row in rows:
            by_measure[row["metric"], row["dimension_id"]].append(row)
        found = defaultdict(dict)
        for measure, answers in by_measure.items():
            for (grouping, cell), counts in self._seal(answers).items():
                found[grouping, cell][measure] = counts
        return dict(found)

    @api.model
    def _seal(self, answers):
        """Return {(grouping, cell): Counts} of the answers to one measure, as far as shown."""
        people = {row["user_input_id"] for row in answers}
        groupings = [
            (name, {row["user_input_id"]: row[name] and str(row[name]) for row in answers})
            for name in SEALED_ORDER
        ]
        if len(people) < LEAST:
            return {}
        whole, cells = dict.fromkeys(people), shown(sorted(people), groupings)
        found = {}
        for grouping, cell_of in {None: whole, **cells}.items():
            values = defaultdict(list)
            for row in answers:
                values[cell_of[row["user_input_id"]]].append(row)
            for cell, members in values.items():
                found[grouping, cell] = self._count(members)
        return found

    @api.model
    def _count(self, answers):
        """Return the counts of answers given as rows."""
        values = [row["value"] for row in answers]
        bands = [row["band"] for row in answers]
        return Counts(
            len(values),
            bands.count("high"),
            bands.count("low"),
            sum(values),
            sum(value * value for value in values),
        )

    @api.model
    def _slice_labels(self, grouping, cells):
        """Return {cell: what a reader sees}.

        :param grouping: one of the groupings
        :param cells: its cells, as texts
        """
        texts = [cell for cell in cells if cell and cell != OTHERS]
        labels = {None: self.env._("None"), OTHERS: self.env._("Others")}
        model = {
            "touchpoint": "feedback.touchpoint",
            "owner": "res.users",
            "tier": "res.partner.grade",
            "segment": "relationship.segment",
            "role": "relationship.role",
        }.get(grouping)
        if model:
            records = self.env[model].sudo().with_context(active_test=False)
            found = records.browse(map(int, texts)).exists()
            return labels | {str(record.id): record.display_name for record in found}
        if grouping == "channel":
            return labels | dict(self._fields["channel"]._description_selection(self.env))
        return labels | {text: text[:7] for text in texts}
