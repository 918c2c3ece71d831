from odoo import api, models
from odoo.exceptions import UserError

from . import prm_review
from .prm_tier_move import DETAILS, MoveDetails

#: partners whose tier is changed while the approver waits; more are done in the background
AT_ONCE = 100


class PrmReview(models.Model):
    """Approval by a second person, and what follows from it."""

    _name = "prm.review"
    _inherit = ["prm.review", "relationship.job"]

    def action_approve(self):
        """Approve a review that somebody else computed: promotions apply, graces begin.

        In a company set to "single person" the same person may; it is noted and mailed.

        :raise UserError: it is not computed, the criteria changed since, its day is still to come,
            or the user asked for it
        """
        self.check_access("write")
        for review in self:
            review._approve()
        return True

    def _approve(self):
        self._lock_for(("computed",))
        if self.rules_outdated:
            raise UserError(
                self.env._("The criteria changed since this review was computed: compute it again.")
            )
        if self.day > self.company_id._relationship_today():
            raise UserError(
                self.env._("This review is as of a later day: approve it then, or make another.")
            )
        alone = self.company_id._require_second_person(
            self._askers(),
            self,
            self.env._("%s computed and approved this review alone.", self.env.user.name),
        )
        review = self.sudo()
        review.write(
            {
                "state": "approved",
                "approver_id": self.env.uid,
                "approved_on": self.company_id._relationship_today(),
                "single_person": alone,
            }
        )
        self.env.flush_all()
        review.activity_feedback([prm_review.ACTIVITY])
        if review._apply_some(AT_ONCE):
            self.env.ref("relationship_crm.ir_cron_review_apply")._trigger()

    def _askers(self):
        """Users who asked for what this review says: who computed it or changed a line."""
        return self.sudo().asked_by_id | self.sudo().line_ids.changed_by_id

    # ------------------------------------------------------------ applying

    def _apply_some(self, limit):
        """Apply some lines of approved reviews.

        :return: how many lines remain
        """
        lines = self.env["prm.review.line"]
        waiting = [("review_id", "in", self.ids), ("state", "=", "proposed")]
        lines.search(waiting, limit=limit, order="id").try_lock_for_update()._apply()
        left = dict(lines._read_group(waiting, ["review_id"], ["__count"]))
        for review in self - self.browse([review.id for review in left]):
            review.write(
                {"state": "applied", "applied_on": review.company_id._relationship_today()}
            )
        return sum(left.values())

    @api.model
    def _job_apply(self, limit):
        """Apply one batch of lines of approved reviews; return how many remain."""
        return self.search([("state", "=", "approved")])._apply_some(limit)

    @api.model
    def _cron_apply(self):
        self._run_job("apply", AT_ONCE)


class PrmReviewLine(models.Model):
    _inherit = "prm.review.line"

    def _apply(self):
        """Do what an approved review says about these partners."""
        for review, lines in self.grouped("review_id").items():
            live = lines._live()
            (lines - live)._void(self.env._("The partner's tier or enrollment changed meanwhile."))
            live.filtered(lambda line: line.outcome == "promote")._promote(review)
            losing = live.filtered(lambda line: line.outcome == "demote")
            again = losing._in_grace_elsewhere()
            again._void(self.env._("An earlier review gave this partner a grace already."))
            (losing - again)._begin_grace(review)
            live.filtered(lambda line: line.outcome in ("keep", "grace")).write({"state": "done"})

    def _live(self):
        """Lines whose partner is still active and holds the tier that was looked at."""
        return self.filtered(
            lambda line: (
                line.enrollment_id.state == "active"
                and line.enrollment_id.grade_id == line.grade_id
            )
        )

    def _in_grace_elsewhere(self):
        running = self.search(
            [
                ("enrollment_id", "in", self.enrollment_id.ids),
                ("state", "in", ("grace", "due")),
                ("id", "not in", self.ids),
            ]
        )
        return self.filtered(lambda line: line.enrollment_id in running.enrollment_id)

    def _promote(self, review):
        """Give the tiers earned, one write for each tier, and tell the partners."""
        self.write({"state": "done", "decided_on": review.company_id._relationship_today()})
        for lines in self.grouped("to_grade_id").values():
            lines._change_tiers(review.approver_id, review.display_name)
        self._send("relationship_crm.mail_template_tier_promoted")

    def _begin_grace(self, review):
        """Let these partners keep their tier until the day it may be lowered."""
        today = review.company_id._relationship_today()
        self.write({"state": "grace", "grace_until": self._grace_end(today)})
        for line in self:
            line.enrollment_id.message_post(
                body=self.env._(
                    "%(review)s: the tier %(tier)s is no longer met. It stays until %(day)s; met "
                    "before then, it stays for good.",
                    review=review.display_name,
                    tier=line.grade_id.name,
                    day=line._day_text(line.grace_until),
                )
            )
        self._give_notices(today)
        self.enrollment_id.invalidate_recordset(["review_line_ids"])

    def _void(self, reason):
        """Close lines that no longer apply."""
        for company, lines in self.grouped("company_id").items():
            lines._close("void", company._relationship_today(), decision_reason=reason)

    def _change_tiers(self, approver, reason, corrects=None):
        """Change the tiers of the enrollments to the one new tier of these lines.

        The state of the lines is written before, so that the change does not close them.
        """
        details = MoveDetails(
            "review",
            reason,
            {line.enrollment_id.id: line.latest_evidence or line.evidence for line in self},
            self.review_id.asked_by_id[:1].id,
            approver.id,
            corrects,
        )
        grade = self.grade_id if corrects else self.to_grade_id
        enrollments = self.enrollment_id.with_context(**{DETAILS: details})
        enrollments.write({"grade_id": grade[:1].id})
        newest = self.env["prm.tier.move"]._read_group(
            [("enrollment_id", "in", enrollments.ids), ("kind", "=", "review")],
            ["enrollment_id"],
            ["id:max"],
        )
        moves = {enrollment.id: move for enrollment, move in newest}
        for line in self:
            line.move_id = moves[line.enrollment_id.id]
