from odoo import http
from odoo.http import request

from .feedback import HEADERS


class FeedbackInterview(http.Controller):
    """The page on which an interviewer begins to fill in the answers for a contact.

    It is opened in the interviewer's own session, never in that of the contact: only the person
    the key was made for can use it, and the answer carries their name.
    """

    @http.route(
        "/feedback/interview/<string:token>",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
        readonly=True,
    )
    def interview_show(self, token, **_query):
        """Show who is asked what, and how to begin."""
        key = request.env["feedback.invitation"]._find_interview(token, request.env.user)
        if not key:
            return self._render("survey_feedback.page_interview_unknown", status=404)
        invitation = key.invitation_id
        if not invitation._can_answer():
            return self._render("survey_feedback.page_interview_over")
        return self._render(
            "survey_feedback.page_interview",
            invitation=invitation,
            contact=invitation.contact_id,
            question=invitation.wave_id.survey_id._feedback_question(),
            action=f"/feedback/interview/{token}",
        )

    @http.route(
        "/feedback/interview/<string:token>",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def interview_begin(self, token, **_form):
        """Begin, and go on to core's page of the survey."""
        key = request.env["feedback.invitation"]._find_interview(token, request.env.user)
        if not key:
            return self._render("survey_feedback.page_interview_unknown", status=404)
        invitation = key.invitation_id
        if not invitation._can_answer():
            return self._render("survey_feedback.page_interview_over")
        answer = invitation._begin_interview(key, request.env.lang)
        address = f"/survey/{answer.survey_id.access_token}/{answer.access_token}"
        response = request.redirect(
            request.env["ir.http"]._url_for(address, answer.lang_id.code), code=303
        )
        response.headers.update(HEADERS)
        return response

    @staticmethod
    def _render(template, status=200, **values):
        response = request.render(
            template, {"company_name": request.env.company.name or "", **values}
        )
        response.status_code = status
        response.headers.update(HEADERS)
        return response
