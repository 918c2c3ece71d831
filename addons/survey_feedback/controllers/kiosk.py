from odoo import http
from odoo.http import request

from .feedback import HEADERS


class FeedbackKiosk(http.Controller):
    """The page of a kiosk, and the answers that its tablet sends, perhaps hours later."""

    @http.route(
        "/feedback/kiosk/<string:token>",
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
        sitemap=False,
        readonly=True,
    )
    def kiosk_show(self, token, **_query):
        """Show the page; it restarts by itself after each answer."""
        kiosk = request.env["feedback.kiosk"]._find(token)
        if not kiosk or not kiosk.survey_id.active:
            response = request.render(
                "survey_feedback.page_kiosk_unknown", {"company_name": request.env.company.name}
            )
            response.status_code = 404
        else:
            response = request.render(
                "survey_feedback.page_kiosk",
                {"company_name": kiosk.company_id.name, "page": kiosk._prepare_page()},
            )
        response.headers.update(HEADERS)
        return response

    @http.route("/feedback/kiosk/<string:token>/answer", type="jsonrpc", auth="public")
    def kiosk_answer(self, token, key=None, answers=None, lang=None, at=None, **_more):
        """Keep an answer once, however often the tablet sends it.

        :return: ``{"state": "kept" | "known" | "refused" | "unknown"}``; only when none comes
            back does the tablet try again
        """
        kiosk = request.env["feedback.kiosk"]._find(token)
        if not kiosk:
            return {"state": "unknown"}
        return {"state": kiosk._take(key, answers, lang, at)}
