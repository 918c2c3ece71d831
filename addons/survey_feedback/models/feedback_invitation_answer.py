from odoo import api, fields, models

from ..lib.token import LENGTH, token_hash
from .feedback_wave import ANSWERABLE


class FeedbackInvitation(models.Model):
    """Answering: what the public page may do with a token, and nothing else."""

    _inherit = "feedback.invitation"

    @api.model
    def _find(self, token):
        """Return the invitation of a token (as superuser); empty for any other text."""
        none = self.sudo().browse()
        if not isinstance(token, str) or len(token) != LENGTH:
            return none
        found = none.search([("token_hash", "=", token_hash(token))], limit=1)
        if found:
            # the key of the first e-mail, also when the person was asked elsewhere since
            return found.with_context(feedback_channel="email")
        key = self.env["feedback.token"]._of(token)
        return key.invitation_id.with_context(feedback_channel=key.channel)

    def _is_for(self, user):
        """Whether the person at the browser may answer this invitation.

        Whoever holds the token may, logged in as whom they like; but not our own people, who would
        speak in the customer's name without it being seen.
        """
        self.ensure_one()
        return not user._is_internal() or user.partner_id == self.contact_id

    def _can_answer(self):
        """Whether the wave still takes this answer."""
        self.ensure_one()
        wave = self.wave_id
        in_time = not wave.closes_at or wave.closes_at > fields.Datetime.now()
        return self.state in ANSWERABLE and wave.state in ("sending", "open") and in_time

    def _answer(self, value, lang=None):
        """Keep the first answer of the person, given by a human act.

        The invitation is locked first: whoever presses twice, or in two windows, goes on with the
        same answer.

        :param int value: the answer to the question of the e-mail, within its scale
        :param str lang: code of the language that the person reads the page in
        :return: the person's ``survey.user_input``
        """
        self.ensure_one()
        self._lock_in_turn()
        answer = self.user_input_id or self._start(lang)
        question = self.wave_id.survey_id._feedback_question()
        if answer.state != "done":
            answer._save_lines(question, str(value))
            answer._feedback_skip_to_after(question)
        return answer

    def _start(self, lang):
        """Make the answer of this invitation."""
        wave, contact = self.wave_id, self.contact_id
        answer = wave.survey_id._create_answer(
            partner=contact,
            check_attempts=False,
            deadline=wave.closes_at,
            lang_id=self._answer_lang(lang).id,
            feedback_wave_id=wave.id,
            feedback_channel=self.env.context.get("feedback_channel") or self.channel,
        )
        answer._mark_in_progress()
        self.write(
            {"state": "started", "started_at": fields.Datetime.now(), "user_input_id": answer.id}
        )
        return answer

    def _answer_lang(self, code):
        """Return the language to go on in, if the survey speaks it."""
        spoken = self.wave_id.survey_id._get_supported_lang_codes()
        code = next((lang for lang in (code, self.contact_id.lang) if lang in spoken), spoken[0])
        return self.env["res.lang"]._lang_get(code)

    def _refuse(self):
        """Note that the person does not want to be asked, and keep it as their word on surveys."""
        self.ensure_one()
        self._lock_in_turn()
        if self.state not in ANSWERABLE:
            return
        self.write({"state": "refused"})
        self._keep_refusal(self.env._("Feedback page"))

    def _keep_refusal(self, source):
        """Keep as the person's word on all surveys that they want none."""
        if not self.contact_id:
            return  # deleted or erased since: there is nobody left to ask
        self.env["relationship.consent"].sudo().create(
            {
                "contact_id": self.contact_id.id,
                "company_id": self.company_id.id,
                "purpose": "survey",
                "state": "refused",
                "source": source,
                "proof": f"{self._name},{self.id}",
            }
        )

    @api.model
    def _mark_done_for(self, answers):
        """Note that these answers are complete."""
        if answers:
            self.sudo().search(
                [("user_input_id", "in", answers.ids), ("state", "!=", "done")]
            ).write({"state": "done", "done_at": fields.Datetime.now()})
