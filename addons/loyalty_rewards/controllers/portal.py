import csv
import io

from werkzeug.exceptions import NotFound

from odoo import fields
from odoo.exceptions import MissingError
from odoo.http import request, route
from odoo.tools.translate import _

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..models.loyalty_card_portal import CSV_LIMIT


class LoyaltyCustomerPortal(CustomerPortal):
    """The pages of points: parse, call one method of `loyalty.card`, render."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "loyalty_card_count" in counters:
            values["loyalty_card_count"] = request.env["loyalty.card"]._portal_count()
        return values

    def _loyalty_card_or_404(self, card_id):
        """The card, or "not found" whether it is missing or somebody else's."""
        try:
            return request.env["loyalty.card"]._portal_browse(card_id)
        except MissingError as error:
            raise NotFound from error

    @route("/my/loyalty", type="http", auth="user", website=True, methods=["GET"], readonly=True)
    def portal_my_loyalty(self, **kw):
        """All cards of the person and their company."""
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "loyalty",
            "cards": request.env["loyalty.card"]._portal_list(),
        }
        return request.render("loyalty_rewards.portal_my_loyalty", values)

    @route(
        ["/my/loyalty/<int:card_id>", "/my/loyalty/<int:card_id>/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def portal_my_loyalty_card(self, card_id, page=1, **kw):
        """One card: what is on it, and every line with its cause."""
        card = self._loyalty_card_or_404(card_id)
        pager = portal_pager(
            url=f"/my/loyalty/{card.id}",
            total=card._portal_entry_count(),
            page=page,
            step=self._items_per_page,
        )
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "loyalty",
            "loyalty_card": card._portal_values(),
            "lines": card._portal_statement(pager["offset"], self._items_per_page),
            "pager": pager,
        }
        return request.render("loyalty_rewards.portal_my_loyalty_card", values)

    @route(
        "/my/loyalty/<int:card_id>/statement.csv",
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def portal_my_loyalty_csv(self, card_id, **kw):
        """The statement as a file for a spreadsheet."""
        card = self._loyalty_card_or_404(card_id)
        head = [_("Date"), _("What"), _("Cause"), _("Points"), _("Balance"), _("Expires")]
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        writer.writerow(head)
        for line in card._portal_statement(limit=CSV_LIMIT):
            writer.writerow(map(self._loyalty_cell, self._loyalty_row(line)))
        headers = [
            ("Content-Type", "text/csv; charset=utf-8"),
            ("Content-Disposition", f'attachment; filename="points-{card.id}.csv"'),
        ]
        # the mark tells spreadsheets that it is UTF-8
        return request.make_response("\ufeff" + buffer.getvalue(), headers)

    @route(
        "/my/loyalty/<int:card_id>/statement.pdf",
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def portal_my_loyalty_pdf(self, card_id, **kw):
        """The statement on paper, in the language of the page."""
        card = self._loyalty_card_or_404(card_id)
        content, _kind = (
            request.env["ir.actions.report"]
            .sudo()
            ._render_qweb_pdf("loyalty_rewards.loyalty_statement_report", card.ids)
        )
        headers = [
            ("Content-Type", "application/pdf"),
            ("Content-Length", len(content)),
            ("Content-Disposition", f'attachment; filename="points-{card.id}.pdf"'),
        ]
        return request.make_response(content, headers)

    def _loyalty_row(self, line):
        """The cells of one line."""
        balance = _("pending") if line["pending"] else line["balance"]
        when = fields.Datetime.context_timestamp(request.env.user, line["date"])
        return (
            when.strftime("%Y-%m-%d %H:%M"),
            line["kind"],
            line["cause"] or "",
            line["points"],
            balance,
            line["expires_on"] or "",
        )

    def _loyalty_cell(self, value):
        """A cell that no spreadsheet takes for a formula."""
        if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r", "\n"):
            return f"'{value}"
        return value
