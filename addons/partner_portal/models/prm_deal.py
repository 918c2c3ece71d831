import math

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

from ..lib import amounts, claims, deal_rows
from ..lib.deal_states import UNDECIDED

#: Set by the actions only, so that no import or API call can decide a deal by writing a field.
PROTECTED = frozenset(
    """
    name state verdict verdict_reasons conflict_score conflict_level match_ids
    submit_no submitted_on submitted_by decided_on decided_by
    reject_reason reject_note lead_id origin_key access_token closed_on protection_ids
    protected_from protected_until member_id
    info_question info_asked_on info_until decision_due clock_left approval_ids escalated_on
    escalation_until protection_days reminded_days stale_on extension_ids check_again_on
    """.split()
)
#: What the claim is about: the registering partner is fixed by submitting, the rest by deciding.
PARTY_FIELDS = frozenset(("partner_id", "company_id", "program_id"))
CUSTOMER_FIELDS = frozenset(
    """
    customer_vat customer_domain customer_country_id customer_email customer_phone customer_id
    customer_name scope_ids
    """.split()
)
LINE_FIELDS = tuple(
    """
    customer_name customer_vat customer_domain customer_contact customer_email customer_phone
    external_ref
    """.split()
)
#: Sources that a person or another system may name when it creates a deal.
OPEN_SOURCES = ("staff", "api")


class PrmDeal(models.Model):
    """A partner's registration of a deal with an end customer.

    Fields, guards and creation; the claim on the customer is in `prm_deal_claims.py`, what an
    approved deal protects in `prm_deal_protect.py`, submitting, deciding, the lead and the portal
    in the files named after them.
    """

    _name = "prm.deal"
    _description = "Deal Registration"
    _inherit = ["mail.thread", "mail.activity.mixin", "portal.mixin", "relationship.job"]
    _order = "id desc"
    _rec_names_search = ["name", "customer_name", "external_ref"]
    _check_company_auto = True
    _mail_post_access = "read"

    name = fields.Char("Reference", readonly=True, copy=False, default="")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    partner_id = fields.Many2one(
        "res.partner",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain="[('parent_id', '=', False), ('grade_id', '!=', False)]",
        help="The company that registers the deal.",
    )
    contact_id = fields.Many2one(
        "res.partner",
        "Partner Contact",
        ondelete="set null",
        index="btree_not_null",
        domain="[('id', 'child_of', partner_id)]",
        help="The partner's person who is told of the decision.",
    )
    member_id = fields.Many2one(
        "prm.member",
        "Registered By",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="The partner's person who made it in the portal.",
    )
    customer_name = fields.Char(required=True)
    customer_vat = fields.Char("Customer VAT Number")
    customer_domain = fields.Char("Customer Website", help="Web address or domain.")
    customer_country_id = fields.Many2one("res.country")
    customer_contact = fields.Char("Customer's Contact", help="The person the partner talks to.")
    customer_email = fields.Char("Customer's E-mail")
    customer_phone = fields.Char("Customer's Phone")
    customer_id = fields.Many2one(
        "res.partner",
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
        help="The customer in this database, found by its VAT number; never shown to a partner.",
    )
    vat_key = fields.Char("VAT Number, Compared", compute="_compute_keys", store=True)
    domain_key = fields.Char("Website, Compared", compute="_compute_keys", store=True)
    amount = fields.Monetary("Expected Amount", help="Without tax, in the deal's currency.")
    currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_currency_id",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
    )
    description = fields.Text()
    expected_close = fields.Date("Expected Closing")
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("submitted", "Submitted"),
            ("in_review", "Under Review"),
            ("info_needed", "Information Needed"),
            ("approved", "Registered"),
            ("won", "Won"),
            ("lost", "Lost"),
            ("expired", "Expired"),
            ("rejected", "Can't Be Registered"),
            ("withdrawn", "Withdrawn"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        group_expand="_group_expand_state",
    )
    source = fields.Selection(
        [
            ("portal", "Portal"),
            ("staff", "Staff"),
            ("mail", "E-mail"),
            ("api", "API"),
            ("import", "Import"),
        ],
        default="staff",
        required=True,
        copy=False,
    )
    external_ref = fields.Char("Partner's Reference", copy=False)
    origin_key = fields.Char(
        readonly=True, copy=False, help="Names what made the deal, so that it is made once."
    )
    verdict = fields.Selection(
        [
            ("clear", "Clear"),
            ("same_partner", "Same Partner"),
            ("existing_customer", "Existing Customer"),
            ("other_partner", "Other Partner"),
            ("direct", "Direct Deal"),
        ],
        readonly=True,
        copy=False,
    )
    verdict_reasons = fields.Json(readonly=True, copy=False)
    verdict_text = fields.Text("Why", compute="_compute_verdict_text")
    competing_deal_ids = fields.Many2many(
        "prm.deal", string="Same Customer", compute="_compute_competing_deal_ids"
    )
    submit_no = fields.Integer("Submission Number", readonly=True, copy=False)
    submitted_on = fields.Datetime(readonly=True, copy=False)
    submitted_by = fields.Many2one(
        "res.users", readonly=True, copy=False, ondelete="set null", index="btree_not_null"
    )
    decided_on = fields.Datetime(readonly=True, copy=False)
    decided_by = fields.Many2one(
        "res.users",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="Empty when the deal was decided automatically.",
    )
    closed_on = fields.Datetime(
        readonly=True, copy=False, help="When the deal was won, lost, expired or withdrawn."
    )
    reject_reason = fields.Text("Reason for the Partner", readonly=True, copy=False)
    reject_note = fields.Text("Internal Reason", readonly=True, copy=False)
    note = fields.Html("Internal Notes", copy=False)
    lead_id = fields.Many2one(
        "crm.lead",
        "Opportunity",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )
    claim_ids = fields.One2many("prm.deal.claim", "deal_id", "Claims", readonly=True)

    _amount_range = models.Constraint(
        "CHECK (amount >= 0 AND amount <= 1000000000000)",
        "The expected amount must be between 0 and 1,000,000,000,000.",
    )
    _origin_unique = models.Constraint(
        "UNIQUE (origin_key)", "This deal registration was made already."
    )
    _submitted_has_number = models.Constraint(
        "CHECK (state = 'draft' OR (submit_no > 0 AND submitted_on IS NOT NULL))",
        "Submit a deal registration with its button, so that it gets its place in the queue.",
    )
    _partner_list = models.Index("(partner_id, state, id DESC)")
    _undecided = models.Index(
        "(submit_no) WHERE state IN ('submitted', 'in_review', 'info_needed')"
    )

    def init(self):
        """Make the sequence of submissions; it belongs to its column and goes with it."""
        self.env.cr.execute(
            SQL("CREATE SEQUENCE IF NOT EXISTS prm_deal_submit_no_seq OWNED BY prm_deal.submit_no")
        )

    @api.depends("customer_vat", "customer_domain", "customer_country_id.code")
    def _compute_keys(self):
        for deal in self:
            code = deal.customer_country_id.code or ""
            deal.vat_key = claims.compact_vat(deal.customer_vat, code)
            deal.domain_key = claims.domain_of(deal.customer_domain)

    @api.depends("company_id")
    def _compute_currency_id(self):
        for deal in self:
            # an amount that is there keeps the currency in which it was meant
            if not (deal.currency_id and deal.amount):
                deal.currency_id = deal.company_id.currency_id

    def _compute_access_url(self):
        res = super()._compute_access_url()
        for deal in self:
            deal.access_url = f"/my/deals/{deal.id}"
        return res

    @api.constrains("customer_name", "customer_vat", "customer_domain", "description")
    def _check_customer(self):
        for deal in self:
            for mistake in deal._customer_mistakes():
                raise ValidationError(mistake)

    @api.constrains("partner_id", "contact_id")
    def _check_partner(self):
        for deal in self:
            if deal.partner_id.commercial_partner_id != deal.partner_id:
                raise ValidationError(
                    self.env._("Choose the partner company itself, not one of its people.")
                )
            # who is told of the decision must never be somebody else's person
            if deal.contact_id and deal.contact_id.commercial_partner_id != deal.partner_id:
                raise ValidationError(self.env._("The contact must belong to the partner."))

    def _customer_mistakes(self):
        """Hook: what is wrong with the customer's details, as a list of messages."""
        self.ensure_one()
        _ = self.env._
        mistakes = []
        for name, limit in deal_rows.LIMITS.items():
            field = self._fields.get(name)
            if field and field.type in ("char", "text") and len(self[name] or "") > limit:
                label = field._description_string(self.env)
                mistakes.append(_("%(field)s: at most %(n)s characters.", field=label, n=limit))
        if not (self.customer_name or "").strip():
            mistakes.append(_("Enter the customer's name."))
        if claims.vat_error(self.customer_vat):
            mistakes.append(_("“%s” is not a VAT number.", self.customer_vat))
        if self.customer_domain and not self.domain_key:
            mistakes.append(_("“%s” is not a web address.", self.customer_domain))
        elif claims.is_shared_host(self.domain_key or ""):
            mistakes.append(
                _(
                    "%s is used by many companies. Enter the customer's own website.",
                    self.domain_key,
                )
            )
        return mistakes

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [self._clean_vals(vals) for vals in vals_list]
        if not self.env.su:
            for vals in vals_list:
                self._check_protected(vals)
                if vals.get("source", "staff") not in OPEN_SOURCES:
                    raise UserError(self.env._("The source is set by the way a deal comes in."))
        for vals, name in zip(vals_list, self._next_references(len(vals_list)), strict=True):
            vals["name"] = name
        return super(PrmDeal, self._without_protected_defaults()).create(vals_list)

    def _without_protected_defaults(self):
        """The same without defaults of the context for what only an action or a way in sets."""
        if self.env.su:
            return self
        context = self.env.context
        kept = {
            key: value
            for key, value in context.items()
            if not (key.startswith("default_") and key[8:] in PROTECTED | {"source"})
        }
        return self.with_env(self.env(context=kept)) if len(kept) < len(context) else self

    def write(self, vals):
        vals = self._clean_vals(vals)
        if not self.env.su:
            self._check_protected(vals)
            self._check_locked(vals)
        res = super().write(vals)
        claiming = self.env.su and self.env.context.get("prm_claiming")
        if CUSTOMER_FIELDS & vals.keys() and not claiming:
            waiting = self.filtered(lambda deal: deal.state in UNDECIDED).sudo()
            waiting._check_keys()
            waiting._reclaim()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        waiting = self.filtered(lambda deal: deal.state in UNDECIDED)
        if waiting:
            raise UserError(
                self.env._("Only drafts can be deleted. Refuse these instead: %s", waiting._names())
            )
        decided = self.filtered(lambda deal: deal.state != "draft")
        if decided:
            raise UserError(
                self.env._(
                    "Only drafts can be deleted. These are decided and stay as a record: %s",
                    decided._names(),
                )
            )

    def _check_protected(self, vals):
        """Refuse values that only an action sets."""
        wrong = sorted(PROTECTED & vals.keys())
        if wrong:
            raise AccessError(
                self.env._(
                    "These fields are set by submitting, approving or refusing a deal"
                    " registration, not by writing them: %s",
                    ", ".join(wrong),
                )
            )

    def _check_locked(self, vals):
        """Refuse to change whom a submitted deal is about, or the customer of a decided one."""
        if "source" in vals and any(deal.source != vals["source"] for deal in self):
            raise UserError(self.env._("The source of a deal registration can't be changed."))
        locked = self.browse()
        if PARTY_FIELDS & vals.keys():
            locked |= self.filtered(lambda deal: deal.state != "draft")
        if CUSTOMER_FIELDS & vals.keys():
            locked |= self.filtered(lambda deal: deal.state not in ("draft", *UNDECIDED))
        if locked:
            raise UserError(
                self.env._(
                    "The partner of a submitted deal registration and the customer of a decided"
                    " one can't be changed: %s",
                    locked._names(),
                )
            )

    @api.model
    def _clean_vals(self, vals):
        """A copy of the values without control characters, which PostgreSQL would not store."""
        vals = dict(vals)
        for name in LINE_FIELDS:
            if isinstance(vals.get(name), str):
                text = claims.clean_line(vals[name])
                vals[name] = text if text or name == "customer_name" else False
        if isinstance(vals.get("description"), str):
            vals["description"] = claims.clean_text(vals["description"])
        amount = vals.get("amount")
        if isinstance(amount, float) and not math.isfinite(amount):
            raise ValidationError(
                self.env._("The expected amount must be between 0 and %s.", amounts.AMOUNT_MAX)
            )
        return vals

    @api.model
    def _next_references(self, count):
        """``count`` new reference numbers, drawn by one query from the usual kind of sequence."""
        sequence = self.env.ref("partner_portal.sequence_prm_deal").sudo()
        if sequence.use_date_range or sequence.implementation != "standard":
            return [sequence.next_by_id() for _number in range(count)]
        query = SQL(
            "SELECT nextval(%s) FROM generate_series(1, %s)",
            f"ir_sequence_{sequence.id:03d}",
            count,
        )
        return [sequence.get_next_char(number) for [number] in self.env.execute_query(query)]

    def _names(self, limit=10):
        """The references as text for a message, at most ``limit`` of them."""
        names = ", ".join(self[:limit].mapped("name"))
        return names if len(self) <= limit else names + " …"
