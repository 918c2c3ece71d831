from odoo import api, fields, models
from odoo.tools import SQL

from ..lib.token import new_token, token_hash
from .feedback_wave import CALLING

#: invitations of one batch, which is one transaction
BATCH = 200


class FeedbackInvitation(models.Model):
    """Sending: each message in the transaction that notes it as sent.

    Whom not to ask is decided in ``feedback_invitation_check.py``, reminders and further channels
    in ``feedback_invitation_follow.py``.
    """

    _inherit = "feedback.invitation"

    @api.model
    def _cron_send(self):
        """Send what waits, then remind and go on to the next channel."""
        self._run_job("send", BATCH)
        self._run_job("follow", BATCH)

    @api.model
    def _job_send(self, limit):
        """Send up to ``limit`` invitations.

        Their state and their messages are written in one transaction: a server that dies in
        between leaves neither, one that dies later leaves both.

        :return: number of invitations that still wait, counted up to a thousand
        """
        claimed = self._claim_queued(limit)
        if not claimed:
            return 0
        self.env["feedback.contact.lock"]._bump(claimed.contact_id.ids)
        sending = claimed._skip_whom_not_to_ask()
        failed = self._settle(sending.ids, self._send)
        self._mark_skipped({row: ("error", error) for row, error in failed.items()})
        claimed.wave_id._open_when_sent()
        return self.search_count([("state", "=", "queued")], limit=1000)

    @api.model
    def _claim_queued(self, limit):
        """Lock invitations that wait, as far as nobody else sends them; in the order of people.

        What can't be answered any more is not asked; it expires when the wave is closed.
        """
        waiting = SQL(
            "state = 'queued' AND NOT EXISTS (SELECT FROM feedback_wave wave"
            " WHERE wave.id = wave_id AND wave.closes_at <= %s)",
            fields.Datetime.now(),
        )
        return self._claim(waiting, SQL("contact_id"), limit)

    @api.model
    def _claim(self, where, order, limit):
        """Lock up to ``limit`` invitations that nobody else works on."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM feedback_invitation WHERE %s ORDER BY %s LIMIT %s"
                " FOR UPDATE SKIP LOCKED",
                where,
                order,
                limit,
            )
        )
        # what was read before the rows were locked may be old
        self.env.invalidate_all(flush=False)
        return self.browse(row for (row,) in rows)

    @api.model
    def _send(self, ids):
        """Note these invitations as sent and write their messages, in the language of each."""
        now = fields.Datetime.now()
        for channel, group in self.browse(ids).grouped("channel").items():
            tokens = {row: new_token() for row in group.ids} if channel == "email" else {}
            for invitation in group:
                invitation.write(invitation._prepare_sent_vals(now, tokens.get(invitation.id)))
            group._tell(channel, tokens)

    def _prepare_sent_vals(self, now, token):
        """Return what sending changes on this invitation.

        :param str token: key in the e-mail; None on other channels
        """
        self.ensure_one()
        vals = {
            "state": "sent",
            "sent_at": now,
            "attempts": self.attempts + (self.channel not in CALLING),
            "email": self.contact_id.email_formatted if self.channel == "email" else False,
            "next_at": self._next_moment(now),
        }
        if token:
            vals["token_hash"] = token_hash(token)
        if self.channel in CALLING:
            vals["interviewer_id"] = self._choose_interviewer().id
        return vals

    def _tell(self, channel, tokens=None, reminder=False):
        """Write the messages of these invitations, as far as the channel has any.

        :param dict tokens: invitation id → key to put into the message; made where missing
        :param bool reminder: whether they were written to before
        """
        if channel not in ("email", "sms"):
            return
        tokens = tokens or self.env["feedback.token"]._issue(self, channel)
        if channel == "sms":
            self._write_messages(tokens)
            return
        field = "reminder_template_id" if reminder else "template_id"
        name = "mail_template_reminder" if reminder else "mail_template_invitation"
        batch = {"feedback_tokens": tuple(tokens.items()), "feedback_compiled": {}}
        for template, group in self.grouped(lambda row: row.program_id[field]).items():
            mail = template or self.env.ref(f"survey_feedback.{name}")
            mail.with_context(**batch).send_mail_batch(group.ids)
        self._wake_mail_queue()

    def _write_messages(self, tokens):
        """Let core send the question as a text message, in the language of each person."""
        vals_list = []
        for invitation in self:
            contact = invitation.contact_id
            words = invitation.with_context(lang=contact.lang or self.env.lang).env._
            vals_list.append(
                {
                    "partner_id": contact.id,
                    "number": contact.phone_sanitized or contact.phone,
                    "body": words(
                        "%(company)s: one question for you, it takes ten seconds. %(link)s",
                        company=invitation.company_id.name,
                        link=f"{invitation.get_base_url()}/feedback/{tokens[invitation.id]}",
                    ),
                }
            )
        self.env["sms.sms"].sudo().create(vals_list)
        self.env["relationship.queue"]._wake("sms.ir_cron_sms_scheduler_action")

    @api.model
    def _wake_mail_queue(self):
        """Let the e-mails go out as soon as this transaction is committed."""
        self.env["relationship.queue"]._wake("mail.ir_cron_mail_scheduler_action")
