from odoo import http
from odoo.http import request

from ..models.feedback_followup import SCALE
from .feedback import HEADERS


class FeedbackCase(http.Controller):
    """The page of the one question after a case. GET shows, POST keeps."""

    @http.route(
        "/feedback/case/<string:token>",
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
        sitemap=False,
        readonly=True,
    )
    def case_show(self, token, score=None, **_query):
        """Show the question, with the number of the link chosen but not kept."""
        followup = self._followup(token)
        if not followup:
            return self._page("survey_feedback.page_unknown", followup, status=404)
        if followup.answered_at:
            return self._page("survey_feedback.page_done", followup)
        return self._page(
            "survey_feedback.page_followup",
            followup,
            values=SCALE,
            chosen=self._score(score),
            action=f"/feedback/case/{token}",
        )

    @http.route(
        "/feedback/case/<string:token>",
        type="http",
        auth="public",
        methods=["POST"],
        website=True,
        sitemap=False,
        csrf=False,
    )
    def case_answer(self, token, score=None, **_query):
        """Keep the number a person confirmed."""
        followup, value = self._followup(token), self._score(score)
        if not followup:
            return self._page("survey_feedback.page_unknown", followup, status=404)
        if request.env.user._is_internal():
            return self._page("survey_feedback.page_own_people", followup)
        if value is None:
            return request.redirect(f"/feedback/case/{token}", code=303)
        followup._answer(value)
        return self._page("survey_feedback.page_followup_done", followup)

    def _followup(self, token):
        """Return the question of a token as superuser, and speak its person's language."""
        followup = request.env["feedback.followup"]._find(token)
        lang = followup.contact_id.lang
        if lang and lang in dict(request.env["res.lang"].get_installed()):
            request.update_context(lang=lang)
        return followup.with_context(lang=request.env.lang)

    def _page(self, template, followup, status=200, **values):
        company = followup.company_id or request.env.company
        response = request.render(template, {"company_name": company.name, **values})
        response.status_code = status
        response.headers.update(HEADERS)
        return response

    @staticmethod
    def _score(text):
        """Return the number of the scale that a text names; None for anything else."""
        return {str(value): value for value in SCALE}.get(text)
