from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from .feedback import HEADERS


class FeedbackReceipt(http.Controller):
    """Where the browser brings the receipt of an anonymous answer, in a request of its own."""

    @http.route(
        "/feedback/<string:token>/receipt",
        type="http",
        auth="public",
        methods=["POST"],
        sitemap=False,
        csrf=False,
    )
    def feedback_receipt(self, token, receipt=None, **_query):
        """Take a receipt: 204 when it is noted, 404 for an unknown token, 400 for no receipt."""
        invitation = request.env["feedback.invitation"]._find(token)
        if not invitation:
            return request.make_response("", headers=list(HEADERS.items()), status=404)
        try:
            invitation._hand_in(receipt)
        except UserError:
            return request.make_response("", headers=list(HEADERS.items()), status=400)
        return request.make_response("", headers=list(HEADERS.items()), status=204)
