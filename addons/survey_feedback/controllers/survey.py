from odoo import SUPERUSER_ID, http
from odoo.http import request

from odoo.addons.survey.controllers.main import Survey

from ..models.feedback_invitation_anonymous import QUIET


class FeedbackSurvey(Survey):
    def _fetch_from_access_token(self, survey_token, answer_token):
        """Let an anonymous answer be written by nobody, whoever is logged in at the browser."""
        survey, answer = super()._fetch_from_access_token(survey_token, answer_token)
        if answer.feedback_anonymity == "anonymous":
            answer = answer.with_user(SUPERUSER_ID).with_context(**QUIET)
            survey = survey.with_user(SUPERUSER_ID)
        return survey, answer

    def _check_validity(
        self, survey_sudo, answer_sudo, answer_token, ensure_token=True, check_partner=True
    ):
        """Let whoever holds the link of an invitation go on, also logged in as somebody else.

        Core refuses a person who is logged in under another name than the invited one, as happens
        with shared portal accounts. Our own people stay refused: see
        :meth:`FeedbackInvitation._is_for`.
        """
        code = super()._check_validity(
            survey_sudo, answer_sudo, answer_token, ensure_token, check_partner
        )
        invited = answer_token and answer_sudo and answer_sudo.feedback_wave_id
        if code == "answer_wrong_user" and invited:
            user = request.env.user
            if not user._is_internal() or answer_sudo._feedback_may_fill_in(user):
                return True
        return code

    @http.route()
    def survey_retry(self, survey_token, answer_token, **post):
        """Lead whoever was invited back to their answer: core would let them give another one,
        which of an anonymous wave would carry their name."""
        survey, answer = self._fetch_from_access_token(survey_token, answer_token)
        if answer.feedback_wave_id:
            return request.redirect(f"/survey/{survey.access_token}/{answer.access_token}")
        return super().survey_retry(survey_token, answer_token, **post)
