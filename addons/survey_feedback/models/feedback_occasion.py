from odoo import api, fields, models
from odoo.tools import SQL

#: events this many days older than asked for are still taken, so that a server that stood still
#: for a while leaves nobody out
LOOKBACK = 14
#: events of a kind that nobody was asked about yet, noted as taken; a company's days
TAKE = """
    INSERT INTO feedback_occasion (program_id, company_id, interaction_id,
           create_uid, write_uid, create_date, write_date)
    SELECT %(program)s, %(company)s, event.id, %(uid)s, %(uid)s, %(now)s, %(now)s
      FROM relationship_interaction event
     WHERE event.kind_id = %(kind)s AND event.company_id = %(company)s
       AND coalesce(event.contact_id, event.partner_id) IS NOT NULL
       AND event.occurred_at >= %(first)s::date::timestamp AT TIME ZONE %(zone)s AT TIME ZONE 'UTC'
       AND event.occurred_at < (%(last)s::date + 1)::timestamp AT TIME ZONE %(zone)s
                               AT TIME ZONE 'UTC'
        ON CONFLICT (program_id, interaction_id) DO NOTHING
 RETURNING interaction_id
"""
#: who was asked about them: the person of the event, else whoever was drawn of the company
NAME_ASKED = """
    UPDATE feedback_occasion occasion SET invitation_id = asked.id
      FROM (SELECT DISTINCT ON (event.id) event.id AS interaction_id, mine.id
              FROM relationship_interaction event
              JOIN res_partner contact ON contact.id = coalesce(event.contact_id, event.partner_id)
              JOIN feedback_invitation mine
                ON mine.wave_id = %(wave)s AND mine.partner_id = contact.commercial_partner_id
             WHERE event.id = ANY(%(events)s)
             ORDER BY event.id, mine.contact_id = contact.id DESC, mine.id DESC) asked
     WHERE occasion.program_id = %(program)s AND occasion.interaction_id = asked.interaction_id
"""


class FeedbackOccasion(models.Model):
    """Something that happened which a program asks about: taken once, whatever came of it."""

    _name = "feedback.occasion"
    _description = "Occasion to Ask"
    _order = "id desc"
    _rec_name = "summary"

    program_id = fields.Many2one(
        "feedback.program", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    interaction_id = fields.Many2one(
        "relationship.interaction",
        string="What Happened",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    kind_id = fields.Many2one(related="interaction_id.kind_id")
    occurred_at = fields.Datetime(related="interaction_id.occurred_at")
    summary = fields.Char(related="interaction_id.summary")
    invitation_id = fields.Many2one(
        "feedback.invitation",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="Who was drawn because of it. Empty: the filters of the program found nobody.",
    )

    _taken_unique = models.Constraint(
        "UNIQUE (program_id, interaction_id)", "A program asks once about what happened."
    )

    @api.model
    def _take(self, program, first, last):
        """Note the events of a program that nobody was asked about yet.

        :param program: ``feedback.program`` that asks after something happened
        :param date first: day of the oldest events, in the company of the program
        :param date last: day of the newest ones
        :return: ids of their ``relationship.interaction`` records
        """
        self.flush_model()
        company = program.company_id
        rows = self.env.execute_query(
            SQL(
                TAKE,
                program=program.id,
                company=company.id,
                kind=program.after_kind_id.id,
                first=first,
                last=last,
                zone=company._relationship_tz(),
                uid=self.env.uid,
                now=fields.Datetime.now(),
            )
        )
        return sorted(row for (row,) in rows)

    @api.model
    def _name_asked(self, wave, events):
        """Note whom a wave drew because of these events.

        :param list events: ids of ``relationship.interaction`` records
        """
        self.env.cr.execute(
            SQL(NAME_ASKED, wave=wave.id, program=wave.program_id.id, events=list(events))
        )
        self.invalidate_model(["invitation_id"])
