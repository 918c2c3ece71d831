from datetime import datetime, time

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..lib.disclosure import LEAST
from ..lib.receipt import is_valid


class FeedbackBallot(models.Model):
    """Who has answered an anonymous wave since the last posting, in one sorted list.

    A note beside each invitation would be written in the order in which people answer; its
    transaction or its place in the table would lead to the answer written just before. So whoever
    brings a receipt goes into a list without order, in one row that is written anew each time, and
    a nightly job notes all of them in one statement, once they are five.
    """

    _name = "feedback.ballot"
    _description = "Anonymous Ballot"
    _inherit = "relationship.job"
    _log_access = False
    _rec_name = "wave_id"

    wave_id = fields.Many2one("feedback.wave", required=True, readonly=True, ondelete="cascade")
    # nobody who answers reads it: whether somebody stands in it is asked of the database
    handed = fields.Json(
        readonly=True, prefetch=False, help="Invitations that brought a receipt, sorted."
    )

    _wave_unique = models.Constraint("UNIQUE (wave_id)", "A wave has one ballot.")

    @api.model
    def _of(self, wave):
        """Return the ballot of a wave."""
        return self.sudo().search([("wave_id", "=", wave.id)], limit=1)

    @api.model
    def _handed_among(self, invitations):
        """Return the ids of those invitations that have brought a receipt and are not posted yet.

        The list itself, which grows as people answer, stays in the database.
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT mine.id FROM feedback_invitation mine
                  JOIN feedback_ballot ballot ON ballot.wave_id = mine.wave_id
                  JOIN LATERAL jsonb_array_elements(ballot.handed) handed(id) ON TRUE
                 WHERE mine.id = ANY(%s) AND handed.id = to_jsonb(mine.id)
                """,
                invitations.ids,
            )
        )
        return {row for (row,) in rows}

    def _take(self, invitation, receipt):
        """Note that the holder of an invitation has answered.

        :param str receipt: what the last page of an anonymous answer showed
        :raise UserError: it is no receipt of this wave, or was brought before
        """
        self.ensure_one()
        if not is_valid(self.wave_id.receipt_key, receipt):
            raise UserError(self.env._("This is not a receipt of this survey."))
        self._lock_in_turn()
        if self._handed_among(invitation):
            return
        if not self.env["feedback.receipt"]._spend(self.wave_id, receipt):
            raise UserError(self.env._("This receipt was brought before."))
        self._add(invitation)

    def _add(self, invitation):
        """Write the list anew, with an invitation in its place."""
        self.env.cr.execute(
            """
            UPDATE feedback_ballot ballot SET handed = (
                   SELECT jsonb_agg(one.id ORDER BY one.id) FROM (
                          SELECT jsonb_array_elements_text(coalesce(ballot.handed, '[]'))::int
                           UNION SELECT %s) AS one(id))
             WHERE ballot.id = %s
            """,
            [invitation.id, self.id],
        )
        self.invalidate_recordset(["handed"])

    # ------------------------------------------------------------ posting

    @api.model
    def _cron_post(self):
        """Post who has answered, the day only."""
        self._run_job("post", 20)

    @api.model
    def _job_post(self, limit):
        """Post up to ``limit`` ballots that hold five people or more; a failing one stops no other.

        :return: how many more hold as many, of those that did not just fail; 0 when nothing went on
        """
        due = self._search_due(limit)
        failed = self._settle(due.ids, lambda ids: [one._post() for one in self.browse(ids)])
        self._list_failed("post", failed)
        if len(failed) == len(due):
            return 0
        return len(self._search_due(len(failed) + 1).filtered(lambda one: one.id not in failed))

    @api.model
    def _search_due(self, limit):
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM feedback_ballot WHERE jsonb_array_length(handed) >= %s"
                " ORDER BY id LIMIT %s",
                LEAST,
                limit,
            )
        )
        return self.browse(row for (row,) in rows)

    def _post(self):
        """Mark the invitations as answered and tell the history: all at once, with the day only."""
        self.ensure_one()
        self._lock_in_turn()
        if len(self.handed or ()) < LEAST:
            return
        invitations = self.env["feedback.invitation"].browse(self.handed)
        day = datetime.combine(self.wave_id.company_id._relationship_today(), time.min)
        day = min(day, fields.Datetime.now())
        self.flush_model()
        self.env.cr.execute(
            SQL(
                "UPDATE feedback_invitation SET state = 'done', done_at = %s, write_date = %s"
                " WHERE id = ANY(%s)",
                day,
                day,
                invitations.ids,
            )
        )
        self.env.invalidate_all()
        self.handed = []
        self.env["relationship.interaction"]._insert(
            [
                invitation._prepare_blind_interaction(day)
                for invitation in invitations.exists().sorted("id")
                if invitation.contact_id
            ]
        )
