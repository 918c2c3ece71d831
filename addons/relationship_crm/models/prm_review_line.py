from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import formatLang

from ..lib import review_dates, tier_decision

#: what asks to decide about a tier: closed by the decision, unlike what people note
ACTIVITY = "relationship_crm.mail_activity_type_tier"


class PrmReviewLine(models.Model):
    """What a review says about one partner, and what came of it.

    A line that takes a tier away lives on after its review: grace, notices, cure or decision,
    appeal.
    """

    _name = "prm.review.line"
    _description = "Tier Review of a Partner"
    _inherit = ["prm.evidence", "mail.thread", "mail.activity.mixin"]
    _order = "review_id desc, outcome, id"
    _rec_name = "partner_id"

    review_id = fields.Many2one(
        "prm.review", required=True, readonly=True, ondelete="cascade", index=True
    )
    enrollment_id = fields.Many2one(
        "prm.enrollment", required=True, readonly=True, ondelete="cascade", index=True
    )
    partner_id = fields.Many2one(
        related="enrollment_id.partner_id", store=True, index=True, string="Partner"
    )
    program_id = fields.Many2one(related="review_id.program_id", store=True)
    company_id = fields.Many2one(related="review_id.company_id", store=True)
    manager_id = fields.Many2one(related="enrollment_id.manager_id", store=True)
    review_state = fields.Selection(related="review_id.state", string="Status of the Review")
    grade_id = fields.Many2one("res.partner.grade", "Tier", readonly=True, ondelete="restrict")
    earned_grade_id = fields.Many2one(
        "res.partner.grade", "Tier Earned", readonly=True, ondelete="restrict"
    )
    judged_grade_id = fields.Many2one(
        "res.partner.grade",
        "Points For",
        readonly=True,
        ondelete="restrict",
        help="The tier that points and criteria speak of.",
    )
    to_grade_id = fields.Many2one(
        "res.partner.grade", "New Tier", readonly=True, ondelete="restrict"
    )
    to_tier_name = fields.Char("Becomes", compute="_compute_to_tier_name")
    outcome = fields.Selection(
        [
            ("promote", "Promote"),
            ("keep", "Keep"),
            ("grace", "In Grace Already"),
            ("demote", "Lower"),
        ],
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [
            ("proposed", "Proposed"),
            ("done", "Done"),
            ("grace", "In Grace"),
            ("due", "Decision Due"),
            ("cured", "Met Again"),
            ("kept", "Kept by Decision"),
            ("lapsed", "Kept, Not Decided in Time"),
            ("demoted", "Lowered"),
            ("void", "No Longer Applies"),
        ],
        required=True,
        readonly=True,
        default="proposed",
    )
    points = fields.Float(readonly=True, digits=(5, 1), aggregator=False)
    pass_mark = fields.Float(readonly=True, digits=(5, 1), aggregator=False)
    hold = fields.Text(
        "Held Because", readonly=True, help="Why nothing is taken away from the partner now."
    )
    changed_by_id = fields.Many2one(
        "res.users", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    change_reason = fields.Text(readonly=True)
    move_id = fields.Many2one(
        "prm.tier.move", "Tier Change", readonly=True, ondelete="set null", index="btree_not_null"
    )

    grace_until = fields.Date(
        "Keeps the Tier Until",
        readonly=True,
        index="btree_not_null",
        help="On this day a second person may lower the tier, unless it is met before.",
    )
    lapses_on = fields.Date(
        "Decide Before",
        compute="_compute_lapses_on",
        store=True,
        help="Not decided before this day, the partner keeps the tier.",
    )
    notice_90_on = fields.Date("First Notice", readonly=True)
    notice_60_on = fields.Date("Second Notice", readonly=True)
    notice_30_on = fields.Date("Last Notice", readonly=True)
    told_on = fields.Date(
        readonly=True, help="When the partner was first told; it then has at least 90 days."
    )
    checked_on = fields.Date("Last Checked", readonly=True)
    latest_points = fields.Float("Points Now", readonly=True, digits=(5, 1), aggregator=False)
    latest_evidence = fields.Json(readonly=True, help="The criteria with the values of last night.")
    cure_plan_html = fields.Html(
        "What Is Missing", compute="_compute_cure_plan_html", sanitize=False
    )
    decided_by_id = fields.Many2one(
        "res.users", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    decided_on = fields.Date("Closed On", readonly=True)
    decision_reason = fields.Text(readonly=True)

    appeal_state = fields.Selection(
        [
            ("none", "None"),
            ("open", "Open"),
            ("granted", "Granted"),
            ("refused", "Refused"),
            ("moot", "No Longer Needed"),
        ],
        "Appeal",
        required=True,
        readonly=True,
        default="none",
    )
    appeal_on = fields.Date(readonly=True)
    appeal_text = fields.Text("Why They Appeal", readonly=True)
    appeal_by_id = fields.Many2one(
        "res.users",
        "Appeal Recorded By",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    appeal_answer = fields.Text(readonly=True)
    appeal_answered_on = fields.Date(readonly=True)
    appeal_decided_by_id = fields.Many2one(
        "res.users", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    appeal_until = fields.Date(compute="_compute_appeal_until", help="Last day of an appeal.")

    _once = models.Constraint(
        "UNIQUE (review_id, enrollment_id)", "A review looks at a partner once."
    )
    _one_grace = models.UniqueIndex(
        "(enrollment_id) WHERE state IN ('grace', 'due')",
        "A partner has one grace at a time.",
    )
    _open_idx = models.Index("(state, company_id) WHERE state IN ('grace', 'due', 'proposed')")
    _grace_dated = models.Constraint(
        "CHECK (state NOT IN ('grace', 'due') OR grace_until IS NOT NULL)", "A grace has an end."
    )

    # ------------------------------------------------------------ computed

    @api.depends("to_grade_id.name", "grade_id")
    @api.depends_context("lang")
    def _compute_to_tier_name(self):
        for line in self:
            none = self.env._("No Tier") if line.grade_id else False
            line.to_tier_name = line.to_grade_id.name or none

    @api.depends("grace_until")
    def _compute_lapses_on(self):
        for line in self:
            line.lapses_on = line.grace_until and review_dates.lapses_on(line.grace_until)

    @api.depends("decided_on", "state")
    def _compute_appeal_until(self):
        for line in self:
            line.appeal_until = line.state == "demoted" and fields.Date.add(
                line.decided_on, days=review_dates.APPEAL_DAYS
            )

    @api.depends("partner_id.name", "grade_id.name", "to_grade_id.name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for line in self:
            line.display_name = line.partner_id.display_name

    @api.depends("evidence", "latest_evidence", "judged_grade_id", "outcome")
    @api.depends_context("lang")
    def _compute_cure_plan_html(self):
        for line in self:
            plan = line._cure_plan()
            line.cure_plan_html = plan and self.env["ir.qweb"]._render(
                "relationship_crm.tier_cure_plan", {"plan": plan}
            )

    def _latest_html(self):
        """The criteria with the latest numbers, as a table in the reader's language."""
        self.ensure_one()
        lines = self._lines_of(self.latest_evidence or self.evidence)
        return self.env["ir.qweb"]._render("relationship_crm.tier_evidence", {"lines": lines})

    def _letter_day(self):
        """The day of a letter about this line, as the reader's language writes it."""
        self.ensure_one()
        return self._day_text(self.decided_on or self.company_id._relationship_today())

    def _points_text(self):
        """Points reached and asked for, as the reader's language writes them."""
        self.ensure_one()
        points = self.latest_points if self.latest_evidence else self.points
        return self.env._(
            "%(points)s of %(pass_mark)s",
            points=formatLang(self.env, points, digits=1),
            pass_mark=formatLang(self.env, self.pass_mark, digits=0),
        )

    def _cure_plan(self):
        """What a partner lacks for the tier that it is about to lose, from the latest numbers.

        :return: dict of ``must`` and ``options`` as in ``prm.enrollment.tier_progress``; None
            when nothing is about to be lost
        """
        self.ensure_one()
        if self.outcome not in ("demote", "grace") or not self.grade_id:
            return None
        tier = self.grade_id.sudo()
        found = {
            line["criterion_id"]: (line["value"], line["threshold"], line["met"])
            for line in self.latest_evidence or self.evidence or []
        }
        asked = tier.prm_criterion_ids.filtered(lambda one: one.id in found)
        items = tier_decision.items([one._requirement() for one in asked], found)
        gaps = tier._tier_gaps(items, found)
        return {"must": gaps["must"], "options": gaps["options"]}

    @api.ondelete(at_uninstall=False)
    def _unlink_undecided(self):
        if any(line.state != "proposed" for line in self):
            raise UserError(self.env._("What was decided is kept."))
