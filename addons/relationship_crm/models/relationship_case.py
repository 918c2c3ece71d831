from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .relationship_interaction import CHANNELS

STATES = [
    ("new", "New"),
    ("contacted", "Contacted"),
    ("action", "In Action"),
    ("verified", "Verified"),
    ("closed", "Closed"),
    ("reopened", "Reopened"),
]
PRIORITIES = [("0", "Low"), ("1", "Normal"), ("2", "High"), ("3", "Urgent")]
#: what may hold other work of ours back while it is open (see ``_relationship_holds``)
HOLDS = {"complaint": ("marketing", "survey", "upsell", "downgrade")}


class RelationshipCase(models.Model):
    """A request or complaint of a customer or partner, followed until it is closed.

    What it goes through lies in ``relationship_case_flow.py``, when it is due in
    ``relationship_case_due.py``.
    """

    _name = "relationship.case"
    _description = "Case"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "relationship.job",
        "relationship.worked.out",
    ]
    # what came of a case and when is what metrics and protections are worked out from
    _worked_out = frozenset(("opened_at", "contacted_at", "closed_at", "reopen_count"))
    _order = "priority desc, due, id"

    name = fields.Char(string="Subject", required=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        ondelete="restrict",
        index=True,
    )
    contact_id = fields.Many2one(
        "res.partner",
        ondelete="set null",
        index="btree_not_null",
        domain="[('id', 'child_of', partner_id)] if partner_id else []",
        tracking=True,
        help="The person to call or write to.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        compute="_compute_partner_id",
        precompute=True,
        store=True,
        readonly=False,
        ondelete="set null",
        index="btree_not_null",
        domain=[("parent_id", "=", False)],
        tracking=True,
        help="The company (or the person who stands for themselves) that the case is about.",
    )
    kind = fields.Selection(
        [("request", "Request"), ("question", "Question"), ("complaint", "Complaint")],
        required=True,
        default="request",
        tracking=True,
        help="While a complaint is open, the customer gets no marketing, survey or upsell.",
    )
    channel = fields.Selection(CHANNELS, help="How it reached us.")
    priority = fields.Selection(PRIORITIES, required=True, default="1", tracking=True)
    state = fields.Selection(
        STATES,
        string="Status",
        required=True,
        default="new",
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        compute="_compute_user_id",
        precompute=True,
        store=True,
        readonly=False,
        index="btree_not_null",
        domain=[("share", "=", False)],
        tracking=True,
    )
    team_id = fields.Many2one("crm.team", string="Sales Team", index="btree_not_null")
    description = fields.Html()
    resolution = fields.Html(
        string="What Was Done", copy=False, help="Needed before the case can be verified."
    )
    due = fields.Datetime(
        compute="_compute_due",
        precompute=True,
        store=True,
        readonly=False,
        copy=False,
        tracking=True,
        help="When the next step is due: first the call, then the solution. "
        "Days without work are left out.",
    )
    is_overdue = fields.Boolean(compute="_compute_is_overdue", search="_search_is_overdue")
    opened_at = fields.Datetime(
        string="Opened", required=True, readonly=True, copy=False, default=fields.Datetime.now
    )
    contacted_at = fields.Datetime(string="First Contact", readonly=True, copy=False)
    closed_at = fields.Datetime(string="Closed On", readonly=True, copy=False)
    reopen_count = fields.Integer(string="Times Reopened", readonly=True, copy=False)
    hours_open = fields.Float(
        compute="_compute_hours_open", help="From opening to closing, or until now."
    )

    _closed_check = models.Constraint(
        "CHECK ((state = 'closed') = (closed_at IS NOT NULL))",
        "A case has a closing date when it is closed, and only then.",
    )
    _open_idx = models.Index("(company_id, partner_id) WHERE state <> 'closed'")
    _due_idx = models.Index("(company_id, due) WHERE state <> 'closed'")

    # ------------------------------------------------------------ computed

    @api.depends("contact_id")
    def _compute_partner_id(self):
        for case in self:
            if case.contact_id:
                case.partner_id = case.contact_id.commercial_partner_id

    @api.depends("partner_id")
    def _compute_user_id(self):
        """Whoever looks after the customer owns the case, unless somebody else was chosen."""
        for case in self:
            case.user_id = case.user_id or case.partner_id.user_id

    @api.depends("opened_at", "closed_at")
    def _compute_hours_open(self):
        now = fields.Datetime.now()
        for case in self:
            spent = (case.closed_at or now) - (case.opened_at or now)
            case.hours_open = spent.total_seconds() / 3600

    # ------------------------------------------------------------ constraints

    @api.constrains("partner_id", "contact_id")
    def _check_partner_id(self):
        for case in self:
            if not case.partner_id:
                raise ValidationError(self.env._("Say which customer the case is about."))
            contact = case.contact_id
            if contact and contact.commercial_partner_id != case.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "%(contact)s does not belong to %(customer)s.",
                        contact=contact.display_name,
                        customer=case.partner_id.display_name,
                    )
                )

    # ------------------------------------------------------------ hooks

    @api.model
    def _hold_purposes(self):
        """Hook: {kind: purposes that an open case of this kind holds back}."""
        return HOLDS
