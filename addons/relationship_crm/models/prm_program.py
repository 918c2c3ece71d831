from odoo import api, fields, models


class PrmProgram(models.Model):
    """A way to work with partners: who may join, who looks after it, how tiers are reviewed."""

    _name = "prm.program"
    _description = "Partner Program"
    _inherit = "mail.thread"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(
        default=10,
        help="The tier that a contact shows is that of its active program that comes first.",
    )
    kind = fields.Selection(
        [
            ("reseller", "Reseller"),
            ("distributor", "Distributor"),
            ("referral", "Referral"),
            ("service", "Service"),
            ("supplier", "Supplier"),
        ],
        required=True,
        default="reseller",
        tracking=True,
    )
    company_ids = fields.Many2many(
        "res.company",
        string="Companies",
        default=lambda self: self.env.company,
        help="Companies that run this program. Empty: every company.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        index="btree_not_null",
        tracking=True,
    )
    team_id = fields.Many2one(
        "crm.team", string="Sales Team", ondelete="set null", index="btree_not_null", tracking=True
    )
    review_rhythm = fields.Selection(
        [
            ("month", "Every Month"),
            ("quarter", "Every Quarter"),
            ("half_year", "Every Half Year"),
            ("year", "Every Year"),
        ],
        required=True,
        default="quarter",
        help="How often the tiers of the partners are reviewed.",
    )
    demotion_policy = fields.Selection(
        [
            ("none", "Never Down"),
            ("one_down", "One Tier Down"),
            ("to_earned", "Down to the Tier Earned"),
        ],
        required=True,
        default="one_down",
        help="What a review does with a partner that no longer meets its tier.",
    )
    description = fields.Html(translate=True)
    grade_ids = fields.One2many("res.partner.grade", "prm_program_id", string="Tiers")
    enrollment_ids = fields.One2many("prm.enrollment", "program_id", string="Enrollments")

    enrollment_count = fields.Integer(
        string="Partners", compute="_compute_enrollment_count", help="Not counting ended ones."
    )

    def _compute_enrollment_count(self):
        counts = dict(
            self.env["prm.enrollment"]._read_group(
                [("program_id", "in", self.ids), ("state", "!=", "ended")],
                ["program_id"],
                ["__count"],
            )
        )
        for program in self:
            program.enrollment_count = counts.get(program._origin, 0)

    @api.constrains("company_ids")
    def _check_company_ids(self):
        """A company leaves a program after its partners have."""
        self.enrollment_ids.filtered(lambda one: one.state != "ended")._check_program_company()

    def write(self, vals):
        """The order of the programs decides which tier a partner shows."""
        if not {"sequence", "company_ids"} & vals.keys():
            return super().write(vals)
        enrollments = self.env["prm.enrollment"].sudo()
        enrollments = enrollments.search([("program_id", "in", self.ids), ("state", "=", "active")])
        former, prices = enrollments._shown_grades(), enrollments._tier_prices()
        res = super().write(vals)
        enrollments._show_grades(former)
        enrollments._apply_prices(prices)
        return res

    def action_view_enrollments(self):
        """Open the partners of this program.

        :return: window action on ``prm.enrollment``
        """
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "relationship_crm.prm_enrollment_action"
        )
        return action | {
            "domain": [("program_id", "=", self.id)],
            "context": {"default_program_id": self.id},
        }
