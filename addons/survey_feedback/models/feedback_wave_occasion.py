from datetime import datetime
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .feedback_wave_draw import PORTION

#: people of the events: the person it happened with; where only a company is known, or the person
#: is no contact of it any more, whoever would be drawn of that company
OF_EVENTS = """
    WITH event AS (
        SELECT contact.id AS contact_id, contact.commercial_partner_id AS partner_id
          FROM relationship_interaction event
          JOIN res_partner contact ON contact.id = coalesce(event.contact_id, event.partner_id)
         WHERE event.id = ANY(%(events)s)
    ), known AS (
        SELECT person.contact_id, person.partner_id
          FROM person JOIN event ON event.contact_id = person.contact_id
         WHERE person.below
            OR NOT EXISTS (SELECT FROM person other
                            WHERE other.partner_id = person.partner_id AND other.below)
    )
    SELECT contact_id, partner_id FROM known
     UNION
    SELECT contact_id, partner_id FROM (%(drawn)s) drawn
     WHERE partner_id IN (SELECT partner_id FROM event
                           WHERE contact_id NOT IN (SELECT contact_id FROM known))
"""
#: whether a customer is one that events are about
OF_CUSTOMERS = """%s IN (
    SELECT contact.commercial_partner_id
      FROM relationship_interaction event
      JOIN res_partner contact ON contact.id = coalesce(event.contact_id, event.partner_id)
     WHERE event.id = ANY(%s))"""
#: who was left out may be asked about what happened later in the month
TAKE_UP_AGAIN = """DO UPDATE SET state = 'drawn', skip_reason = NULL, skip_note = NULL,
       seed_rank = excluded.seed_rank, channel = excluded.channel, channel_step = 0
 WHERE feedback_invitation.state = 'skipped'"""


class FeedbackWave(models.Model):
    """The wave of a month: it grows with what happens, until the next one begins."""

    _inherit = "feedback.wave"

    month = fields.Date(
        readonly=True,
        copy=False,
        help="First day of the month whose events the wave asks about, by the day of asking.",
    )

    @api.model
    def _begin_month(self, program, month):
        """Open the wave of a month, without anybody in it yet.

        It takes answers until so many days after its last question.

        :param date month: first day of the month
        """
        program._check_survey()
        wave = self.create(
            {"program_id": program.id, "month": month, "name": f"{program.name} {month:%Y-%m}"}
        )
        wave.closes_at = wave._month_closes_at()
        groups = self.env["feedback.stratum"]
        groups.create(groups._prepare_vals(wave))
        wave.write({"state": "drawn", "drawn_at": fields.Datetime.now()})
        wave.write(wave._prepare_send_vals())
        return wave

    def _month_closes_at(self):
        """Return when the wave of a month is closed (UTC)."""
        last = self.month + relativedelta(months=1, days=self.program_id.open_days)
        zone = ZoneInfo(self.company_id._relationship_tz())
        midnight = datetime(last.year, last.month, last.day, tzinfo=zone)
        return midnight.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)

    def _add_occasions(self, events):
        """Draw whom these events are about, as every wave draws, and let them be written to.

        :param list events: ids of ``relationship.interaction`` records
        """
        self.ensure_one()
        wave = self.sudo().with_context(feedback_events=tuple(events))
        self.env.flush_all()
        self.env.cr.execute(wave._draw_sql(wave._live_strata()))
        self.env.invalidate_all()
        self.env["feedback.occasion"].sudo()._name_asked(self, events)
        wave._count_population()
        wave.population = sum(wave.stratum_ids.mapped("population"))
        wave._skip_added()
        self.env["feedback.invitation"]._queue_drawn(wave)
        wave._open_when_sent()
        self.env["relationship.queue"]._wake("survey_feedback.ir_cron_feedback_send")

    def _live_strata(self):
        """Return the groups that people can be put into; the last one is for all others."""
        return self.stratum_ids.filtered("quota_id") + self.stratum_ids[-1:]

    def _skip_added(self):
        """Skip whom not to ask of those drawn now, and those beyond the quotas."""
        drawn = self._ids_in("state = 'drawn'")
        invitations = self.env["feedback.invitation"]
        for start in range(0, len(drawn), PORTION):
            invitations.browse(drawn[start : start + PORTION])._skip_whom_not_to_ask()
            self.env.invalidate_all()
        shared = invitations._same_address(self._ids_in("state <> 'skipped'"))
        drawn = set(self._ids_in("state = 'drawn'"))
        invitations._mark_skipped({row: why for row, why in shared.items() if row in drawn})
        invitations._mark_skipped(self._beyond_quotas())

    def _ids_in(self, condition):
        """Return the ids of the invitations of this wave that a condition holds for."""
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM feedback_invitation WHERE wave_id = %s AND %s ORDER BY seed_rank",
                self.id,
                SQL(condition),
            )
        )
        return [row for (row,) in rows]

    def _beyond_quotas(self):
        """Return whom of those drawn now the quota of their group has no place for any more."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id, name FROM (
                    SELECT mine.id, mine.state, stratum.name, stratum.sample_size,
                           row_number() OVER (PARTITION BY mine.stratum_id
                                              ORDER BY mine.state = 'drawn', mine.seed_rank, mine.id
                           ) AS place
                      FROM feedback_invitation mine
                      JOIN feedback_stratum stratum ON stratum.id = mine.stratum_id
                     WHERE mine.wave_id = %s AND mine.state <> 'skipped'
                       AND stratum.sample_size > 0
                ) asked WHERE state = 'drawn' AND place > sample_size
                """,
                self.id,
            )
        )
        return {row: ("quota", name) for row, name in rows}

    # ------------------------------------------------------------ the draw, of events

    def _account_query(self):
        """Of the customers of the program, those that the events are about."""
        query = super()._account_query()
        events = self.env.context.get("feedback_events")
        if events is not None:
            query.add_where(SQL(OF_CUSTOMERS, SQL.identifier(query.table, "id"), list(events)))
        return query

    @api.model
    def _chosen_sql(self, roles):
        """Of the people of a company, those that the events are about."""
        drawn = super()._chosen_sql(roles)
        events = self.env.context.get("feedback_events")
        if events is None:
            return drawn
        return SQL(OF_EVENTS, events=list(events), drawn=drawn)

    def _last_rank(self):
        """Those of later events come after those drawn before."""
        last = super()._last_rank()
        if self.env.context.get("feedback_events") is None:
            return last
        rows = self.env.execute_query(
            SQL("SELECT max(seed_rank) FROM feedback_invitation WHERE wave_id = %s", self.id)
        )
        return rows[0][0] or last

    def _drawn_again_sql(self):
        """Who was left out before is looked at anew."""
        again = super()._drawn_again_sql()
        return again if self.env.context.get("feedback_events") is None else SQL(TAKE_UP_AGAIN)
