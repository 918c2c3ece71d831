from odoo import fields, models
from odoo.tools import SQL

from ..sql_rows import array


class RelationshipSegment(models.Model):
    """A night in which little changed: the segments of a company are judged by one statement.

    Each of its sources is asked once, about the customers that any of the segments has to look at.
    """

    _inherit = "relationship.segment"

    def _refresh_together(self, touched):
        """Refresh those of these segments that only few customers can have entered or left.

        :param dict touched: as :meth:`_touched` gives them
        :return: the other segments, which are not refreshed
        """
        self.env.flush_all()
        done = self.browse()
        for company, segments in self.grouped("company_id").items():
            day = company._relationship_today()
            some = segments.filtered(
                lambda segment, day=day: (
                    segment._has_own_filters()
                    and segment._can_look_at_some(segment.criterion_ids._valid_on(day).sudo(), day)
                )
            )
            moved = some._moved_together(day, touched)
            if some and some[0]._is_few(moved):
                some._write_together(day, moved)
                done |= some
        return self - done

    def _moved_together(self, day, touched):
        """Ids of the customers that one of these segments, all of a company, has to look at."""
        moved, needs = set(), []
        for segment in self:
            rules = segment.criterion_ids._valid_on(day).sudo()
            moved.update(touched[segment.company_id, segment.judged_at])
            needs += rules._needs_since(segment.judged_on, day)
        moving = needs and self.env["relationship.metric"]._moving_query(needs, self.company_id)
        if moving:
            moved.update(id_ for (id_,) in self.env.execute_query(moving))
        return sorted(moved)

    def _write_together(self, day, moved):
        """Write who of these customers entered and left these segments, and their sizes."""
        if moved:
            rows = self.env.execute_query(self._query_together(day, moved))
            self._note_sizes(day, rows)
            self.env["relationship.segment.member"].invalidate_model()
            self.invalidate_recordset(["member_ids", "member_count"])
        now = fields.Datetime.now()
        self.write(
            {"refreshed_at": now, "refresh_error": False, **self._prepare_judged(day, moved)}
        )

    def _query_together(self, day, moved):
        """Statement that writes; it gives (segment id, number who entered, number who left)."""
        parts, wanted = self._sql_wanted_together(day, moved)
        return SQL(
            """
            WITH %(parts)s
            wanted(segment_id, partner_id) AS MATERIALIZED (%(wanted)s),
            current AS MATERIALIZED (
                SELECT id, segment_id, partner_id FROM relationship_segment_member
                 WHERE segment_id = ANY(%(segments)s) AND left_on IS NULL
                   AND partner_id = ANY(%(moved)s)
            ),
            gone AS (
                UPDATE relationship_segment_member member
                   SET left_on = greatest(%(day)s, member.entered_on), write_uid = %(uid)s,
                       write_date = now() AT TIME ZONE 'UTC'
                  FROM current
                 WHERE member.id = current.id
                   AND (current.segment_id, current.partner_id) NOT IN (SELECT * FROM wanted)
                RETURNING member.segment_id
            ),
            come AS (
                INSERT INTO relationship_segment_member (segment_id, company_id, partner_id,
                       entered_on, create_uid, write_uid, create_date, write_date)
                SELECT fresh.segment_id, %(company)s, fresh.partner_id, %(day)s, %(uid)s, %(uid)s,
                       now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                  FROM (SELECT segment_id, partner_id FROM wanted
                        EXCEPT SELECT segment_id, partner_id FROM current) fresh
                    ON CONFLICT (segment_id, partner_id) WHERE left_on IS NULL DO NOTHING
                RETURNING segment_id
            )
            SELECT segment_id, sum(entered)::int, sum(gone)::int
              FROM (SELECT unnest(%(segments)s) AS segment_id, 0 AS entered, 0 AS gone
                     UNION ALL SELECT segment_id, 1, 0 FROM come
                     UNION ALL SELECT segment_id, 0, 1 FROM gone) counted
             GROUP BY segment_id
            """,
            parts=parts,
            wanted=wanted,
            segments=array(self.ids, "int"),
            moved=array(moved, "int"),
            company=self.company_id.id,
            day=day,
            uid=self.env.uid,
        )

    def _sql_wanted_together(self, day, moved):
        """Table expressions of the sources, and the query of (segment id, partner id)."""
        judged, queries = [], []
        for segment in self:
            fit = segment._query_wanted(moved)
            if segment.criterion_ids:
                judged.append((segment, fit))
            else:
                queries.append(SQL("SELECT %s, id FROM %s AS fit(id)", segment.id, fit))
        parts, passing = self.criterion_ids._passing_together(
            [segment.criterion_ids for segment, _fit in judged], self.company_id, day, moved
        )
        for (segment, fit), query in zip(judged, passing, strict=True):
            if query:
                queries.append(
                    SQL(
                        "SELECT %s, partner_id FROM (%s) passing"
                        " WHERE partner_id IN (SELECT id FROM %s AS fit(id))",
                        segment.id,
                        query,
                        fit,
                    )
                )
        listed = SQL("").join(SQL("%s,", part) for part in parts)
        none = SQL("SELECT NULL::int, NULL::int WHERE FALSE")
        return listed, SQL(" UNION ALL ").join(queries) if queries else none
