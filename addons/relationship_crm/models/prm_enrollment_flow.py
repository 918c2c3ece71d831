from odoo import api, models
from odoo.exceptions import UserError, ValidationError

#: state → states that may follow
FOLLOWS = {
    "applied": ("onboarding", "active", "ended"),
    "onboarding": ("active", "ended"),
    "active": ("suspended", "ended"),
    "suspended": ("active", "ended"),
    "ended": (),
}
#: states that need a reason
REASONED = ("suspended", "ended")
#: what an enrollment is about: fixed once it was applied for
SUBJECT = ("partner_id", "program_id", "company_id")


class PrmEnrollment(models.Model):
    """From the application to the end of an enrollment, with its dates and reasons."""

    _inherit = "prm.enrollment"

    # ------------------------------------------------------------ constraints

    @api.constrains("partner_id")
    def _check_partner(self):
        for enrollment in self:
            if enrollment.partner_id != enrollment.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "%(contact)s is a contact of %(company)s: enroll the company.",
                        contact=enrollment.partner_id.display_name,
                        company=enrollment.partner_id.commercial_partner_id.display_name,
                    )
                )

    @api.constrains("grade_id", "program_id", "company_id")
    def _check_grade(self):
        for enrollment in self:
            grade = enrollment.grade_id.sudo()
            if grade.prm_program_id and grade.prm_program_id != enrollment.program_id:
                raise ValidationError(
                    self.env._(
                        "The tier %(tier)s belongs to the program %(program)s.",
                        tier=grade.display_name,
                        program=grade.prm_program_id.display_name,
                    )
                )

    @api.constrains("parent_id")
    def _check_parent(self):
        if self._has_cycle():
            raise ValidationError(
                self.env._("A distributor can't stand below one of its own resellers.")
            )
        for enrollment in self:
            if enrollment.parent_id and enrollment.parent_id.company_id != enrollment.company_id:
                raise ValidationError(
                    self.env._("A partner and its distributor are enrolled in the same company.")
                )

    # ------------------------------------------------------------ changes

    @api.model_create_multi
    def create(self, vals_list):
        enrollments = super().create([self._prepare_dated(vals) for vals in vals_list])
        enrollments._show_grades({})
        return enrollments

    @api.model
    def _prepare_dated(self, vals):
        """Values of a new enrollment with the day of its state and of its tier."""
        company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
        today = company._relationship_today()
        state = vals.get("state") or self.env.context.get("default_state") or "applied"
        dated = {"applied_on": today, f"{state}_on": today}
        if vals.get("grade_id"):
            dated["grade_since"] = today
        return dated | vals

    def write(self, vals):
        """Let a state follow another only where the flow allows it, and date the change.

        :raise UserError: the change is not allowed, or a reason is missing
        """
        if not self:
            return super().write(vals)
        if "state" in vals:
            self._check_flow(vals)
            vals = self._prepare_moved(vals)
        if any(name in vals for name in SUBJECT):
            self._check_subject(vals)
        if "grade_id" in vals and "grade_since" not in vals:
            vals = dict(vals, grade_since=vals["grade_id"] and self._today())
        former = self._shown_grades()
        res = super().write(vals)
        self._show_grades(former)
        return res

    def unlink(self):
        former, partners = self._shown_grades(), self.partner_id
        res = super().unlink()
        self._show_grades(former, partners)
        return res

    def _check_flow(self, vals):
        """Refuse a state that may not follow that of one of these enrollments."""
        labels = dict(self._fields["state"]._description_selection(self.env))
        for enrollment in self:
            if vals["state"] not in FOLLOWS[enrollment.state]:
                raise UserError(
                    self.env._(
                        "%(partner)s: %(former)s can't become %(state)s.",
                        partner=enrollment.display_name,
                        former=labels[enrollment.state],
                        state=labels.get(vals["state"], vals["state"]),
                    )
                )
        if vals["state"] in REASONED and not (vals.get("reason") or "").strip():
            raise UserError(self.env._("Say why: the reason is kept with the enrollment."))

    def _today(self):
        """Today in the company of these enrollments; they are of one."""
        return (self.company_id[:1] or self.env.company)._relationship_today()

    def _prepare_moved(self, vals):
        """Values of a change of state, with its day; what is active again needs no reason."""
        moved = {f"{vals['state']}_on": self._today()}
        if vals["state"] not in REASONED:
            moved |= {"reason": False, "suspended_on": False}
        return moved | vals

    def _check_subject(self, vals):
        """Refuse another partner, program or company once the partner is past its application."""
        for enrollment in self.filtered(lambda one: one.state != "applied"):
            if any(name in vals and enrollment[name].id != vals[name] for name in SUBJECT):
                raise UserError(
                    self.env._(
                        "%s is enrolled already. End this enrollment and make another.",
                        enrollment.display_name,
                    )
                )

    # ------------------------------------------------------------ actions

    def action_onboard(self):
        """Accept the application: onboarding begins."""
        return self._move("onboarding")

    def action_activate(self):
        """Let the partner take part, after onboarding or a suspension."""
        return self._move("active")

    def action_suspend(self):
        """Ask for the reason, then suspend."""
        return self._ask_reason("suspended")

    def action_end(self):
        """Ask for the reason, then end."""
        return self._ask_reason("ended")

    def _move(self, state):
        self.check_access("write")
        self.write({"state": state})
        return True

    def _ask_reason(self, state):
        """Window action that asks why."""
        self.check_access("write")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "relationship_crm.prm_enrollment_reason_action"
        )
        context = {"default_enrollment_ids": self.ids, "default_state": state}
        return action | {"context": context}

    def action_open_partner(self):
        """Open the form of this partner.

        :return: window action on ``res.partner``
        """
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.partner_id.id,
            "views": [(False, "form")],
        }
