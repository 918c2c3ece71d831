import functools

from odoo import http
from odoo.http import request

#: these pages are one person's: nobody keeps, shows or indexes their address
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


def for_invited(page):
    """Give a page the invitation of its token, or answer with why there is nothing to do."""

    @functools.wraps(page)
    def answer(self, token, score=None, **_query):
        invitation = self._invitation(token)
        return self._refusal(invitation) or page(self, invitation, token, score)

    # Odoo looks there for what a page takes from the address; the invitation is not
    del answer.__wrapped__
    return answer


class Feedback(http.Controller):
    """The pages behind the link of an invitation.

    Mail gateways and phones open every link before a person does, some of them each number of the
    scale. So GET and HEAD show and never keep anything; an answer is a POST. The token is the
    key: whoever holds it may answer, so the forms need no token against forgery besides, and work
    where cookies are refused.
    """

    @http.route(
        "/feedback/<string:token>",
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
        sitemap=False,
        readonly=True,
    )
    @for_invited
    def feedback_show(self, invitation, token, score):
        """Show the question, with the number of the link chosen but not kept."""
        question = invitation.wave_id.survey_id._feedback_question()
        return self._page(
            "survey_feedback.page_question",
            invitation,
            question=question,
            values=question._scale_values(),
            chosen=self._score(question, score),
            action=f"/feedback/{token}",
        )

    @http.route(
        "/feedback/<string:token>",
        type="http",
        auth="public",
        methods=["POST"],
        website=True,
        sitemap=False,
        csrf=False,
    )
    @for_invited
    def feedback_answer(self, invitation, token, score):
        """Keep the number a person confirmed, and go on to the rest of the survey."""
        if invitation._is_full():
            return self._page("survey_feedback.page_closed", invitation)
        value = self._score(invitation.wave_id.survey_id._feedback_question(), score)
        if value is None:
            return request.redirect(f"/feedback/{token}", code=303)
        answer = invitation._answer(value, request.env.lang)
        address = f"/survey/{answer.survey_id.access_token}/{answer.access_token}"
        address = request.env["ir.http"]._url_for(address, answer.lang_id.code)
        if answer.feedback_anonymity == "anonymous":
            # the part behind # stays in the browser, which brings it with the receipt at the end
            address += f"#feedback={token}"
        response = request.redirect(address, code=303)
        response.headers.update(HEADERS)
        return response

    @http.route(
        "/feedback/<string:token>/stop",
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
        sitemap=False,
        readonly=True,
    )
    @for_invited
    def feedback_stop_show(self, invitation, token, _score):
        """Ask whether to stop asking."""
        return self._page("survey_feedback.page_stop", invitation, action=f"/feedback/{token}")

    @http.route(
        "/feedback/<string:token>/stop",
        type="http",
        auth="public",
        methods=["POST"],
        website=True,
        sitemap=False,
        csrf=False,
    )
    @for_invited
    def feedback_stop(self, invitation, _token, _score):
        """Stop asking this person."""
        invitation._refuse()
        return self._page("survey_feedback.page_stopped", invitation)

    # ------------------------------------------------------------ helpers

    def _invitation(self, token):
        """Return the invitation of a token as superuser, and speak its person's language."""
        invitation = request.env["feedback.invitation"]._find(token)
        lang = invitation.contact_id.lang
        if lang and lang in dict(request.env["res.lang"].get_installed()):
            request.update_context(lang=lang)
        return invitation.with_context(lang=request.env.lang)

    def _refusal(self, invitation):
        """Return the page that says why there is nothing to answer; None when there is."""
        if not invitation:
            return self._page("survey_feedback.page_unknown", invitation, status=404)
        if not invitation._is_for(request.env.user):
            return self._page("survey_feedback.page_own_people", invitation)
        if invitation.state == "done" or invitation._is_handed_in():
            return self._page("survey_feedback.page_done", invitation)
        if invitation.state == "refused":
            return self._page("survey_feedback.page_stopped", invitation)
        if not invitation._can_answer():
            return self._page("survey_feedback.page_closed", invitation)
        return None

    def _page(self, template, invitation, status=200, **values):
        """Render a page; it knows the name of our company, and nothing else of the invitation."""
        company = invitation.company_id or request.env.company
        response = request.render(template, {"company_name": company.name, **values})
        response.status_code = status
        response.headers.update(HEADERS)
        return response

    @staticmethod
    def _score(question, text):
        """Return the number of the scale that a text names; None for anything else."""
        allowed = {str(value): value for value in question._scale_values()}
        return allowed.get(text)
