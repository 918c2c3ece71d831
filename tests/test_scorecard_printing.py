"""The scorecard on paper: one to two pages, however much there is to tell; and a pack of them."""

from datetime import timedelta

from printing import PrintingCase

from odoo import Command, fields
from odoo.tests import tagged

REPORT = "relationship_crm.prm_scorecard_report"
PRODUCT = "Extension set for the measuring station, wall mounted, with a very long name"


@tagged("post_install", "-at_install")
class TestScorecardPrinting(PrintingCase):
    """A partner with everything that a scorecard may show, and one with nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("ar_001")
        cls.today = fields.Date.today()
        cls.program = cls.env["prm.program"].create({"name": "Paper Partners"})
        cls.tier = cls.env["res.partner.grade"].create(
            {"name": "Paper Gold", "prm_program_id": cls.program.id}
        )
        cls.full, cls.empty = cls.env["prm.enrollment"].create(
            [
                {
                    "partner_id": cls.env["res.partner"].create({"name": name}).id,
                    "program_id": cls.program.id,
                    "grade_id": cls.tier.id,
                    "state": "active",
                }
                for name in ("Full Resale Corporation", "Empty Resale")
            ]
        )
        cls._sell()
        cls._plan()

    @classmethod
    def _sell(cls):
        """More products than are named one by one, more targets than are shown."""
        products = cls.env["product.product"].create(
            [{"name": f"{PRODUCT} {number}"} for number in range(8)]
        )
        invoice = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": cls.full.partner_id.id,
                "invoice_date": cls.today - timedelta(days=40),
                "invoice_line_ids": [
                    Command.create({"product_id": one.id, "price_unit": 1234.5, "tax_ids": False})
                    for one in products
                ],
            }
        )
        invoice.action_post()
        metric = cls.env.ref("relationship_crm.relationship_metric_sold_revenue_invoiced")
        categories = cls.env["product.category"].create(
            [{"name": f"Measuring stations, group {number}"} for number in range(10)]
        )
        cls.env["prm.target"].create(
            [
                {
                    "subject": "partner",
                    "partner_id": cls.full.partner_id.id,
                    "metric_id": metric.id,
                    "period": "year",
                    "date_from": cls.today.replace(month=1, day=1),
                    "goal": 98765.0,
                    "product_categ_id": category.id,
                }
                for category in categories
            ]
        )

    @classmethod
    def _plan(cls):
        cls.env["prm.plan"].create(
            {
                "name": "Grow together",
                "enrollment_id": cls.full.id,
                "contact_id": cls.full.partner_id.id,
                "date_to": cls.today + timedelta(days=90),
                "line_ids": [
                    Command.create(
                        {
                            "name": f"Train the people who sell our stations, part {part}",
                            "due_on": cls.today + timedelta(days=part),
                        }
                    )
                    for part in range(10)
                ],
            }
        ).action_agree()

    def _print(self, enrollment, lang):
        """The text of each page of a scorecard."""
        enrollment.partner_id.lang = lang
        reports = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        content, kind = reports._render_qweb_pdf(REPORT, res_ids=enrollment.ids)
        self.assertEqual(kind, "pdf")
        return self._pages(content)

    def test_one_to_two_pages(self):
        for lang in ("en_US", "ar_001"):
            with self.subTest(lang):
                full, empty = self._print(self.full, lang), self._print(self.empty, lang)
                self.assertEqual((len(full), len(empty)), (2, 1))
                self.assertIn("Full Resale Corporation", full[0])
                self.assertIn("part 5", " ".join(full).replace("\n", " "))

    def test_a_pack_has_the_pages_of_its_scorecards(self):
        action = (self.full | self.empty).action_scorecard_pack()
        pack = self.env[action["res_model"]].browse(action["res_id"])
        pack = pack.with_context(force_report_rendering=True)
        while pack._job_scorecard_pack(1):
            pass
        pack.invalidate_recordset()
        self.assertEqual((pack.state, pack.done_count), ("done", 2))
        pages = self._pages(pack.attachment_id.raw)
        self.assertEqual(len(pages), 3)
        for name in ("Full Resale Corporation", "Empty Resale"):
            self.assertEqual(sum(f"Scorecard: {name}" in text for text in pages), 1, name)
