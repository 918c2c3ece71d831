from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..lib.token import new_token, token_hash
from .feedback_invitation_bounce import AGAIN
from .feedback_wave import ANSWERABLE, CALLING

#: channels on which one can be reminded
WRITING = ("email", "sms")
#: hours for which a failure stays listed: until after the next try
LISTED = AGAIN // timedelta(hours=1) + 1


class FeedbackInvitation(models.Model):
    """After the invitation: at most two reminders, then the next channel of the program."""

    _inherit = "feedback.invitation"

    def _next_moment(self, now):
        """Return when this person is to be reminded or asked elsewhere; False for never."""
        self.ensure_one()
        program = self.program_id
        if self.channel in WRITING and self.reminders < program.reminder_count:
            return now + timedelta(days=program.reminder_days)
        steps = program._channels()
        if self.channel_step + 1 < len(steps):
            return now + timedelta(days=steps[self.channel_step][1])
        return False

    def _choose_interviewer(self):
        """Return who is to call: the interviewers in turn, else who looks after the customer."""
        self.ensure_one()
        team = self.program_id.interviewer_ids
        if team:
            return team[self.seed_rank % len(team)]
        return self.contact_id.user_id or self.partner_id.user_id or self.program_id.user_id

    @api.model
    def _job_follow(self, limit):
        """Remind up to ``limit`` people who have not answered, or ask them on the next channel.

        Reminders don't fall under the contact rules; consent, holds and addresses are asked anew.

        :return: number of people whose time has come, counted up to a thousand
        """
        claimed = self._claim(
            SQL(
                "next_at <= %s AND state = ANY(%s) AND EXISTS"
                " (SELECT FROM feedback_wave wave WHERE wave.id = wave_id"
                " AND wave.state IN ('sending', 'open') AND wave.closes_at > %s)",
                fields.Datetime.now(),
                list(ANSWERABLE),
                fields.Datetime.now(),
            ),
            SQL("next_at"),
            limit,
        )
        if not claimed:
            return 0
        failed = self._settle(claimed.ids, lambda ids: self.browse(ids)._follow())
        self._list_failed("follow", failed, hours=LISTED)
        self.browse(failed).write({"next_at": fields.Datetime.now() + AGAIN})
        return self.search_count(self._due_domain(), limit=1000)

    @api.model
    def _due_domain(self):
        now = fields.Datetime.now()
        return [
            ("next_at", "<=", now),
            ("state", "in", ANSWERABLE),
            ("wave_id.state", "in", ("sending", "open")),
            ("wave_id.closes_at", ">", now),
        ]

    def _follow(self):
        """Remind these people, or ask them on the next channel on which they may be asked."""
        for program, group in self.grouped("program_id").items():
            held = self._on_hold(program, program.company_id, group._rows())
            group.browse(held).write({"next_at": False})
            going = group.filtered(lambda row, held=held: row.id not in held)
            again = going.filtered(lambda row: row.state == "bounced" and row.again)
            reminded = going.filtered(
                lambda row, program=program: (
                    row.state != "bounced"
                    and row.channel in WRITING
                    and row.reminders < program.reminder_count
                )
            )
            left = reminded._remind(program) | again._send_again(program)
            (going - reminded - again + left)._next_channel(program)

    def _rows(self):
        """Return {id: (contact id, customer id)} of these invitations."""
        return {row.id: (row.contact_id.id, row.partner_id.id) for row in self}

    def _remind(self, program):
        """Write to these people once more; return those who can't be written to any more."""
        now = fields.Datetime.now()
        unreachable = self.browse()
        for channel, group in self.grouped("channel").items():
            wrong = self._wrong_with_channel(channel, program.company_id, group._rows())
            fine = group.filtered(lambda row, wrong=wrong: row.id not in wrong)
            unreachable |= group - fine
            for row in fine:
                row.write({"reminders": row.reminders + 1, "attempts": row.attempts + 1})
                row.next_at = row._next_moment(now)
            fine._tell(channel, reminder=True)
        return unreachable

    def _next_channel(self, program):
        """Ask these people on the next channel; those without one are left alone."""
        now, steps, left = fields.Datetime.now(), program._channels(), self
        self.env.flush_all()
        for step, (channel, _days) in enumerate(steps):
            group = left.filtered(lambda row, step=step: row.channel_step < step)
            if not group:
                continue
            wrong = self._wrong_with_channel(channel, program.company_id, group._rows())
            fine = group.filtered(lambda row, wrong=wrong: row.id not in wrong)
            tokens = fine._keys_of_first_mail() if channel == "email" else {}
            for row in fine:
                moved = {"channel": channel, "channel_step": step}
                row.write({**moved, **row._prepare_mailed_vals(tokens.get(row.id))})
                row.write(row._prepare_followed_vals(now))
            fine._tell(channel, tokens)
            left -= fine
        left.write({"next_at": False, "again": False})

    def _keys_of_first_mail(self):
        """Return {id: key} of these people's first e-mail; a key given before stays good."""
        fresh = self.filtered(lambda row: not row.token_hash)
        further = self.env["feedback.token"]._issue(self - fresh, "email")
        return {**further, **{row: new_token() for row in fresh.ids}}

    def _prepare_mailed_vals(self, token):
        """Return what the first e-mail with this key changes; nothing without one."""
        self.ensure_one()
        if not token:
            return {}
        vals = {"email": self.contact_id.email_formatted}
        return vals if self.token_hash else {**vals, "token_hash": token_hash(token)}

    def _prepare_followed_vals(self, now):
        """Return what changes on an invitation that goes on on another channel."""
        self.ensure_one()
        vals = {
            **self._prepare_reached_vals(),
            "next_at": self._next_moment(now),
            "attempts": self.attempts + (self.channel not in CALLING),
        }
        if self.channel in CALLING:
            vals["interviewer_id"] = self._choose_interviewer().id
        return vals
