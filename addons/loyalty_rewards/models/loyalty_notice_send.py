from odoo import api, models
from odoo.tools import SQL

from .loyalty_notice import LAYOUT

#: the template of each kind of notice
TEMPLATES = {
    "expiry_30": "loyalty_rewards.mail_template_expiry",
    "expiry_7": "loyalty_rewards.mail_template_expiry",
    "tier_up": "loyalty_rewards.mail_template_tier_up",
    "tier_risk": "loyalty_rewards.mail_template_tier_risk",
    "tier_down": "loyalty_rewards.mail_template_tier_down",
}


class LoyaltyNotice(models.Model):
    """Mailing of notices, to those who agree."""

    _inherit = "loyalty.notice"

    @api.model
    def _job_send(self, limit):
        """Mail up to ``limit`` notices; return how many still wait, counted up to a thousand.

        State and mail are written in one transaction: a server that dies in between leaves
        neither.
        """
        notices = self._claim_waiting(limit)
        reached = notices._who_agrees()
        failed = self._settle(reached.ids, self._send)
        for id_, error in failed.items():
            self.browse(id_).sudo().write({"state": "failed", "error": error[:250]})
        if len(failed) < len(reached):
            self._wake_mail_queue()
        return notices and self.search_count([("state", "=", "waiting")], limit=1000)

    @api.model
    def _claim_waiting(self, limit):
        """Lock notices that wait, as far as nobody else mails them."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM loyalty_notice WHERE state = 'waiting' ORDER BY id"
                " LIMIT %s FOR UPDATE SKIP LOCKED",
                limit,
            )
        )
        self.env.invalidate_all(flush=False)  # what was read before may be old
        return self.browse(row for (row,) in rows)

    def _who_agrees(self):
        """Note whom no mail may or can reach; return the notices of the others."""
        people = {notice: notice._recipient() for notice in self}
        unreachable = self.filtered(lambda notice: not people[notice].email)
        refused = self.browse()
        for program, notices in (self - unreachable).grouped("program_id").items():
            asked = self.env["res.partner"].union(*(people[notice] for notice in notices))
            asked = asked.with_company(program._tier_company())
            answers = asked._relationship_consent("loyalty", "email")
            refused |= notices.filtered(
                lambda notice, answers=answers: answers[people[notice]] != "granted"
            )
        unreachable.write({"state": "unreachable"})
        refused.write({"state": "refused"})
        return self - unreachable - refused

    @api.model
    def _send(self, ids):
        """Write the mails of these notices, each in the language of its reader."""
        notices = self.browse(ids)
        notices.write({"state": "sent"})
        for name, some in notices.grouped(lambda notice: TEMPLATES[notice.kind]).items():
            self.env.ref(name).sudo().send_mail_batch(some.ids, email_layout_xmlid=LAYOUT)

    @api.model
    def _wake_mail_queue(self):
        """Let the mails go out as soon as this transaction is committed."""
        cron = self.env.ref("mail.ir_cron_mail_scheduler_action", raise_if_not_found=False)
        if cron:
            cron._trigger()
