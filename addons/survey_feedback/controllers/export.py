import csv
import io

import xlsxwriter

from odoo import http
from odoo.http import content_disposition, request

#: what a spreadsheet would take for a formula
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class FeedbackExport(http.Controller):
    """The results of a wave as a file: what the page shows, nothing of single people."""

    @http.route(
        "/feedback/wave/<int:wave>/results.<string:kind>", type="http", auth="user", readonly=True
    )
    def results(self, wave, kind, **_query):
        """Return the results as ``csv`` or ``xlsx``; 404 for waves the user may not read."""
        found = request.env["feedback.wave"].search([("id", "=", wave)])
        writers = {"csv": self._csv, "xlsx": self._xlsx}
        if not found or kind not in writers:
            raise request.not_found()
        content, mimetype = writers[kind](found._results_rows())
        return request.make_response(
            content,
            headers=[
                ("Content-Type", mimetype),
                ("Content-Disposition", content_disposition(f"{found.name}.{kind}")),
                ("Cache-Control", "no-store"),
            ],
        )

    @staticmethod
    def _safe(value):
        """Return a cell that no spreadsheet takes for a formula."""
        return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value

    def _csv(self, rows):
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerows([[self._safe(cell) for cell in row] for row in rows])
        # the mark lets spreadsheets read Arabic and Vietnamese
        return text.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8"

    def _xlsx(self, rows):
        file = io.BytesIO()
        with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False}) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
        mimetype = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return file.getvalue(), mimetype
