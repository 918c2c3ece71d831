from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import pdf

from .prm_enrollment_scorecard import MOST

#: lines among which a worker looks for one that nobody else prints
AHEAD = 100


class PrmScorecardPack(models.Model):
    """The scorecards of many partners as one document, printed in the background."""

    _name = "prm.scorecard.pack"
    _description = "Scorecard Pack"
    _inherit = ["relationship.job"]
    _order = "id desc"

    name = fields.Char(required=True, default=lambda self: self.env._("Scorecards"))
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
        index=True,
    )
    user_id = fields.Many2one(
        "res.users",
        string="For",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        index=True,
        help="Who asked for it; it shows what this person may read.",
    )
    day = fields.Date(
        string="As Of", required=True, default=lambda self: self.env.company._relationship_today()
    )
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Printing"), ("done", "Done")],
        string="Status",
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        index=True,
    )
    line_ids = fields.One2many("prm.scorecard.pack.line", "pack_id", string="Partners")
    line_count = fields.Integer(string="Number of Partners", compute="_compute_progress")
    done_count = fields.Integer(string="Printed", compute="_compute_progress")
    failed_count = fields.Integer(string="Not Printed", compute="_compute_progress")
    progress = fields.Float(compute="_compute_progress", help="In percent.")
    attachment_id = fields.Many2one(
        "ir.attachment", string="Document", readonly=True, copy=False, ondelete="set null"
    )

    @api.depends("line_ids.state")
    def _compute_progress(self):
        counts = {
            (pack.id, state): count
            for pack, state, count in self.env["prm.scorecard.pack.line"]._read_group(
                [("pack_id", "in", self.ids)], ["pack_id", "state"], ["__count"]
            )
        }
        for pack in self:
            number = {
                state: counts.get((pack._origin.id, state), 0)
                for state in ("waiting", "done", "failed")
            }
            total = sum(number.values())
            pack.line_count = total
            pack.done_count, pack.failed_count = number["done"], number["failed"]
            pack.progress = 100 * (total - number["waiting"]) / total if total else 0.0

    @api.model
    def _start(self, enrollments):
        """A pack of these enrollments for the caller, printing begun.

        :raise UserError: none, or too many, or of several companies
        """
        if not enrollments:
            raise UserError(self.env._("Choose the partners first."))
        if len(enrollments) > MOST:
            raise UserError(self.env._("A pack holds at most %s partners.", MOST))
        if len(enrollments.company_id) > 1:
            raise UserError(self.env._("A pack holds partners of one company."))
        # made for the caller and by nobody else: what is printed is bound without asking again
        pack = self.sudo().create(
            {
                "user_id": self.env.uid,
                "company_id": enrollments.company_id.id,
                "name": self.env._(
                    "Scorecards %s", fields.Date.to_string(fields.Date.context_today(self))
                ),
                "line_ids": [
                    fields.Command.create({"enrollment_id": one.id}) for one in enrollments
                ],
            }
        )
        pack = pack.sudo(False)
        pack.action_print()
        return pack

    def action_print(self):
        """Print what is not printed yet, in the background."""
        self.check_access("read")
        packs = self.sudo()
        lines = packs.line_ids.filtered(lambda line: line.state != "done")
        lines.write({"state": "waiting", "error": False})
        packs.write({"state": "running"})
        self.env["relationship.queue"]._wake("relationship_crm.ir_cron_prm_scorecard_pack")
        return True

    def action_download(self):
        """Open the document.

        :return: URL action
        """
        self.ensure_one()
        self.check_access("read")
        if not self.attachment_id:
            raise UserError(self.env._("Nothing is printed yet."))
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.attachment_id.id}?download=true",
            "target": "download",
        }

    # ------------------------------------------------------------ background

    @api.model
    def _cron_scorecard_pack(self):
        """Print what waits, one partner a batch, so that progress shows."""
        self._run_job("scorecard_pack", 1)

    @api.model
    def _job_scorecard_pack(self, limit):
        """Print up to ``limit`` scorecards, close packs that are through; what remains.

        A line that another worker prints is left to it, and the next one taken.
        """
        line = self.env["prm.scorecard.pack.line"].sudo()
        domain = [("state", "=", "waiting"), ("pack_id.state", "=", "running")]
        waiting = line.search(domain, limit=AHEAD, order="pack_id, id")
        mine = waiting.try_lock_for_update(limit=limit)
        for one in mine:
            one._print()
        line.flush_model()
        through = self.sudo().search(
            [("state", "=", "running"), ("line_ids", "not any", [("state", "=", "waiting")])]
        )
        for pack in through:
            pack._finish()
        return line.search_count(domain, limit=1000) if mine else 0

    def _finish(self):
        """Bind what was printed into one document and tell who asked for it."""
        self.ensure_one()
        gone = self.line_ids.filtered(
            lambda line: line.attachment_id and not line.attachment_id.raw
        )
        gone.write({"state": "failed", "error": self.env._("The document is gone. Print again.")})
        printed = (
            (self.line_ids - gone)
            .filtered("attachment_id")
            .sorted(lambda line: (line.partner_id.display_name or "", line.id))
        )
        self.state = "done"
        if printed:
            content = pdf.merge_pdf([line.attachment_id.raw for line in printed])
            self.attachment_id.unlink()
            self.attachment_id = self.env["ir.attachment"].create(
                {
                    "name": f"{self.name}.pdf",
                    "raw": content,
                    "mimetype": "application/pdf",
                    "res_model": self._name,
                    "res_id": self.id,
                }
            )
        self.user_id._bus_send(
            "simple_notification",
            {
                "type": "warning" if self.failed_count else "success",
                "title": self.name,
                "message": self.with_context(lang=self.user_id.lang)._finished_text(),
            },
        )

    def _finished_text(self):
        if self.failed_count:
            return self.env._(
                "%(done)s printed, %(failed)s not: open the pack to see why.",
                done=self.done_count,
                failed=self.failed_count,
            )
        return self.env._("%s scorecards are ready.", self.done_count)
