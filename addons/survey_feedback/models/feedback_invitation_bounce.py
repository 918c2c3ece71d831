from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

#: when somebody is tried again for whom it failed
AGAIN = timedelta(days=1)
#: how often an e-mail is sent by itself before somebody has to look at the mail server
TRIES = 3
#: time after sending in which a returned e-mail is taken for that of the invitation
RETURN = timedelta(days=5)
#: the outgoing server could not be spoken to, which says nothing of the address
SERVER = ("mail_smtp",)


class FeedbackInvitation(models.Model):
    """E-mails that did not arrive: listed with the reason, sent again, or asked elsewhere.

    Their links stay good: whoever got one by any way may answer.
    """

    _inherit = "feedback.invitation"

    again = fields.Boolean(
        string="To Be Sent Again",
        readonly=True,
        help="The same e-mail is sent once more on the date of the next step.",
    )

    def action_send_again(self):
        """Send these e-mails that did not arrive once more, in the background.

        :raise UserError: nothing came back, or nobody could answer any more
        """
        self.wave_id.check_access("write")
        lost = self.filtered(lambda row: row.state == "bounced" and row.sudo()._can_answer())
        if not lost:
            raise UserError(
                self.env._("Only e-mails that did not arrive, of an open wave, are sent again.")
            )
        lost.sudo().write({"again": True, "next_at": fields.Datetime.now()})
        self.env["relationship.queue"]._wake("survey_feedback.ir_cron_feedback_send")
        return True

    @api.model
    def _mark_bounced(self, ids, note="", server=False):
        """Note that the first e-mails of these invitations did not arrive.

        Whoever was written to before, or is asked elsewhere by now, stays as they are.

        :param str note: what the mail server said
        :param bool server: whether our own server failed: the e-mail is tried again, a few times;
            otherwise the next channel of the program is asked at once
        """
        now = fields.Datetime.now()
        self.flush_model()
        for program, rows in self.browse(ids).exists().grouped("program_id").items():
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE feedback_invitation mine
                       SET state = 'bounced', skip_note = %(note)s, write_date = %(now)s,
                           again = tried.again,
                           next_at = CASE WHEN tried.again THEN %(later)s
                                          WHEN mine.channel_step < %(last)s THEN %(now)s END
                      FROM (SELECT id, %(server)s AND attempts < %(tries)s AS again
                              FROM feedback_invitation WHERE id = ANY(%(ids)s)) tried
                     WHERE mine.id = tried.id AND mine.state IN ('sent', 'opened')
                       AND mine.channel = 'email' AND mine.reminders = 0
                    """,
                    note=(note or "")[:250] or None,
                    now=now,
                    later=now + AGAIN,
                    server=server,
                    tries=TRIES,
                    last=len(program._channels()) - 1,
                    ids=rows.ids,
                )
            )
        self.env.invalidate_all()

    @api.model
    def _mark_returned(self, contacts):
        """Note that what was last sent to these people came back to us."""
        lately = fields.Datetime.now() - RETURN
        sent = self.sudo().search(
            [("contact_id", "in", contacts.ids), ("sent_at", ">", lately)], order="sent_at"
        )
        last = {row.contact_id: row.id for row in sent}
        if last:
            self.sudo()._mark_bounced(list(last.values()), self.env._("The e-mail came back"))

    @api.model
    def _mark_arrived(self, ids):
        """Note that e-mails which had failed went out after all."""
        for row in self.search([("id", "in", ids), ("state", "=", "bounced")]):
            row.write(row._prepare_reached_vals())
            row.next_at = row._next_moment(fields.Datetime.now())

    def _prepare_reached_vals(self):
        """Return what changes on an invitation whose person can be reached after all."""
        self.ensure_one()
        if self.state != "bounced":
            return {}
        return {"state": "sent", "skip_note": False, "again": False}

    def _send_again(self, program):
        """Write to these people anew; return those who can't be written to any more."""
        now = fields.Datetime.now()
        self.env.flush_all()
        wrong = self._wrong_with_channel("email", program.company_id, self._rows())
        fine = self.filtered(lambda row: row.id not in wrong)
        fine._drop_failed_mails()
        for row in fine:
            row.write({**row._prepare_reached_vals(), "attempts": row.attempts + 1})
            row.next_at = row._next_moment(now)
        if fine:
            fine._tell("email")
        return self - fine

    def _drop_failed_mails(self):
        """Let nobody send by hand, besides, what is written anew."""
        self.env["mail.mail"].sudo().search(
            [("model", "=", self._name), ("res_id", "in", self.ids), ("state", "=", "exception")]
        ).cancel()
