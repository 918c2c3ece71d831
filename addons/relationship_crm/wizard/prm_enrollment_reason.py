from odoo import fields, models


class PrmEnrollmentReason(models.TransientModel):
    """Ask why enrollments are suspended or ended."""

    _name = "prm.enrollment.reason"
    _description = "Suspend or End Enrollments"

    enrollment_ids = fields.Many2many("prm.enrollment", required=True, readonly=True)
    state = fields.Selection([("suspended", "Suspend"), ("ended", "End")], required=True)
    reason = fields.Text(required=True)

    def action_confirm(self):
        """Suspend or end the enrollments with this reason, or ask a second person to approve it.

        :raise UserError: the reason is empty, or an enrollment can't be suspended or ended
        """
        self.ensure_one()
        self.enrollment_ids._ask_stop(self.state, self.reason)
        return {"type": "ir.actions.act_window_close"}
