from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

from .prm_enrollment_flow import REASONED
from .prm_tier_move import DETAILS, MoveDetails

#: what asks a second person to decide: closed by that decision, unlike what people note
ACTIVITY = "relationship_crm.mail_activity_type_stop"
#: states in which a partner has something to lose
TAKING_PART = ("active", "suspended")
#: what only asking, approving and withdrawing change
ASKED = frozenset(("stop_state", "stop_reason", "stop_asked_by_id", "stop_asked_on"))
NOT_ASKED = dict.fromkeys(ASKED, False)


class PrmEnrollment(models.Model):
    """To suspend or end an enrollment takes two people: one asks and says why, another approves.

    An application is refused by one: it was the partner who asked. In a company set to "single
    person" one may do all of it; each time it is noted and mailed.
    """

    _name = "prm.enrollment"
    _inherit = ["prm.enrollment", "relationship.worked.out"]
    _worked_out = ASKED

    stop_state = fields.Selection(
        [("suspended", "Suspend"), ("ended", "End")],
        "Asked To",
        readonly=True,
        copy=False,
        help="What somebody asked for and a second person has still to approve.",
    )
    stop_reason = fields.Text("Because", readonly=True, copy=False)
    stop_asked_by_id = fields.Many2one(
        "res.users",
        "Asked By",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
    )
    stop_asked_on = fields.Date("Asked On", readonly=True, copy=False)

    _stop_said = models.Constraint(
        "CHECK (stop_state IS NULL OR (stop_reason IS NOT NULL AND stop_asked_by_id IS NOT NULL))",
        "Who asks to suspend or end an enrollment says why.",
    )

    # ------------------------------------------------------------ changes

    def write(self, vals):
        """Date each change in the days of its company, and let nobody stop a partner alone.

        :raise UserError: somebody alone suspends or ends an enrollment
        """
        if {"state", "grade_id"} & vals.keys() and len(self.company_id) > 1:
            return all(some.write(vals) for some in self.grouped("company_id").values())
        if self and not self.env.su:
            self._check_stopped_alone(vals.get("state"))
        res = super().write(vals)
        if "state" in vals:
            self.sudo().filtered("stop_state").write(NOT_ASKED)
        return res

    def _needs_two(self):
        """Those of these enrollments that one person alone does not suspend or end."""
        if self.env.su:
            return self.browse()
        return self.filtered(
            lambda one: one.state in TAKING_PART and not one.company_id.sudo().prm_single_person
        )

    def _check_stopped_alone(self, state):
        """Refuse to suspend or end alone; where one person may, note and mail it."""
        if state not in REASONED:
            return
        if refused := self._needs_two():
            raise UserError(
                self.env._(
                    "%s: one person asks to suspend or end an enrollment, another approves.",
                    refused[0].display_name,
                )
            )
        for one in self.filtered(lambda one: one.state in TAKING_PART and one.state != state):
            one.company_id._tell_single_person(
                one,
                self.env._(
                    "%(user)s suspended or ended the enrollment of %(partner)s alone.",
                    user=self.env.user.name,
                    partner=one.display_name,
                ),
            )

    # ------------------------------------------------------------ asking

    def _ask_stop(self, state, reason):
        """Suspend or end these enrollments, or ask for it where a second person has to approve.

        :param str state: ``suspended`` or ``ended``
        :raise UserError: without a reason, or the state may not follow
        """
        self.check_access("write")
        asking = self._needs_two()
        (self - asking).write({"state": state, "reason": reason})
        if not asking:
            return
        asking._check_flow({"state": state, "reason": reason})
        for company, some in asking.sudo().grouped("company_id").items():
            some.write(
                {
                    "stop_state": state,
                    "stop_reason": reason,
                    "stop_asked_by_id": self.env.uid,
                    "stop_asked_on": company._relationship_today(),
                }
            )
        for one in asking.sudo():
            one.message_post(body=one._stop_text())
            one.activity_schedule(
                ACTIVITY,
                user_id=one._second_person().id,
                summary=self.env._("Approve or refuse: somebody asks to stop a partner"),
                note=plaintext2html(one._stop_text()),
            )

    def _stop_text(self):
        """What was asked for, by whom and why, in words."""
        self.ensure_one()
        values = {"user": self.stop_asked_by_id.name, "reason": self.stop_reason}
        if self.stop_state == "suspended":
            return self.env._("%(user)s asks to suspend this partner: %(reason)s", **values)
        return self.env._("%(user)s asks to end this enrollment: %(reason)s", **values)

    def _second_person(self):
        """Somebody who may approve what was asked for."""
        self.ensure_one()
        users = (self.program_id.user_id | self.manager_id) - self.stop_asked_by_id
        users = users.filtered(lambda user: self.with_user(user).has_access("write"))
        return self.company_id._somebody_else(users, self.stop_asked_by_id)

    # ------------------------------------------------------------ deciding

    def action_approve_stop(self):
        """Suspend or end, as somebody else asked.

        :raise UserError: nobody asked, or the user did
        """
        for one in self._lock_asked():
            asker = one.stop_asked_by_id
            one.company_id._require_second_person(
                asker,
                one,
                self.env._(
                    "%s asked to suspend or end this enrollment and approved it alone.",
                    self.env.user.name,
                ),
            )
            details = MoveDetails("end", one.stop_reason, None, asker.id, self.env.uid)
            one.message_post(
                body=self.env._(
                    "Asked by %(asker)s, approved by %(approver)s.",
                    asker=asker.name,
                    approver=self.env.user.name,
                )
            )
            one.activity_feedback([ACTIVITY])
            one.with_context(**{DETAILS: details}).write(
                {"state": one.stop_state, "reason": one.stop_reason}
            )
        return True

    def action_refuse_stop(self):
        """Let the partner go on; whoever asked may take it back like this too.

        :raise UserError: nobody asked
        """
        for one in self._lock_asked():
            one.write(NOT_ASKED)
            one.activity_unlink([ACTIVITY])
            one.message_post(
                body=self.env._("%s decided that the partner goes on.", self.env.user.name)
            )
        return True

    def _lock_asked(self):
        """These enrollments as superuser, locked, each with something asked for.

        :raise AccessError: the user may not change one of them
        :raise UserError: nothing is asked for
        """
        self.check_access("write")
        if self:
            self.env.cr.execute(
                "SELECT id FROM prm_enrollment WHERE id = ANY(%s) FOR UPDATE", [self.ids]
            )
            self.invalidate_recordset()
        for one in self.filtered(lambda one: not one.stop_state):
            raise UserError(
                self.env._("%s: nobody asks to suspend or end it (any more).", one.display_name)
            )
        return self.sudo()
