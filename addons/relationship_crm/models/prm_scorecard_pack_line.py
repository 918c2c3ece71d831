import logging

from odoo import fields, models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)


class PrmScorecardPackLine(models.Model):
    """One partner of a pack."""

    _name = "prm.scorecard.pack.line"
    _description = "Scorecard of a Pack"
    _order = "pack_id, id"
    _rec_name = "enrollment_id"

    pack_id = fields.Many2one("prm.scorecard.pack", required=True, ondelete="cascade", index=True)
    enrollment_id = fields.Many2one(
        "prm.enrollment", string="Partner", required=True, ondelete="cascade", index=True
    )
    partner_id = fields.Many2one(
        related="enrollment_id.partner_id", string="Company of the Partner"
    )
    company_id = fields.Many2one(related="pack_id.company_id", store=True, index=True)
    user_id = fields.Many2one(related="pack_id.user_id", store=True, index="btree_not_null")
    state = fields.Selection(
        [("waiting", "Waiting"), ("done", "Printed"), ("failed", "Failed")],
        string="Status",
        required=True,
        readonly=True,
        default="waiting",
        index=True,
    )
    error = fields.Text(string="Why Not", readonly=True)
    attachment_id = fields.Many2one(
        "ir.attachment", string="Document", readonly=True, copy=False, ondelete="set null"
    )

    _once = models.Constraint(
        "UNIQUE (pack_id, enrollment_id)", "This partner is in the pack already."
    )

    def _print(self):
        """Print this scorecard as the person who asked for it; an error stays on the line."""
        self.ensure_one()
        failed = self.pack_id._settle([self.id], lambda _ids: self._keep(self._pdf()))
        if failed:
            _logger.info("scorecard of line %s is not printed: %s", self.id, failed[self.id])
            self.write({"state": "failed", "error": failed[self.id]})

    def _keep(self, content):
        self.attachment_id = self.env["ir.attachment"].create(
            {
                "name": f"{self.partner_id.display_name}.pdf",
                "raw": content,
                "mimetype": "application/pdf",
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        self.write({"state": "done", "error": False})

    def _pdf(self):
        """The document of this line as bytes.

        :raise AccessError: who asked for the pack may not read this partner
        :raise UserError: it could not be printed
        """
        pack = self.pack_id
        env = self.env(
            user=pack.user_id.id,
            su=False,
            context={
                **self.env.context,
                "allowed_company_ids": pack.company_id.ids,
                "lang": pack.user_id.lang,
                "tz": pack.user_id.tz,
                "prm_scorecard_day": pack.day,
            },
        )
        enrollment = self.enrollment_id.with_env(env)
        enrollment.check_access("read")
        content, kind = env["ir.actions.report"]._render_qweb_pdf(
            "relationship_crm.prm_scorecard_report", enrollment.ids
        )
        if kind != "pdf":
            raise UserError(self.env._("The printing program is missing."))
        return content
