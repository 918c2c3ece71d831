"""Odoo's own reports through the stand-in for wkhtmltopdf: two quotations printed at once."""

import io
import unicodedata

from printing import PrintingCase

from odoo import Command
from odoo.tests import tagged
from odoo.tools.pdf import PdfFileReader

ARABIC = "عقد خدمات الدعم الفني"
VIETNAMESE = "Gói hỗ trợ kỹ thuật hằng năm"
COMPANY = "Printing House Ltd"


@tagged("post_install", "-at_install")
class TestReportPrinting(PrintingCase):
    """The report is `sale.action_report_saleorder`, in the company's own layout."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.write(
            {
                "name": COMPANY,
                "company_details": f"<p>{COMPANY}<br/>1 Paper Street</p>",
                "report_footer": "<p>printed with care</p>",
                "external_report_layout_id": cls.env.ref("web.external_layout_standard").id,
                "paperformat_id": cls.env.ref("base.paperformat_euro").id,
            }
        )
        product = cls.env["product.product"].create({"name": "Paper", "type": "consu"})
        partners = cls.env["res.partner"].create([{"name": "First Ltd"}, {"name": "Second Ltd"}])
        # enough lines for three pages and for two
        texts = {partners[0]: [ARABIC] + ["line"] * 55, partners[1]: [VIETNAMESE] + ["line"] * 25}
        cls.orders = cls.env["sale.order"].create(
            [
                {
                    "partner_id": partner.id,
                    "order_line": [
                        Command.create({"product_id": product.id, "name": name, "price_unit": 5})
                        for name in names
                    ],
                }
                for partner, names in texts.items()
            ]
        )
        cls.report = cls.env.ref("sale.action_report_saleorder")
        cls.report.attachment = "object.name + '.pdf'"

    def _print(self, orders):
        """The PDF of some orders, as a user's browser receives it."""
        reports = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        content, kind = reports._render_qweb_pdf(self.report, res_ids=orders.ids)
        self.assertEqual(kind, "pdf")
        return content

    def test_two_quotations_at_once(self):
        pages = self._pages(self._print(self.orders))
        numbers = []
        for text in pages:
            self.assertEqual(text.count("1 Paper Street"), 1, "the header stands once on each page")
            self.assertEqual(text.count("printed with care"), 1, "the footer stands once")
            self.assertEqual(text.count("Page "), 1)
            numbers.append(text.split("Page ")[1].split("\n")[0].strip())
        counts = [int(number.split(" / ")[1]) for number in numbers]
        first = counts[0]
        second = len(pages) - first
        self.assertGreater(first, second)
        self.assertGreater(second, 1)
        expected = [f"{page} / {first}" for page in range(1, first + 1)]
        expected += [f"{page} / {second}" for page in range(1, second + 1)]
        self.assertEqual(numbers, expected, "pages are counted for each document")
        for order, page in zip(self.orders, (pages[0], pages[first]), strict=True):
            self.assertIn(order.name, page)
            self.assertIn(order.partner_id.name, page)

    def test_languages_can_be_selected(self):
        arabic, *_rest = self._pages(self._print(self.orders[0]))
        for word in ARABIC.split():
            # the extractor gives right-to-left text as it lies on the page
            self.assertIn(word[::-1], arabic)
        vietnamese = self._pages(self._print(self.orders[1]))[0]
        self.assertIn(VIETNAMESE, unicodedata.normalize("NFC", vietnamese))

    def test_each_quotation_gets_its_attachment(self):
        whole = self._pages(self._print(self.orders))
        parts = []
        for order in self.orders:
            attachment = self.env["ir.attachment"].search(
                [
                    ("res_model", "=", "sale.order"),
                    ("res_id", "=", order.id),
                    ("name", "=", f"{order.name}.pdf"),
                ]
            )
            self.assertEqual(len(attachment), 1)
            pages = self._pages(attachment.raw)
            self.assertIn(order.name, pages[0])
            self.assertIn(order.partner_id.name, pages[0])
            parts += pages
        self.assertEqual(parts, whole, "the parts together are what was printed")

    def test_landscape(self):
        reports = self.env["ir.actions.report"].with_context(
            force_report_rendering=True, landscape=True
        )
        content, _kind = reports._render_qweb_pdf(self.report, res_ids=self.orders[1].ids)
        box = PdfFileReader(io.BytesIO(content)).pages[0].mediabox
        self.assertEqual((box.width, box.height), (842, 595))
