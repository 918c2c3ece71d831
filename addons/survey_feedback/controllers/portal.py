from odoo import http
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal

from .feedback import HEADERS


class FeedbackPortal(CustomerPortal):
    """Questions that wait for the contact who is logged in."""

    def _prepare_home_portal_values(self, counters):
        """Count the questions that wait, for the card on the home page."""
        values = super()._prepare_home_portal_values(counters)
        if "feedback_count" in counters:
            waiting = request.env["feedback.invitation"]._portal_waiting()
            values["feedback_count"] = len(waiting)
        return values

    @http.route(
        "/my/surveys", type="http", auth="user", methods=["GET"], website=True, readonly=True
    )
    def portal_surveys(self, **_query):
        """List the questions that wait for me."""
        values = self._prepare_portal_layout_values()
        values.update(
            page_name="feedback", waiting=request.env["feedback.invitation"]._portal_waiting()
        )
        return request.render("survey_feedback.portal_surveys", values)

    @http.route(
        "/my/surveys/<int:invitation>",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def portal_survey(self, invitation, **_form):
        """Open one of the questions that wait for me, with a key of its own."""
        token = request.env["feedback.invitation"]._portal_open(invitation)
        if not token:
            raise request.not_found()
        response = request.redirect(f"/feedback/{token}", code=303)
        response.headers.update(HEADERS)
        return response
