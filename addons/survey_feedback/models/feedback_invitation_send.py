from odoo import api, fields, models
from odoo.tools import SQL

from ..lib.token import new_token, token_hash

#: a contact whose mails came back this often is not written to any more
BOUNCES = 3
#: invitations of one batch, which is one transaction
BATCH = 200


class FeedbackInvitation(models.Model):
    """Sending: whom not to ask, and each e-mail in the transaction that notes it as sent."""

    _inherit = "feedback.invitation"

    # ------------------------------------------------------------ whom not to ask

    def _skip_whom_not_to_ask(self):
        """Skip those of these invitations whose person must not be asked now.

        :return: the invitations that may be sent
        """
        reasons = self._reasons_not_to_ask()
        for invitation in self:
            if invitation.id in reasons:
                reason, note = reasons[invitation.id]
                invitation.write(
                    {"state": "skipped", "skip_reason": reason, "skip_note": note and note[:250]}
                )
        return self.filtered(lambda invitation: invitation.id not in reasons)

    def _reasons_not_to_ask(self):
        """Return {invitation id: (reason, details)} of whom not to ask; a bounded set of queries.

        The first reason counts, in the order of ``REASONS``.
        """
        found = {}
        for company in self.company_id:
            left = self.filtered(lambda row, company=company: row.company_id == company)
            for check in (
                "_refused_consent",
                "_unreachable",
                "_asked_lately",
                "_on_hold",
                "_same_address",
            ):
                skipped = getattr(left, check)(company)
                found |= skipped
                left = left.filtered(lambda row, skipped=skipped: row.id not in skipped)
        return found | self.filtered(lambda row: row.id not in found)._same_person()

    def _refused_consent(self, company):
        """Who does not want surveys, or not by this channel."""
        contacts = self.contact_id.with_company(company)
        said = contacts._relationship_consent_reasons("survey", "email")
        notes = {
            "said": self.env._("Refused surveys"),
            "intensity": self.env._("Wants no contact beyond what is needed"),
            "default": self.env._("Never agreed, and has not bought anything"),
        }
        found = {}
        for invitation in self:
            state, reason = said.get(invitation.contact_id, ("refused", "default"))
            if state == "refused":
                found[invitation.id] = ("consent", notes.get(reason))
        return found

    def _unreachable(self, company):
        """Who has no address, one that is blocked, or one from which mails come back."""
        blocked = (
            self.env["mail.blacklist"]
            .sudo()
            .search(
                [
                    (
                        "email",
                        "in",
                        [mail for mail in self.contact_id.mapped("email_normalized") if mail],
                    )
                ]
            )
        )
        addresses = set(blocked.mapped("email"))
        found = {}
        for invitation in self:
            contact = invitation.contact_id
            if not contact.email_normalized:
                found[invitation.id] = ("no_email", contact.email)
            elif contact.email_normalized in addresses:
                found[invitation.id] = ("blacklisted", contact.email)
            elif contact.message_bounce >= BOUNCES:
                found[invitation.id] = ("bounced", contact.email)
        return found

    def _asked_lately(self, company):
        """Whom the contact rules want left alone, over all programs."""
        blocked = self.env["feedback.contact.rule"]._blocked(
            self.contact_id.ids, company, fields.Datetime.now()
        )
        return {
            invitation.id: ("recent", blocked[invitation.contact_id.id])
            for invitation in self
            if invitation.contact_id.id in blocked
        }

    def _on_hold(self, company):
        """With whom something is open that has to be settled first."""
        holds = self.partner_id.with_company(company)._relationship_holds("survey")
        return {
            invitation.id: ("hold", ", ".join(map(str, holds[invitation.partner_id])))
            for invitation in self
            if holds.get(invitation.partner_id)
        }

    def _same_address(self, company):
        """Who reads the same inbox as somebody before them in the same wave."""
        taken, found = {}, {}
        for invitation in self.sorted("seed_rank"):
            mail = invitation.contact_id.email_normalized
            first = taken.setdefault((invitation.wave_id, mail), invitation)
            if mail and first != invitation:
                found[invitation.id] = ("same_address", first.contact_id.display_name)
        return found

    def _same_person(self):
        """Who is asked by several programs in this very moment: the oldest wave asks."""
        asking = {}
        for invitation in self.sorted(lambda row: (row.wave_id.id, row.id)):
            asking.setdefault(invitation.contact_id, invitation)
        return {
            row.id: ("recent", asking[row.contact_id].program_id.name)
            for row in self
            if asking[row.contact_id] != row
        }

    # ------------------------------------------------------------ job

    @api.model
    def _cron_send(self):
        """Send what waits."""
        self._run_job("send", BATCH)

    @api.model
    def _job_send(self, limit):
        """Send up to ``limit`` invitations.

        Their state and their e-mails are written in one transaction: a server that dies in between
        leaves neither, one that dies later leaves both.

        :return: number of invitations that still wait, counted up to a thousand
        """
        claimed = self._claim_queued(limit)
        if not claimed:
            return 0
        self.env["feedback.contact.lock"]._bump(claimed.contact_id.ids)
        sending = claimed._skip_whom_not_to_ask()
        failed = self._settle(sending.ids, self._send)
        for row, error in failed.items():
            self.browse(row).write(
                {"state": "skipped", "skip_reason": "error", "skip_note": error[:250]}
            )
        claimed.wave_id._open_when_sent()
        return self.search_count([("state", "=", "queued")], limit=1000)

    @api.model
    def _claim_queued(self, limit):
        """Lock invitations that wait, as far as nobody else sends them; in the order of people."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM feedback_invitation WHERE state = 'queued'
                 ORDER BY contact_id LIMIT %s FOR UPDATE SKIP LOCKED
                """,
                limit,
            )
        )
        # what was read before the rows were locked may be old
        self.env.invalidate_all(flush=False)
        return self.browse(row for (row,) in rows)

    @api.model
    def _send(self, ids):
        """Note these invitations as sent and write their e-mails, in the language of each."""
        tokens = {row: new_token() for row in ids}
        now = fields.Datetime.now()
        invitations = self.browse(ids)
        for invitation in invitations:
            invitation.write(
                {
                    "state": "sent",
                    "sent_at": now,
                    "attempts": invitation.attempts + 1,
                    "email": invitation.contact_id.email_formatted,
                    "token_hash": token_hash(tokens[invitation.id]),
                }
            )
        for template, group in invitations.grouped(lambda row: row.program_id.template_id).items():
            template = template or self.env.ref("survey_feedback.mail_template_invitation")
            template.with_context(feedback_tokens=tuple(tokens.items())).send_mail_batch(group.ids)
        self._wake_mail_queue()

    @api.model
    def _wake_mail_queue(self):
        """Let the e-mails go out as soon as this transaction is committed."""
        cron = self.env.ref("mail.ir_cron_mail_scheduler_action", raise_if_not_found=False)
        if cron:
            cron._trigger()
