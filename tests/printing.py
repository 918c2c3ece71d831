"""What the tests of printed reports share: the stand-in for wkhtmltopdf, the text of a PDF."""

import io
import unicodedata
from pathlib import Path

from pdfminer.high_level import extract_text

from odoo.tests import HttpCase
from odoo.tools.misc import find_in_path
from odoo.tools.pdf import PdfFileReader

TOOLS = Path(__file__).resolve().parent.parent / "tools"


class PrintingCase(HttpCase):
    """Prints as a user's browser asks for it; skipped where another wkhtmltopdf comes first."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        found = Path(find_in_path("wkhtmltopdf")).resolve()
        if TOOLS not in found.parents and TOOLS.name not in found.read_text(errors="ignore"):
            cls.skipTest(cls, f"another wkhtmltopdf comes first on PATH: {found}")
        # the server of the tests, not one that a production setting names
        cls.env["ir.config_parameter"].set_param("report.url", cls.base_url())

    def _pages(self, content):
        """The text of each page; joined forms of letters become the letters."""
        number = PdfFileReader(io.BytesIO(content)).numPages
        return [
            unicodedata.normalize("NFKC", extract_text(io.BytesIO(content), page_numbers=[page]))
            for page in range(number)
        ]
