from odoo import fields, models


class PrmLeadReassign(models.TransientModel):
    """The dialog with which a manager gives a protected opportunity to another partner."""

    _name = "prm.lead.reassign"
    _description = "Reassign a Protected Opportunity"

    lead_id = fields.Many2one("crm.lead", "Opportunity", required=True)
    partner_id = fields.Many2one(
        "res.partner", "New Partner", domain=[("grade_id", "!=", False)], help="Empty: none."
    )
    reason = fields.Text(required=True, help="Kept in the chatter of both records.")

    def action_confirm(self):
        """Reassign the opportunity.

        :return: an action that closes the dialog
        """
        self.ensure_one()
        self.lead_id.action_prm_reassign(self.partner_id.id, self.reason)
        return {"type": "ir.actions.act_window_close"}
