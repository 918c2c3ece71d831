from odoo import fields, models

STATES = [
    ("applied", "Applicant"),
    ("onboarding", "Onboarding"),
    ("active", "Active"),
    ("suspended", "Suspended"),
    ("ended", "Ended"),
]


class PrmEnrollment(models.Model):
    """A partner in a program of a company, with the tier it has there."""

    _name = "prm.enrollment"
    _description = "Partner Enrollment"
    _inherit = ["prm.program.company", "mail.thread", "mail.activity.mixin"]
    _order = "partner_id, program_id, id"
    _rec_name = "partner_id"

    partner_id = fields.Many2one(
        "res.partner",
        required=True,
        ondelete="restrict",
        index=True,
        domain=[("parent_id", "=", False)],
        tracking=True,
    )
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
    state = fields.Selection(
        STATES,
        required=True,
        readonly=True,
        default="applied",
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    grade_id = fields.Many2one(
        "res.partner.grade",
        string="Tier",
        ondelete="restrict",
        index="btree_not_null",
        tracking=True,
        domain="[('prm_program_id', 'in', (program_id, False))]",
    )
    grade_since = fields.Date(string="Tier Since", readonly=True, copy=False)
    manager_id = fields.Many2one(
        "res.users",
        string="Channel Manager",
        default=lambda self: self.env.user,
        index="btree_not_null",
        tracking=True,
    )
    parent_id = fields.Many2one(
        "prm.enrollment",
        string="Distributor",
        ondelete="set null",
        index="btree_not_null",
        tracking=True,
        domain="[('company_id', '=', company_id), ('partner_id', '!=', partner_id),"
        " ('state', '!=', 'ended')]",
        help="Enrollment of the distributor through whom this partner buys.",
    )
    child_ids = fields.One2many("prm.enrollment", "parent_id", string="Resellers Below")
    applied_on = fields.Date(readonly=True, copy=False)
    onboarding_on = fields.Date(readonly=True, copy=False)
    active_on = fields.Date(readonly=True, copy=False)
    suspended_on = fields.Date(readonly=True, copy=False)
    ended_on = fields.Date(readonly=True, copy=False)
    reason = fields.Text(
        readonly=True, copy=False, tracking=True, help="Why it was suspended or ended."
    )
    note = fields.Html(string="Notes")

    _live_unique = models.UniqueIndex(
        "(partner_id, program_id, company_id) WHERE state <> 'ended'",
        "This partner is in this program already.",
    )
    _not_its_own_parent = models.Constraint(
        "CHECK (parent_id <> id)", "A partner can't be its own distributor."
    )
