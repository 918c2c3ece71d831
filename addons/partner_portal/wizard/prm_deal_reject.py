from odoo import api, fields, models


class PrmDealReject(models.TransientModel):
    """The dialog that refuses deal registrations: one reason for the partner, one for us."""

    _name = "prm.deal.reject"
    _description = "Refuse Deal Registrations"

    deal_ids = fields.Many2many("prm.deal", string="Deal Registrations", required=True)
    reason_id = fields.Many2one("prm.deal.reason", "Ready Answer")
    reason = fields.Text(
        "Reason for the Partner",
        compute="_compute_reason",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        help="The partner reads this. A ready answer goes out in the partner's language.",
    )
    note = fields.Text("Internal Reason", help="Only your colleagues read this.")

    @api.depends("reason_id")
    def _compute_reason(self):
        for wizard in self:
            wizard.reason = wizard.reason_id.name or wizard.reason

    def action_confirm(self):
        """Refuse the registrations.

        :return: an action that closes the dialog
        """
        self.ensure_one()
        self.deal_ids.action_reject(self.reason, self.note)
        return {"type": "ir.actions.act_window_close"}
