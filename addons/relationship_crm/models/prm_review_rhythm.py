from odoo import api, fields, models

from ..lib import review_dates
from .prm_review import ACTIVITY


class PrmReview(models.Model):
    """The rhythm of a program: a review is computed at the beginning of each period."""

    _inherit = "prm.review"

    @api.model
    def _cron_rhythm(self):
        self._run_job("rhythm", 1)

    @api.model
    def _job_rhythm(self, limit):
        """Compute the reviews that are due, a few at a time; return how many remain."""
        due = self._due()
        for program, company, day in due[:limit]:
            self._begin(program, company, day)
        return max(len(due) - limit, 0)

    @api.model
    def _due(self):
        """Reviews that the rhythm of their program asks for.

        A program is reviewed from the first period on that begins after it was set up.

        :return: list of (program, company, first day of the period)
        """
        active = self.env["prm.enrollment"]._read_group(
            [("state", "=", "active"), ("program_id.active", "=", True)],
            ["program_id", "company_id"],
        )
        due = []
        for program, company in active:
            today = company._relationship_today()
            day = review_dates.period_start(program.review_rhythm, today)
            if fields.Datetime.context_timestamp(program, program.create_date).date() < day:
                due.append((program, company, day))
        return [key for key in due if not self._made_since(*key)]

    @api.model
    def _made_since(self, program, company, day):
        """Whether the period has its review: by the rhythm, or computed by hand for everybody."""
        return self.search_count(
            [
                ("program_id", "=", program.id),
                ("company_id", "=", company.id),
                ("day", ">=", day),
                "|",
                ("origin", "=", "rhythm"),
                "&",
                ("enrollment_ids", "=", False),
                ("state", "not in", ("draft", "cancelled")),
            ],
            limit=1,
        )

    @api.model
    def _begin(self, program, company, day):
        """Compute a review on behalf of the rhythm and ask the responsible to approve it."""
        review = self.with_company(company).create(
            {
                "program_id": program.id,
                "company_id": company.id,
                "day": day,
                "origin": "rhythm",
            }
        )
        review._compute_lines(self.env.ref("base.user_root").id)
        if program.user_id:
            review.activity_schedule(
                ACTIVITY,
                user_id=program.user_id.id,
                summary=self.env._("Look at the review and approve it"),
            )
        return review


class PrmProgram(models.Model):
    _inherit = "prm.program"

    review_ids = fields.One2many("prm.review", "program_id", string="Reviews")
    review_count = fields.Integer("Number of Reviews", compute="_compute_review_count")

    def _compute_review_count(self):
        counts = dict(
            self.env["prm.review"]._read_group(
                [("program_id", "in", self.ids)], ["program_id"], ["__count"]
            )
        )
        for program in self:
            program.review_count = counts.get(program._origin, 0)

    def action_view_reviews(self):
        """Open the reviews of this program.

        :return: window action on ``prm.review``
        """
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("relationship_crm.prm_review_action")
        return action | {
            "domain": [("program_id", "=", self.id)],
            "context": {"default_program_id": self.id},
        }


class PrmEnrollment(models.Model):
    _inherit = "prm.enrollment"

    review_line_ids = fields.One2many("prm.review.line", "enrollment_id", string="Reviews")
    grace_line_id = fields.Many2one(
        "prm.review.line", "Running Grace", compute="_compute_grace_line_id"
    )
    grace_until = fields.Date("Keeps the Tier Until", compute="_compute_grace_line_id")

    @api.depends("review_line_ids.state", "review_line_ids.grace_until")
    def _compute_grace_line_id(self):
        running = self.env["prm.review.line"].search(
            [("enrollment_id", "in", self.ids), ("state", "in", ("grace", "due"))]
        )
        by_enrollment = {line.enrollment_id: line for line in running}
        for one in self:
            line = by_enrollment.get(one._origin, running.browse())
            one.grace_line_id, one.grace_until = line, line.grace_until

    def action_view_grace(self):
        """Open why this partner is about to lose its tier.

        :return: window action on ``prm.review.line``
        """
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "prm.review.line",
            "res_id": self.grace_line_id.id,
            "views": [(False, "form")],
        }

    def action_review(self):
        """Begin a review of these partners alone.

        :return: window action on the ``prm.review`` that was made
        """
        self.check_access("write")
        self.ensure_one()
        review = self.env["prm.review"].create(
            {
                "program_id": self.program_id.id,
                "company_id": self.company_id.id,
                "day": self.company_id._relationship_today(),
                "enrollment_ids": [fields.Command.set(self.ids)],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": "prm.review",
            "res_id": review.id,
            "views": [(False, "form")],
        }
