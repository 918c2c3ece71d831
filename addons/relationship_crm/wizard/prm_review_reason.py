from odoo import api, fields, models
from odoo.exceptions import UserError


class PrmReviewReason(models.TransientModel):
    """Ask for the reason of a decision about the tiers of partners, then decide."""

    _name = "prm.review.reason"
    _description = "Reason of a Decision"

    line_ids = fields.Many2many("prm.review.line", string="Partners", required=True, readonly=True)
    action = fields.Selection(
        [
            ("change", "Propose Another Tier"),
            ("keep", "Keep the Tier"),
            ("appeal", "Record an Appeal"),
            ("grant", "Grant the Appeal"),
            ("refuse", "Refuse the Appeal"),
        ],
        string="Decision",
        required=True,
        readonly=True,
    )
    program_id = fields.Many2one("prm.program", compute="_compute_program_id")
    grade_id = fields.Many2one(
        "res.partner.grade",
        "New Tier",
        domain="[('prm_program_id', 'in', (program_id, False))]",
        help="Empty: no tier.",
    )
    reason = fields.Text(required=True)

    @api.depends("line_ids")
    def _compute_program_id(self):
        for wizard in self:
            wizard.program_id = wizard.line_ids.program_id[:1]

    def action_confirm(self):
        """Decide with this reason.

        :raise UserError: the reason is empty, or the decision can't be taken
        """
        self.ensure_one()
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why: the reason is kept with the decision."))
        lines = self.line_ids
        if self.action == "change":
            lines._change_outcome(self.grade_id, reason)
        elif self.action == "keep":
            lines._keep(reason)
        elif self.action == "appeal":
            lines._appeal(reason)
        else:
            lines._answer_appeal(self.action == "grant", reason)
        return {"type": "ir.actions.act_window_close"}
