from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

#: what asks to look at a review: closed by the decision, unlike what people note
ACTIVITY = "relationship_crm.mail_activity_type_review"
#: what only the methods of a review change
PROTECTED = frozenset(
    (
        "applied_on",
        "approved_on",
        "approver_id",
        "asked_by_id",
        "computed_at",
        "line_ids",
        "origin",
        "rules_changed",
        "single_person",
        "state",
    )
)
#: what a review is about: fixed once it is computed
SUBJECT = frozenset(("program_id", "company_id", "day", "enrollment_ids"))


class PrmReview(models.Model):
    """A look at the tiers of all partners of a program, as of a day, decided by two people."""

    _name = "prm.review"
    _description = "Tier Review"
    _inherit = ["prm.program.company", "mail.thread", "mail.activity.mixin"]
    _order = "day desc, id desc"

    program_id = fields.Many2one(
        "prm.program", required=True, ondelete="restrict", index=True, tracking=True
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        ondelete="restrict",
        index=True,
    )
    day = fields.Date(
        "As Of",
        required=True,
        default=lambda self: self.env.company._relationship_today(),
        help="What happened before this day counts.",
    )
    enrollment_ids = fields.Many2many(
        "prm.enrollment",
        string="Only These Partners",
        domain="[('program_id', '=', program_id), ('company_id', '=', company_id),"
        " ('state', '=', 'active')]",
        help="Empty: every active partner of the program.",
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("computed", "Computed"),
            ("approved", "Approved"),
            ("applied", "Applied"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        index=True,
        tracking=True,
    )
    origin = fields.Selection(
        [("hand", "By Hand"), ("rhythm", "Rhythm of the Program")],
        required=True,
        readonly=True,
        default="hand",
        copy=False,
    )
    line_ids = fields.One2many("prm.review.line", "review_id", string="Partners", copy=False)
    asked_by_id = fields.Many2one(
        "res.users",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
        help="Who computed it. Somebody else approves.",
    )
    approver_id = fields.Many2one(
        "res.users",
        "Approved By",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
        tracking=True,
    )
    computed_at = fields.Datetime("Computed On", readonly=True, copy=False)
    approved_on = fields.Date(readonly=True, copy=False)
    applied_on = fields.Date(readonly=True, copy=False)
    single_person = fields.Boolean(
        "Decided by One Person", readonly=True, copy=False, help="Noted and mailed."
    )
    rules_changed = fields.Boolean(
        "Criteria Changed Since the Last Review",
        readonly=True,
        copy=False,
        help="Criteria, pass marks, tiers or the demotion policy of the program.",
    )
    rules_outdated = fields.Boolean(
        "Criteria Changed Since Computed", compute="_compute_rules_outdated"
    )
    note = fields.Html(string="Notes")
    partner_count = fields.Integer("Partners Reviewed", compute="_compute_counts")
    promote_count = fields.Integer("Promoted", compute="_compute_counts")
    keep_count = fields.Integer("Kept", compute="_compute_counts")
    grace_count = fields.Integer("In Grace", compute="_compute_counts")
    demote_count = fields.Integer("To Lower", compute="_compute_counts")

    _rhythm_unique = models.UniqueIndex(
        "(program_id, company_id, day) WHERE origin = 'rhythm'",
        "The review of this period was made already.",
    )

    # ------------------------------------------------------------ computed

    @api.depends("program_id.name", "day")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for review in self:
            review.display_name = self.env._(
                "%(program)s, %(day)s",
                program=review.program_id.name or "",
                day=format_date(self.env, review.day) if review.day else "",
            )

    @api.depends("line_ids.outcome")
    def _compute_counts(self):
        counts = {
            (review.id, outcome): count
            for review, outcome, count in self.env["prm.review.line"]._read_group(
                [("review_id", "in", self.ids)], ["review_id", "outcome"], ["__count"]
            )
        }
        for review in self:
            number = [
                counts.get((review._origin.id, outcome), 0)
                for outcome in ("promote", "keep", "grace", "demote")
            ]
            (
                review.promote_count,
                review.keep_count,
                review.grace_count,
                review.demote_count,
            ) = number
            review.partner_count = sum(number)

    @api.depends("computed_at", "state", "program_id.rules_changed_at")
    def _compute_rules_outdated(self):
        for review in self:
            changed = review.program_id.rules_changed_at
            review.rules_outdated = bool(
                review.state == "computed" and changed and changed > review.computed_at
            )

    # ------------------------------------------------------------ changes

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            self._refuse_protected({name for vals in vals_list for name in vals})
        return super().create(vals_list)

    def write(self, vals):
        if self and not self.env.su:
            self._refuse_protected(vals)
            if SUBJECT & vals.keys() and any(review.state != "draft" for review in self):
                raise UserError(
                    self.env._(
                        "A review that was computed stays as it is. Cancel it, make another."
                    )
                )
        return super().write(vals)

    def _refuse_protected(self, names):
        if PROTECTED & set(names):
            raise UserError(
                self.env._("A review is computed, approved and applied by its buttons.")
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_undecided(self):
        if any(review.state in ("approved", "applied") for review in self):
            raise UserError(self.env._("What was decided is kept."))

    # ------------------------------------------------------------ actions

    def action_view_lines(self):
        """Open the partners of this review.

        :return: window action on ``prm.review.line``
        """
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "relationship_crm.prm_review_line_action_review"
        )
        return action | {"domain": [("review_id", "=", self.id)]}
