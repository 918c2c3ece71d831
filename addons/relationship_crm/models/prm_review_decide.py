from odoo import models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

from .prm_review_line import ACTIVITY


class PrmReviewLine(models.Model):
    """What people decide about a partner: another outcome, lower or keep, an appeal."""

    _inherit = "prm.review.line"

    # ------------------------------------------------------------ who may

    def _check_decider(self):
        """Refuse who does not run the program, and lock the lines.

        :return: the lines as superuser
        :raise AccessError: the user may not decide about these reviews
        """
        self.check_access("read")
        self.review_id.check_access("write")
        if self:
            self.env.cr.execute(
                "SELECT id FROM prm_review_line WHERE id = ANY(%s) FOR UPDATE", [self.ids]
            )
            self.invalidate_recordset()
        return self.sudo()

    def _askers(self):
        """Users who asked for a tier to be lowered.

        Who computed the review or changed the line; where nobody did (the rhythm of the program
        asked), who approved it.
        """
        self.ensure_one()
        root = self.env.ref("base.user_root")
        asked = (self.sudo().review_id.asked_by_id | self.sudo().changed_by_id) - root
        return asked or self.sudo().review_id.approver_id

    def _refuse_unless(self, states):
        for line in self:
            if line.state not in states:
                labels = dict(self._fields["state"]._description_selection(self.env))
                raise UserError(
                    self.env._(
                        "%(partner)s: this can't be done any more, the state is “%(state)s”.",
                        partner=line.partner_id.display_name,
                        state=labels[line.state],
                    )
                )

    # ------------------------------------------------------------ before approval

    def _change_outcome(self, grade, reason):
        """Propose another tier than the criteria say; who does can't approve the review.

        :param grade: the tier proposed; empty for none
        :raise UserError: the review is decided, or the tier is of another program
        """
        lines = self._check_decider()
        lines._refuse_unless(("proposed",))
        for line in lines:
            line.review_id._lock_for(("computed",))
            program = grade.sudo().prm_program_id
            if program and program != line.program_id:
                raise UserError(self.env._("This tier belongs to another program."))
            direction = line.enrollment_id._direction(line.grade_id, grade)
            same = line.grade_id == grade
            line.write(
                {
                    "to_grade_id": grade.id,
                    "outcome": "keep" if same else "demote" if direction == "down" else "promote",
                    "changed_by_id": self.env.uid,
                    "change_reason": reason,
                }
            )

    # ------------------------------------------------------------ at the end of the grace

    def action_lower(self):
        """Lower the tier of partners whose grace is over, as the second person.

        Who meets the tier again just now keeps it, and who nobody decided on in time.

        :raise UserError: it is not due, held, under appeal, or the user asked for it
        """
        lines = self._check_decider()
        lines._refuse_unless(("due",))
        for mine, line in zip(self, lines, strict=True):
            today = line.company_id._relationship_today()
            # what the night would have done, had it run
            if line._lapse(today):
                continue
            line._check_nothing_holds()
            if not line._look_again(line.company_id, today):
                mine._lower()
        return True

    def _check_nothing_holds(self):
        self.ensure_one()
        partner = self.partner_id.with_company(self.company_id)
        holds = partner._relationship_holds("downgrade")[partner]
        if holds:
            raise UserError(
                self.env._(
                    "%(partner)s keeps its tier for now: %(reasons)s",
                    partner=partner.display_name,
                    reasons=", ".join(holds),
                )
            )
        if self.appeal_state == "open":
            raise UserError(self.env._("Answer the partner's appeal first."))

    def _lower(self):
        """Take the tier away, with the move that keeps who decided and why."""
        line = self.sudo()
        line.company_id._require_second_person(
            line._askers(),
            line.enrollment_id,
            self.env._(
                "%(user)s asked to lower this tier and approved it alone.", user=self.env.user.name
            ),
        )
        today = line.company_id._relationship_today()
        line.to_grade_id = line._tier_after()
        line._close("demoted", today, decided_by_id=self.env.uid)
        line._change_tiers(self.env.user, line.review_id.display_name)
        line._send("relationship_crm.mail_template_tier_lowered")

    def _tier_after(self):
        """The better of the tier announced and the one that today's numbers give."""
        self.ensure_one()
        company = self.company_id
        decision = self.env["prm.program"]._decide(
            self.enrollment_id, company, company._relationship_today()
        )[self.enrollment_id.id]
        now = self.to_grade_id.browse(decision.to_tier or ())
        both = [tier for tier in (self.to_grade_id, now) if tier and tier.active]
        return min(both, key=lambda tier: (tier.sequence, tier.id), default=now)

    def _keep(self, reason):
        """Let partners keep their tier although it is not met; needs no second person."""
        lines = self._check_decider()
        lines._refuse_unless(("grace", "due"))
        for line in lines:
            line._close(
                "kept",
                line.company_id._relationship_today(),
                decided_by_id=self.env.uid,
                decision_reason=reason,
            )
        lines._send("relationship_crm.mail_template_tier_kept")

    # ------------------------------------------------------------ appeal

    def _appeal(self, text):
        """Record that a partner appeals; until it is answered nothing is taken away.

        :raise UserError: there is nothing to appeal against, or it is too late
        """
        self.check_access("read")
        for line in self.sudo():
            line._refuse_unless(("grace", "due", "demoted"))
            today = line.company_id._relationship_today()
            if line.appeal_state != "none":
                raise UserError(self.env._("This partner appealed already."))
            if line.state == "demoted" and today > line.appeal_until:
                raise UserError(
                    self.env._(
                        "An appeal was possible until %s.", line._day_text(line.appeal_until)
                    )
                )
            line.write(
                {
                    "appeal_state": "open",
                    "appeal_on": today,
                    "appeal_text": text,
                    "appeal_by_id": self.env.uid,
                }
            )
            line.activity_schedule(
                ACTIVITY,
                user_id=line._second_person().id,
                summary=self.env._("Answer the appeal"),
                note=plaintext2html(text),
            )
            line.enrollment_id.message_post(body=self.env._("The partner appeals: %s", text))

    def _answer_appeal(self, granted, answer):
        """Answer an appeal. Who lowered the tier can't be the one who refuses.

        :param bool granted: the partner keeps its tier, or gets it back
        :param str answer: what the partner is told
        """
        lines = self._check_decider()
        for mine, line in zip(self, lines, strict=True):
            if line.appeal_state != "open":
                raise UserError(self.env._("There is no open appeal."))
            if not granted:
                mine._check_may_refuse()
            line.write(
                {
                    "appeal_state": "granted" if granted else "refused",
                    "appeal_answer": answer,
                    "appeal_answered_on": line.company_id._relationship_today(),
                    "appeal_decided_by_id": self.env.uid,
                }
            )
            line.activity_feedback([ACTIVITY])
            line._grant(self.env.user, answer) if granted else line._refuse()

    def _check_may_refuse(self):
        line = self.sudo()
        decided = line.decided_by_id if line.state == "demoted" else line.review_id.approver_id
        line.company_id._require_second_person(
            decided | line._askers(),
            line.enrollment_id,
            self.env._("%s refused an appeal against an own decision.", self.env.user.name),
        )

    def _grant(self, user, answer):
        """Keep the tier, or give it back by a move that points at the one it puts right."""
        self.ensure_one()
        today = self.company_id._relationship_today()
        lowered = self.state == "demoted"
        self._close("kept", today, decided_by_id=user.id, decision_reason=answer)
        if lowered and self.enrollment_id.grade_id == self.move_id.to_grade_id:
            self._change_tiers(user, answer, corrects={self.enrollment_id.id: self.move_id.id})
        self._send("relationship_crm.mail_template_tier_kept")

    def _refuse(self):
        """Tell the partner; what was due goes on."""
        self._send("relationship_crm.mail_template_tier_appeal_refused")
        if self.state == "due":
            self.activity_schedule(
                ACTIVITY,
                user_id=self._second_person().id,
                summary=self.env._("Decide whether to lower the tier"),
            )

    # ------------------------------------------------------------ asking for the reason

    def action_ask_keep(self):
        """Ask why the partner keeps its tier, then keep it."""
        return self._ask("keep")

    def action_ask_change(self):
        """Ask for another tier and the reason."""
        return self._ask("change")

    def action_ask_appeal(self):
        """Ask what the partner says against it."""
        return self._ask("appeal")

    def action_ask_grant(self):
        """Ask for the answer, then grant the appeal."""
        return self._ask("grant")

    def action_ask_refuse(self):
        """Ask for the answer, then refuse the appeal."""
        return self._ask("refuse")

    def _ask(self, action):
        self.check_access("read")
        window = self.env["ir.actions.act_window"]._for_xml_id(
            "relationship_crm.prm_review_reason_action"
        )
        return window | {"context": {"default_line_ids": self.ids, "default_action": action}}
