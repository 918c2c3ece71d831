import io
from unittest.mock import patch

from reportlab.pdfgen import canvas

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import pdf

from odoo.addons.base.tests.test_ir_cron import CronMixinCase

from .target_common import TargetCommon

FIRE = "The printer is on fire"
LINE = "odoo.addons.relationship_crm.models.prm_scorecard_pack_line.PrmScorecardPackLine"


def page(text):
    """One page as PDF."""
    buffer = io.BytesIO()
    sheet = canvas.Canvas(buffer)
    sheet.drawString(100, 700, text)
    sheet.save()
    return buffer.getvalue()


@tagged("post_install", "-at_install")
class TestScorecardPack(TargetCommon, CronMixinCase):
    """Twenty scorecards in one document: by a job, with progress, one failure stopping nobody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.twenty = cls.enrollment
        for number in range(19):
            cls.twenty += cls.enroll(cls.customer(f"Partner {number:02}"))

    def printing(self, broken=()):
        """Print pages of text instead; those of broken partners fail."""

        self.printed = self.env["prm.enrollment"]

        def _pdf(line):
            self.printed += line.enrollment_id
            if line.enrollment_id in broken:
                raise UserError(FIRE)
            return page(line.enrollment_id.partner_id.name)

        patcher = patch(f"{LINE}._pdf", _pdf)
        patcher.start()
        self.addCleanup(patcher.stop)

    def start(self, enrollments=None):
        action = (enrollments or self.twenty).action_scorecard_pack()
        return self.env[action["res_model"]].browse(action["res_id"])

    def run_job(self, pack, limit=1):
        seen = []
        while True:
            remaining = pack._job_scorecard_pack(limit)
            pack.invalidate_recordset()
            seen.append(pack.progress)
            if not remaining:
                return seen

    def test_twenty_with_progress(self):
        self.printing()
        with self.capture_triggers("relationship_crm.ir_cron_prm_scorecard_pack") as captured:
            pack = self.start()
            self.assertEqual(len(captured.records), 1, "the cron is woken")
        self.assertEqual((pack.state, pack.progress, pack.line_count), ("running", 0, 20))
        seen = self.run_job(pack)
        self.assertEqual(seen, [5.0 * step for step in range(1, 21)])
        self.assertEqual((pack.state, pack.done_count, pack.failed_count), ("done", 20, 0))
        reader = pdf.PdfFileReader(io.BytesIO(pack.attachment_id.raw))
        self.assertEqual(len(reader.pages), 20)
        first = reader.pages[0].extract_text()
        self.assertIn("Partner 00", first, "by name")

    def test_a_failing_partner_does_not_stop_the_rest(self):
        bad = self.twenty[7]
        self.printing(broken=bad)
        pack = self.start()
        self.run_job(pack, 5)
        self.assertEqual((pack.state, pack.done_count, pack.failed_count), ("done", 19, 1))
        line = pack.line_ids.filtered(lambda one: one.state == "failed")
        self.assertEqual(line.enrollment_id, bad)
        self.assertIn("on fire", line.error)
        self.assertEqual(len(pdf.PdfFileReader(io.BytesIO(pack.attachment_id.raw)).pages), 19)
        self.printing()
        pack.action_print()
        self.assertEqual(pack.state, "running")
        self.run_job(pack)
        self.assertEqual(self.printed, bad, "who is printed is not printed again")
        documents = [("res_model", "=", pack._name), ("res_id", "=", pack.id)]
        self.assertEqual(self.env["ir.attachment"].search(documents), pack.attachment_id)
        self.assertEqual((pack.done_count, pack.failed_count), (20, 0))
        self.assertEqual(len(pdf.PdfFileReader(io.BytesIO(pack.attachment_id.raw)).pages), 20)

    def test_all_fail(self):
        self.printing(broken=self.twenty)
        pack = self.start()
        self.run_job(pack, 20)
        self.assertEqual((pack.state, pack.failed_count), ("done", 20))
        with self.assertRaises(UserError):
            pack.action_download()

    def test_a_document_that_is_gone_is_printed_again(self):
        self.printing()
        pack = self.start(self.twenty[:3])
        pack._job_scorecard_pack(1)
        first = pack.line_ids.filtered(lambda line: line.state == "done")
        first.attachment_id.raw = b""
        self.run_job(pack)
        self.assertEqual((pack.state, pack.done_count, pack.failed_count), ("done", 2, 1))
        self.assertIn("gone", first.error)
        self.assertEqual(len(pdf.PdfFileReader(io.BytesIO(pack.attachment_id.raw)).pages), 2)
        pack.action_print()
        self.run_job(pack)
        self.assertEqual((pack.done_count, pack.failed_count, first.error), (3, 0, False))

    def test_who_asked_is_told(self):
        for broken, kind, text in (
            (self.twenty.browse(), "success", "3 scorecards"),
            (self.twenty[:1], "warning", "2 printed, 1 not"),
        ):
            self.printing(broken)
            pack = self.start(self.twenty[:3])
            with patch.object(self.registry["res.users"], "_bus_send") as told:
                self.run_job(pack)
            told.assert_called_once()
            name, message = told.call_args.args
            self.assertEqual((name, message["type"]), ("simple_notification", kind))
            self.assertIn(text, message["message"])

    def test_what_the_asker_may_not_read_is_not_printed(self):
        user = self.users["channel_manager"]
        self.program.user_id = user
        pack = self.start(self.twenty[:2].with_user(user)).sudo()
        self.program.user_id = self.users["manager"]
        self.twenty[:2].partner_id.user_id = self.users["manager"]
        self.run_job(pack)
        self.assertEqual(pack.failed_count, 2)
        self.assertIn("AccessError", pack.line_ids[0].error)

    def test_a_pack_is_seen_by_its_owner_alone(self):
        self.printing()
        self.program.user_id = self.users["channel_manager"]
        pack = self.start(self.twenty[:2].with_user(self.users["channel_manager"]))
        self.run_job(pack.sudo())
        self.assertEqual(pack.action_download()["type"], "ir.actions.act_url")
        for role in ("manager", "auditor", "user"):
            other = pack.with_user(self.users[role])
            self.assertFalse(other.search([("id", "=", pack.id)]))
            with self.assertRaises(AccessError):
                other.action_download()
            with self.assertRaises(AccessError):
                pack.attachment_id.with_user(self.users[role]).read(["raw"])
        pack.attachment_id.with_user(self.users["channel_manager"]).read(["raw"])

    def test_what_a_pack_needs(self):
        with self.assertRaises(UserError):
            self.env["prm.scorecard.pack"]._start(self.env["prm.enrollment"])
        other = self.enroll(self.partner, company_id=self.other_company().id)
        with self.assertRaises(UserError):
            (self.twenty + other).action_scorecard_pack()

    def test_the_real_document(self):
        """Rendered as the asker, up to the printing program."""
        pack = self.start(self.enrollment)
        pack.sudo().day = "2026-03-31"
        with patch.object(
            type(self.env["ir.actions.report"]), "_run_wkhtmltopdf", return_value=page("card")
        ) as printer:
            content = pack.sudo().line_ids.with_context(force_report_rendering=True)._pdf()
        self.assertTrue(content.startswith(b"%PDF"))
        [body] = printer.call_args.args[0]
        self.assertIn("Rho Resale", str(body))
        self.assertIn("31 March 2026", str(body), "as of the day of the pack")
