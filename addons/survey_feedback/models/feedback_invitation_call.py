from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .feedback_wave import ANSWERABLE, CALLING

#: how long an interview may take before it has to be begun anew
INTERVIEW = timedelta(hours=4)
#: how long after an agreed call the next channel waits
AFTER_CALLBACK = timedelta(days=1)


class FeedbackInvitation(models.Model):
    """Interviews: who is to be called, what came of it, and filling in for the contact."""

    _inherit = "feedback.invitation"

    @api.model
    def _to_call_domain(self):
        """Return the domain of the invitations that somebody should call about."""
        return Domain(
            [
                ("channel", "in", CALLING),
                ("state", "in", ANSWERABLE),
                ("wave_id.state", "in", ("sending", "open")),
            ]
        )

    # ------------------------------------------------------------ actions

    def action_log_call(self):
        """Open the form in which an interviewer notes what came of a call."""
        self.ensure_one()
        self._check_may_interview()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Log a Call"),
            "res_model": "feedback.call.log",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_invitation_id": self.id},
        }

    def action_interview(self):
        """Open the questionnaire, to be filled in for the contact while talking to them."""
        return self._open_interview("phone")

    def action_interview_in_person(self):
        """Open the questionnaire, to be filled in for the contact face to face."""
        return self._open_interview("in_person")

    def action_take(self):
        """Put these people on one's own call list."""
        for invitation in self:
            invitation._check_may_interview()
        self.sudo().write({"interviewer_id": self.env.uid})
        return True

    def _open_interview(self, channel):
        self.ensure_one()
        self._check_may_interview()
        token = self.env["feedback.token"]._issue(
            self,
            channel,
            user=self.env.user,
            expires_at=fields.Datetime.now() + INTERVIEW,
        )[self.id]
        return {
            "type": "ir.actions.act_url",
            "url": f"/feedback/interview/{token}",
            "target": "new",
        }

    def _check_may_interview(self):
        """Refuse an interview that nobody may hold, or that nothing can come of.

        :raise UserError: says why
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("relationship_crm.group_user"):
            raise UserError(self.env._("Only people who look after customers may interview them."))
        if self.wave_id.anonymity == "anonymous":
            raise UserError(self.env._("Nobody is interviewed in an anonymous wave."))
        if not self.sudo()._can_answer():
            raise UserError(
                self.env._("%s can't answer any more.", self.contact_id.display_name or "")
            )

    @api.model
    def _find_interview(self, token, user):
        """Return the key of an interview, if it is this person's; empty for any other text."""
        key = self.env["feedback.token"]._of(token, interview=True)
        return key if key.user_id == user else key.browse()

    def _begin_interview(self, key, lang=None):
        """Begin or go on to fill in the answer for the contact, in the interviewer's name.

        :param key: ``feedback.token`` of the interview
        :param str lang: code of the language to ask in, when the contact has none
        :return: the contact's ``survey.user_input``
        """
        self.ensure_one()
        self._lock_in_turn()
        answer = self.user_input_id or self.with_context(feedback_channel=key.channel)._start(lang)
        if answer.state != "done":
            answer.write(
                {"feedback_interviewer_id": key.user_id.id, "feedback_channel": key.channel}
            )
        return answer

    @api.model
    def _note_interviews(self, answers):
        """Log the complete interviews among these answers, and end them."""
        complete = self.env.ref("survey_feedback.feedback_disposition_1_1", False)
        held = answers.filtered("feedback_interviewer_id")
        for invitation in self.sudo().search([("user_input_id", "in", held.ids)]):
            answer = invitation.user_input_id
            if complete:
                invitation.with_user(answer.feedback_interviewer_id).sudo()._log_attempt(
                    complete, channel=answer.feedback_channel
                )

    # ------------------------------------------------------------ what came of it

    def _log_attempt(self, disposition, note=None, callback_at=None, channel=None):
        """Note what came of a call, as the current user; a final outcome ends the asking.

        :param disposition: ``feedback.disposition`` record
        :param datetime callback_at: when to call again (UTC), where the outcome asks for it
        :param str channel: ``phone`` or ``in_person``; by default that of the invitation
        :return: the new ``feedback.attempt``
        """
        self.ensure_one()
        self._lock_in_turn()
        channel = channel or (self.channel if self.channel in CALLING else "phone")
        attempt = self.env["feedback.attempt"].create(
            {
                "invitation_id": self.id,
                "user_id": self.env.uid,
                "channel": channel,
                "disposition_id": disposition.id,
                "callback_at": callback_at if disposition.callback else False,
                "note": note,
            }
        )
        self.write(self._prepare_called_vals(disposition, attempt.callback_at))
        self.user_input_id.write({"feedback_disposition": disposition.code})
        if disposition.final:
            self._end_interviews()
        if disposition.stop:
            self._keep_refusal(self.env._("Told %s", self.env.user.name))
        return attempt

    def _prepare_called_vals(self, disposition, callback_at):
        """Return what a call changes on the invitation."""
        vals = {
            "attempts": self.attempts + 1,
            "disposition_id": disposition.id,
            "callback_at": callback_at,
        }
        if not self.interviewer_id:
            vals["interviewer_id"] = self.env.uid
        if callback_at and self.next_at:
            vals["next_at"] = max(self.next_at, callback_at + AFTER_CALLBACK)
        if self.state in ANSWERABLE:
            # e-mails and messages are attempts, too, but no calls
            worn_out = len(self.attempt_ids) >= self.program_id.call_limit
            if disposition.outcome == "R" and disposition.final:
                vals["state"] = "refused"
            elif disposition.final or worn_out:
                vals["state"] = "expired"
        return vals

    def _end_interviews(self):
        """Let the keys of interviewers for these invitations open nothing any more."""
        self.env["feedback.token"].sudo().search(
            [("invitation_id", "in", self.ids), ("user_id", "!=", False)]
        ).write({"expires_at": fields.Datetime.now()})
