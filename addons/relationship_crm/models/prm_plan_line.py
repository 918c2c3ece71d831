from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

KINDS = [("goal", "Goal"), ("action", "Action")]
SIDES = [("ours", "We"), ("theirs", "The Partner")]
STATES = [("open", "Open"), ("done", "Done"), ("dropped", "Dropped")]


class PrmPlanLine(models.Model):
    """One goal or action of a joint plan: who does it, on which side, until when."""

    _name = "prm.plan.line"
    _description = "Goal or Action"
    _order = "sequence, due_on, id"

    plan_id = fields.Many2one("prm.plan", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(string="What", required=True)
    kind = fields.Selection(KINDS, required=True, default="action")
    side = fields.Selection(SIDES, string="Who", required=True, default="ours")
    user_id = fields.Many2one(
        "res.users",
        string="Our Owner",
        compute="_compute_owner",
        store=True,
        readonly=False,
        index="btree_not_null",
    )
    contact_id = fields.Many2one(
        "res.partner",
        string="Their Owner",
        compute="_compute_owner",
        store=True,
        readonly=False,
        ondelete="set null",
        index="btree_not_null",
        domain="[('id', 'child_of', partner_id)]",
    )
    due_on = fields.Date(string="Due")
    done_on = fields.Date(readonly=True, copy=False)
    state = fields.Selection(
        STATES,
        string="Status",
        required=True,
        default="open",
        copy=False,
        index=True,
        group_expand=True,
    )
    target_id = fields.Many2one(
        "prm.target",
        ondelete="set null",
        index="btree_not_null",
        domain="[('partner_id', '=', partner_id), ('company_id', '=', company_id)]",
        help="The target that a goal is measured by.",
    )
    attainment = fields.Float(related="target_id.attainment")
    activity_id = fields.Many2one(
        "mail.activity", readonly=True, copy=False, ondelete="set null", index="btree_not_null"
    )
    partner_id = fields.Many2one(
        related="plan_id.partner_id", string="Partner", store=True, index=True
    )
    company_id = fields.Many2one(related="plan_id.company_id", store=True, index=True)
    plan_state = fields.Selection(related="plan_id.state", string="Plan Status")
    plan_user_id = fields.Many2one(
        related="plan_id.user_id", string="Owner of the Plan", store=True, index="btree_not_null"
    )

    @api.depends("side", "plan_id.user_id", "plan_id.contact_id")
    def _compute_owner(self):
        """The owner of the plan, until somebody else is named."""
        for line in self:
            ours = line.side == "ours"
            line.user_id = (line.user_id or line.plan_id.user_id) if ours else False
            line.contact_id = False if ours else (line.contact_id or line.plan_id.contact_id)

    @api.constrains("contact_id", "plan_id")
    def _check_contact(self):
        for line in self:
            contact = line.contact_id.commercial_partner_id
            if contact and contact != line.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "%(contact)s does not belong to %(partner)s.",
                        contact=line.contact_id.display_name,
                        partner=line.partner_id.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        today = fields.Date.context_today(self)
        lines = super().create(
            [
                vals | ({"done_on": today} if vals.get("state") == "done" else {})
                for vals in vals_list
            ]
        )
        lines.filtered(lambda line: line.plan_state == "agreed")._schedule()
        return lines

    def write(self, vals):
        """Date what is done; its activity is done too, that of another owner or day is moved."""
        if "state" in vals:
            done = vals["state"] == "done"
            vals = dict(vals, done_on=done and fields.Date.context_today(self))
        result = super().write(vals)
        if vals.keys() & {"state", "side", "user_id", "due_on", "name"}:
            running = self.filtered(lambda line: line.plan_state == "agreed")
            running._unschedule()
            running._schedule()
        return result

    def unlink(self):
        self._unschedule()
        return super().unlink()

    def action_done(self):
        """These are done."""
        self.check_access("write")
        self.write({"state": "done"})
        return True

    # ------------------------------------------------------------ activities

    def _schedule(self):
        """Give each of our owners an activity for what is open and due."""
        for line in self:
            if line.state != "open" or not line.user_id or not line.due_on or line.activity_id:
                continue
            line.activity_id = (
                line.plan_id.sudo()
                .with_context(mail_activity_quick_update=True)
                .activity_schedule(
                    "mail.mail_activity_data_todo",
                    date_deadline=line.due_on,
                    summary=line.name,
                    user_id=line.user_id.id,
                )
            )

    def _unschedule(self):
        """Take their activities away: marked as done where the line is."""
        for line in self.sudo():
            activity = line.activity_id.exists()
            line.activity_id = False
            # only one of this plan: the id may have been written from outside
            if not activity or (activity.res_model, activity.res_id) != (
                line.plan_id._name,
                line.plan_id.id,
            ):
                continue
            if line.state == "done":
                activity.action_feedback()
            else:
                activity.unlink()

    # ------------------------------------------------------------ scorecard

    def _scorecard_step(self):
        """This line as plain values for a scorecard."""
        self.ensure_one()
        sides = dict(self._fields["side"]._description_selection(self.env))
        owner = self.user_id.name or self.contact_id.name or ""
        return {
            "name": self.name,
            "kind": dict(self._fields["kind"]._description_selection(self.env))[self.kind],
            "side": sides[self.side],
            "owner": owner,
            "due": format_date(self.env, self.due_on) if self.due_on else "",
        }
