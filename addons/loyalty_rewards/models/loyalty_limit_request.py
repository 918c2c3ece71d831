from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare

from .loyalty_card_adjust import LIMIT

STATES = [
    ("requested", "Waits for Approval"),
    ("approved", "Approved"),
    ("refused", "Refused"),
]
#: what the person who asks fills in; the rest is the way of the request
ASKED = frozenset(("program_id", "points", "reason"))
APPROVERS = "relationship_crm.group_manager"
ACTIVITY = "loyalty_rewards.mail_activity_type_limit"


class LoyaltyLimitRequest(models.Model):
    """A higher limit of what one person adjusts: one manager asks and says why, another approves.

    In a company set to "single person" the same one may; it is noted and mailed. A lower limit
    needs nobody else. Requests are never edited: another one follows.
    """

    _name = "loyalty.limit.request"
    _description = "Request for a Higher Limit of Adjustments"
    _inherit = ["mail.thread", "mail.activity.mixin", "relationship.worked.out"]
    _order = "id desc"
    _rec_name = "program_id"
    _worked_out = frozenset(
        ("state", "former", "user_id", "approver_id", "decided_at", "single_person", "company_id")
    )

    program_id = fields.Many2one("loyalty.program", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(
        "res.company", related="program_id.company_id", store=True, index=True
    )
    points = fields.Float(
        string="New Limit",
        digits=(16, 4),
        min_display_digits=2,
        required=True,
        help="Points that one person may give to or take from a card within a day.",
    )
    former = fields.Float(
        string="Former Limit", digits=(16, 4), min_display_digits=2, readonly=True, copy=False
    )
    reason = fields.Char(required=True)
    state = fields.Selection(
        STATES,
        required=True,
        readonly=True,
        default="requested",
        copy=False,
        index=True,
        tracking=True,
    )
    user_id = fields.Many2one(
        "res.users",
        string="Asked by",
        readonly=True,
        copy=False,
        default=lambda self: self.env.user,
        ondelete="restrict",
    )
    approver_id = fields.Many2one(
        "res.users", string="Decided by", readonly=True, copy=False, ondelete="restrict"
    )
    decided_at = fields.Datetime(string="Decided on", readonly=True, copy=False)
    single_person = fields.Boolean(string="By a Single Person", readonly=True, copy=False)

    _points_check = models.Constraint("CHECK (points >= 0)", "A limit is not below zero.")
    _decided_check = models.Constraint(
        "CHECK (state = 'requested' OR approver_id IS NOT NULL)", "Somebody decided it."
    )

    @api.depends("program_id", "points")
    def _compute_display_name(self):
        for row in self:
            row.display_name = f"{row.program_id.name}: {row.points:.12g}"

    @api.model_create_multi
    def create(self, vals_list):
        """Ask: those who may approve find it among their activities."""
        rows = super().create(vals_list)
        rows.program_id.check_access("write")
        for row in rows.sudo():
            row.former = row.program_id.loyalty_adjust_limit
            row._tell_approvers()
        return rows

    def write(self, vals):
        if ASKED & set(vals) and not self.env.su:
            raise UserError(self.env._("What was asked for stays as it is. Ask again."))
        return super().write(vals)

    # ------------------------------------------------------------ decide

    def action_approve(self):
        """Set the limit that somebody else asked for.

        :raise UserError: it does not wait any more, or the user asked for it
        """
        for row in self._lock_waiting():
            company = row.program_id._tier_company()
            alone = company._require_second_person(
                row.user_id,
                row,
                self.env._("%s asked for and approved this limit alone.", self.env.user.name),
            )
            row._decide("approved", former=row.program_id[LIMIT], single_person=alone)
            row.program_id[LIMIT] = row.points
        return True

    def action_refuse(self):
        """Refuse what waits, or take it back; the limit stays as it is."""
        for row in self._lock_waiting():
            row._decide("refused")
        return True

    def _decide(self, state, **values):
        """Note who decided, and how."""
        self.write(
            {
                "state": state,
                "approver_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
                **values,
            }
        )
        self.activity_unlink([ACTIVITY])

    def _lock_waiting(self):
        """Return these requests as superuser, locked; refuse those that do not wait any more."""
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group(APPROVERS):
            raise UserError(self.env._("Limits are decided by managers of Relationships."))
        self.flush_recordset()
        self.env.cr.execute(
            "SELECT id FROM loyalty_limit_request WHERE id = ANY(%s) AND state = 'requested'"
            " FOR UPDATE",
            [self.ids],
        )
        if self.env.cr.rowcount < len(self):
            raise UserError(self.env._("This request does not wait for a decision any more."))
        return self.sudo()

    def _tell_approvers(self):
        """Let a manager who did not ask find it among their activities."""
        self.ensure_one()
        company = self.program_id._tier_company()
        self.activity_schedule(
            ACTIVITY,
            user_id=company._somebody_else(self.env["res.users"], self.user_id).id,
            summary=self.env._("Approve or refuse a higher limit of adjustments"),
        )


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    @api.model_create_multi
    def create(self, vals_list):
        """A new program starts with the usual limit at most; who sets it alone is noted."""
        programs = super().create(vals_list)
        usual = self._fields[LIMIT].default(self)
        programs._raised_alone(dict.fromkeys(programs, usual))
        return programs

    def write(self, vals):
        """Raise the limit by two people only; where one may, it is noted and mailed."""
        if LIMIT not in vals or self.env.su:
            return super().write(vals)
        former = {program: program[LIMIT] for program in self}
        result = super().write(vals)
        self._raised_alone(former)
        return result

    def _raised_alone(self, former):
        """Refuse limits that one person has raised, or note and mail it.

        :param dict former: limit of each program until then
        :raise UserError: the company wants two people
        """
        if self.env.su:
            return
        raised = self.filtered(lambda one: float_compare(one[LIMIT], former[one], 4) > 0)
        for program in raised:
            company = program._tier_company()
            if not company.sudo().prm_single_person:
                raise UserError(
                    self.env._(
                        "One person alone does not raise the limit of adjustments. Ask for a "
                        "higher one, and another manager approves it."
                    )
                )
            program._note_raised(company, former[program])

    def _note_raised(self, company, former):
        """Note and mail that one person alone has raised the limit of this program."""
        row = self.env["loyalty.limit.request"].sudo()
        # it is decided at once: nobody is written to about a task
        quiet = {"mail_create_nosubscribe": True, "mail_activity_quick_update": True}
        row = row.with_context(**quiet).create(
            {
                "program_id": self.id,
                "points": self[LIMIT],
                "reason": self.env._("Set on the program"),
            }
        )
        row._decide("approved", former=former, single_person=True)
        company._tell_single_person(
            row,
            self.env._(
                "%(user)s alone raised the limit of %(program)s from %(former)s to %(points)s.",
                user=self.env.user.name,
                program=self.name,
                former=f"{former:.12g}",
                points=f"{self[LIMIT]:.12g}",
            ),
        )

    def action_ask_for_limit(self):
        """Open a new request for a higher limit."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Ask for a Higher Limit"),
            "res_model": "loyalty.limit.request",
            "views": [(False, "form")],
            "context": {"default_program_id": self.id},
        }
