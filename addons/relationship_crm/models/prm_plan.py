from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

STATES = [
    ("draft", "Draft"),
    ("agreed", "Agreed"),
    ("done", "Done"),
    ("cancelled", "Cancelled"),
]


class PrmPlan(models.Model):
    """What we and a partner agreed to reach and to do, with who and when on both sides."""

    _name = "prm.plan"
    _description = "Joint Plan"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date_from desc, id desc"

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True)
    enrollment_id = fields.Many2one(
        "prm.enrollment", string="Partner", required=True, ondelete="restrict", index=True
    )
    partner_id = fields.Many2one(
        related="enrollment_id.partner_id", string="Company of the Partner", store=True, index=True
    )
    program_id = fields.Many2one(related="enrollment_id.program_id", store=True, index=True)
    company_id = fields.Many2one(related="enrollment_id.company_id", store=True, index=True)
    date_from = fields.Date(
        string="From", required=True, default=lambda self: fields.Date.context_today(self)
    )
    date_to = fields.Date(string="To", required=True)
    user_id = fields.Many2one(
        "res.users",
        string="Our Owner",
        default=lambda self: self.env.user,
        index="btree_not_null",
        tracking=True,
    )
    contact_id = fields.Many2one(
        "res.partner",
        string="Their Owner",
        ondelete="set null",
        index="btree_not_null",
        domain="[('id', 'child_of', partner_id)]",
        tracking=True,
        help="Who answers for the plan at the partner.",
    )
    state = fields.Selection(
        STATES,
        string="Status",
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    agreed_on = fields.Date(readonly=True, copy=False)
    line_ids = fields.One2many("prm.plan.line", "plan_id", string="Goals and Actions", copy=True)
    line_count = fields.Integer(string="Lines", compute="_compute_progress")
    late_count = fields.Integer(string="Overdue", compute="_compute_progress")
    progress = fields.Float(
        compute="_compute_progress", help="Lines done, in percent of all that were not dropped."
    )
    note = fields.Html(string="Notes")

    _ends_after_begin = models.Constraint(
        "CHECK (date_to >= date_from)", "A plan ends after it begins."
    )

    @api.depends("line_ids.state", "line_ids.due_on")
    def _compute_progress(self):
        today = fields.Date.context_today(self)
        for plan in self:
            lines = plan.line_ids.filtered(lambda line: line.state != "dropped")
            done = lines.filtered(lambda line: line.state == "done")
            plan.line_count = len(lines)
            plan.progress = 100 * len(done) / len(lines) if lines else 0.0
            plan.late_count = len(
                (lines - done).filtered(lambda line: line.due_on and line.due_on < today)
            )

    @api.constrains("contact_id", "enrollment_id")
    def _check_contact(self):
        for plan in self:
            contact = plan.contact_id.commercial_partner_id
            if contact and contact != plan.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "%(contact)s does not belong to %(partner)s.",
                        contact=plan.contact_id.display_name,
                        partner=plan.partner_id.display_name,
                    )
                )

    # ------------------------------------------------------------ flow

    def action_agree(self):
        """Both sides agreed: everyone of ours gets an activity for each line of theirs.

        :raise UserError: a plan without lines, or without an owner on one of the sides
        """
        self.check_access("write")
        for plan in self:
            if plan.state != "draft":
                raise UserError(self.env._("%s is not a draft.", plan.display_name))
            if not plan.line_ids:
                raise UserError(self.env._("Write down goals and actions first."))
            if not plan.user_id or not plan.contact_id:
                raise UserError(self.env._("Name an owner on both sides first."))
        today = fields.Date.context_today(self)
        self.write({"state": "agreed", "agreed_on": today})
        self.line_ids._schedule()
        return True

    def action_done(self):
        """Close the plan; what is still open stays open in it."""
        return self._close("done")

    def action_cancel(self):
        """Give the plan up; its activities go."""
        return self._close("cancelled")

    def action_draft(self):
        """Back to a draft, to agree anew."""
        self.check_access("write")
        self.line_ids._unschedule()
        self.write({"state": "draft", "agreed_on": False})
        return True

    def _close(self, state):
        self.check_access("write")
        self.line_ids._unschedule()
        self.write({"state": state})
        return True

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        if any(plan.state != "draft" for plan in self):
            raise UserError(self.env._("A plan that was agreed is kept: cancel or archive it."))

    def action_view_lines(self):
        """Open goals and actions of this plan as a board.

        :return: window action on ``prm.plan.line``
        """
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "relationship_crm.prm_plan_line_action"
        )
        return action | {
            "domain": [("plan_id", "=", self.id)],
            "context": {"default_plan_id": self.id},
        }

    def _open_lines(self):
        """Lines that are to be done, what is due first in front."""
        return self.line_ids.filtered(lambda line: line.state == "open").sorted(
            lambda line: (line.due_on or fields.Date.to_date("9999-12-31"), line.id)
        )
