from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError

#: nothing is logged beside an anonymous answer
QUIET = {"tracking_disable": True, "mail_create_nolog": True, "mail_create_nosubscribe": True}


class FeedbackInvitation(models.Model):
    """Answering without being known.

    Two transactions, and nothing that both of them write: one makes the answer and does not touch
    the invitation, another takes the receipt and does not touch the answer.
    """

    _inherit = "feedback.invitation"

    def _is_anonymous(self):
        self.ensure_one()
        return self.wave_id.anonymity == "anonymous"

    def _can_answer(self):
        return super()._can_answer() and not self._is_handed_in()

    def _is_full(self):
        """Whether an anonymous wave has as many answers as people were asked.

        Nothing tells which of them somebody gave, so this is all that keeps one person from
        answering for many.
        """
        self.ensure_one()
        wave = self.wave_id
        return self._is_anonymous() and wave.answered_count >= wave.asked_count

    def _is_handed_in(self):
        """Whether the person has answered anonymously, though it is not posted yet."""
        self.ensure_one()
        return self._is_anonymous() and bool(self.env["feedback.ballot"]._handed_among(self))

    def _answer(self, value, lang=None):
        """Keep the first answer of the person; of an anonymous wave, without a trace to them."""
        if not self._is_anonymous():
            return super()._answer(value, lang)
        answer = self._start_anonymous(lang)
        question = answer.survey_id._feedback_question()
        answer._save_lines(question, str(value))
        answer._feedback_skip_to_after(question)
        return answer

    def _start_anonymous(self, lang):
        """Make an answer that knows the wave and nothing of the person, not even who is logged in.

        No lock is taken: it would leave the number of this transaction on the invitation.
        """
        wave = self.wave_id.with_user(SUPERUSER_ID).with_context(**QUIET)
        answer = wave.survey_id._create_answer(
            check_attempts=False,
            deadline=wave.closes_at,
            lang_id=self._answer_lang(lang).id,
            feedback_wave_id=wave.id,
        )
        answer._mark_in_progress()
        return answer

    # a page that notes when it is opened, or a link made for somebody just now, would tell the time

    @api.model
    def _portal_waiting(self):
        """Anonymous questions wait in the inbox, not in the portal."""
        waiting = super()._portal_waiting()
        rows = self.sudo().browse(one["id"] for one in waiting)
        named = set(rows.filtered(lambda row: not row._is_anonymous()).ids)
        return [one for one in waiting if one["id"] in named]

    @api.model
    def _portal_open(self, invitation):
        mine = self.sudo().browse(invitation).exists()
        if mine and mine._is_anonymous():
            return None
        return super()._portal_open(invitation)

    def action_link(self):
        """Show a new link to hand over; an anonymous question has none but the one it came with."""
        self.ensure_one()
        if self._is_anonymous():
            raise UserError(self.env._("Anonymous questions are sent by e-mail or SMS only."))
        return super().action_link()

    def _follow(self):
        """Remind nobody who has answered anonymously already."""
        handed = self.env["feedback.ballot"]._handed_among(self)
        answered = self.filtered(lambda row: row.id in handed)
        answered.write({"next_at": False})
        return super(FeedbackInvitation, self - answered)._follow()

    def _hand_in(self, receipt):
        """Take the receipt of an anonymous answer for this invitation.

        :param str receipt: as the last page of the survey showed it
        :raise UserError: says what is wrong with it
        """
        self.ensure_one()
        if not self._is_anonymous():
            raise UserError(self.env._("This survey is not anonymous."))
        if not self._can_answer():
            return
        self.env["feedback.ballot"]._of(self.wave_id)._take(self, receipt)

    def _prepare_blind_interaction(self, day):
        """Return the interaction that tells of an anonymous answer: that there was one, that day.

        :param datetime day: midnight
        """
        self.ensure_one()
        return {
            "kind": "survey_completed",
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.commercial_partner_id.id,
            "contact_id": self.contact_id.id,
            "occurred_at": day,
            "res_model": "feedback.wave",
            "res_id": self.wave_id.id,
            "external_ref": f"{self._name},{self.id},done",
            "summary": self.wave_id.survey_id.title,
        }
