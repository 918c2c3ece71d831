from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

#: a segment is found anew when this much has passed since the last time
AGE = timedelta(hours=12)
#: segments of one transaction: who was touched is looked up once for all of them
BATCH = 25


class RelationshipSegment(models.Model):
    """Find who is in a segment, and write only who entered and who left."""

    _inherit = "relationship.segment"

    @api.model
    def _cron_refresh(self):
        """Refresh the segments by rule whose turn it is."""
        self._run_job("refresh_segments", BATCH)

    @api.model
    def _job_refresh_segments(self, limit):
        """Refresh up to ``limit`` segments that nobody else refreshes now."""
        self._take_memory()
        due = self._search_due().try_lock_for_update(limit=limit)
        failed = self._settle(due.ids, self._refresh_ids)
        for segment in self.browse(failed):
            segment.write(
                {"refresh_error": failed[segment.id], "refreshed_at": fields.Datetime.now()}
            )
        return len(self._search_due()) if due else 0

    @api.model
    def _search_due(self):
        """Segments by rule that were not refreshed lately, the longest waiting first."""
        return self.search(
            [
                ("kind", "=", "rule"),
                "|",
                ("refreshed_at", "=", False),
                ("refreshed_at", "<", fields.Datetime.now() - AGE),
            ],
            order="refreshed_at NULLS FIRST, id",
        )

    @api.model
    def _refresh_ids(self, ids):
        segments = self.browse(ids)
        touched = segments._touched()
        for segment in segments._refresh_together(touched):
            segment._refresh_members(touched)
        self.env.flush_all()

    def _refresh_members(self, touched=None):
        """Write who entered this segment and who left it, by one statement, and its size.

        :param dict touched: as :meth:`_touched` gives them, to look only at whom :meth:`_moved`
            names; else at everybody
        """
        self.ensure_one()
        self.env.flush_all()
        day = self.company_id._relationship_today()
        moved = self._moved(day, touched) if touched else None
        if moved is None or moved or not self._has_own_filters():
            self._write_members(day, moved)
        now = fields.Datetime.now()
        judged = self._prepare_judged(day, moved)
        self.write({"refreshed_at": now, "refresh_error": False, **judged})

    def _write_members(self, day, moved):
        """Write who entered and who left.

        :param moved: ids of the commercial partners to look at; None: everybody
        """
        self.env.cr.execute(
            SQL(
                """
                WITH current AS MATERIALIZED (
                    SELECT id, partner_id FROM relationship_segment_member
                     WHERE segment_id = %(segment)s AND left_on IS NULL AND %(whose)s
                ),
                %(wanted)s,
                gone AS (
                    UPDATE relationship_segment_member member
                       SET left_on = greatest(%(day)s, member.entered_on), write_uid = %(uid)s,
                           write_date = now() AT TIME ZONE 'UTC'
                      FROM current
                     WHERE member.id = current.id
                       AND current.partner_id NOT IN (SELECT id FROM wanted)
                    RETURNING member.id
                ),
                come AS (
                    INSERT INTO relationship_segment_member (segment_id, company_id, partner_id,
                           entered_on, create_uid, write_uid, create_date, write_date)
                    SELECT %(segment)s, %(company)s, fresh.id, %(day)s, %(uid)s, %(uid)s,
                           now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                      FROM (SELECT id FROM wanted EXCEPT SELECT partner_id FROM current) fresh
                        ON CONFLICT (segment_id, partner_id) WHERE left_on IS NULL DO NOTHING
                    RETURNING id
                )
                %(outside)s
                SELECT (SELECT count(*) FROM come), (SELECT count(*) FROM gone)
                """,
                whose=self._sql_whose(moved),
                wanted=self._sql_wanted(day, moved),
                outside=self._sql_outside(),
                segment=self.id,
                company=self.company_id.id,
                day=day,
                uid=self.env.uid,
            )
        )
        entered, left = self.env.cr.fetchone()
        self.env["relationship.segment.member"].invalidate_model()
        self.invalidate_recordset(["member_ids", "member_count", "outside"])
        self._note_sizes(day, [(self.id, entered, left)])

    def _count_wanted(self):
        """How many customers fit the rules now."""
        self.env.flush_all()
        wanted = self._sql_wanted(self.company_id._relationship_today())
        return self.env.execute_query(SQL("WITH %s SELECT count(*) FROM wanted", wanted))[0][0]

    def _note_sizes(self, day, moves):
        """Keep the sizes of these segments of one company on a day when they changed.

        :param list moves: (segment id, number who entered, number who left)
        """
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO relationship_segment_size AS old (segment_id, company_id, day, size,
                       entered_count, left_count, create_uid, write_uid, create_date, write_date)
                SELECT segment, %(company)s, %(day)s,
                       (SELECT count(*) FROM relationship_segment_member
                         WHERE segment_id = segment AND left_on IS NULL),
                       entered, gone, %(uid)s, %(uid)s,
                       now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                  FROM unnest(%(segments)s, %(entered)s, %(gone)s) AS move(segment, entered, gone)
                 WHERE entered + gone > 0
                    OR NOT EXISTS (SELECT FROM relationship_segment_size
                                    WHERE segment_id = segment)
                    ON CONFLICT (segment_id, day) DO UPDATE
                   SET size = excluded.size,
                       entered_count = old.entered_count + excluded.entered_count,
                       left_count = old.left_count + excluded.left_count,
                       write_date = excluded.write_date
                """,
                company=self.company_id.id,
                day=day,
                uid=self.env.uid,
                segments=[row[0] for row in moves],
                entered=[row[1] for row in moves],
                gone=[row[2] for row in moves],
            )
        )
        self.env["relationship.segment.size"].invalidate_model()

    # ------------------------------------------------------------ by hand

    def _add_members(self, partners):
        """Put commercial partners into this segment by hand; who is in it already stays.

        :return: the new members
        :raise ValidationError: the segment is by rule
        """
        self.ensure_one()
        if self.kind != "manual":
            raise ValidationError(self.env._("Who is in this segment follows from its rules."))
        members = self.env["relationship.segment.member"]
        partners = partners.commercial_partner_id - self.member_ids.partner_id
        new = members.create(
            [{"segment_id": self.id, "partner_id": partner.id} for partner in partners]
        )
        return new
