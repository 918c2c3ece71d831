from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

#: what changes later must not touch: points that were given refer to it
TERMS = frozenset(
    "program_id company_id kind_id earner mode points per_amount per_units for_status by_tier"
    " pending_until pending_days expiry expiry_months expiry_years expires_on valid_from source_ids"
    " segment_ids tier_ids category_ids channel first_time cap_event cap_day cap_month cap_card"
    " cap_program".split()
)
#: what only the rules themselves write
OWN = frozenset(("used", "root_id"))
#: kinds that every program needs to hear of: a payment releases points, a refund takes them back
ALWAYS = ("invoice_paid", "invoice_unpaid", "invoice_refunded")
CONSUMER = "loyalty_rewards.relationship_interaction_consumer_earning"


class LoyaltyEarningRule(models.Model):
    """What earns points in a program that earns by events, and how many.

    All rules together are one consumer of interactions. A rule that has given points keeps its
    terms: a new version takes over from a day on. Filters, caps, times and versions are in files of
    their own.
    """

    _name = "loyalty.earning.rule"
    _description = "Earning Rule"
    _order = "program_id, sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    program_id = fields.Many2one(
        "loyalty.program",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('loyalty_earn_by', '=', 'event')]",
    )
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_company_id",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        help="Only what happens in this company and its branches earns. Empty: in all companies.",
    )
    currency_id = fields.Many2one(related="program_id.currency_id")
    point_name = fields.Char(related="program_id.portal_point_name")
    kind_id = fields.Many2one(
        "relationship.interaction.kind",
        string="What Earns",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('code', 'not in', ('points_earned', 'points_redeemed', 'invoice_unpaid',"
        " 'invoice_refunded'))]",
    )
    kind_code = fields.Char(related="kind_id.code")
    earner = fields.Selection(
        [
            ("customer", "Whoever it happened with"),
            ("partner", "The partner it was sold through"),
        ],
        string="Who Earns",
        required=True,
        default="customer",
    )
    mode = fields.Selection(
        [
            ("fixed", "A fixed number of points"),
            ("amount", "Points for the amount"),
            ("unit", "Points for each unit"),
        ],
        string="How Many",
        required=True,
        default="amount",
    )
    points = fields.Float(digits=(16, 4), min_display_digits=2, required=True, default=1)
    per_amount = fields.Monetary(
        string="For Each",
        default=1,
        help="In the currency of the program, without taxes, after discounts. Amounts paid with "
        "a gift card or wallet count in full.",
    )
    per_units = fields.Float(
        string="For Each Number of Units",
        digits="Product Unit",
        default=1,
        help="Units of products as ordered or invoiced, free ones not counted. Other systems give "
        "their number as quantity.",
    )
    for_status = fields.Boolean(
        string="Counts for the Tier",
        default=True,
        help="Each point that is earned is a status point, too.",
    )
    used = fields.Boolean(
        string="Has Given Points", readonly=True, copy=False, help="Its terms stay as they are."
    )
    valid_from = fields.Date(required=True, default=fields.Date.context_today)
    valid_to = fields.Date(help="Last day. Empty: until further notice.")
    source_ids = fields.Many2many(
        "relationship.interaction.source",
        string="Trusted Systems",
        domain=[("trusted", "=", True)],
        help="Other systems whose events earn. What happens in this database always does.",
    )
    entry_ids = fields.One2many("loyalty.ledger.entry", "rule_id", readonly=True)
    points_given = fields.Float(
        digits=(16, 4), min_display_digits=2, compute="_compute_points_given"
    )

    _points_check = models.Constraint("CHECK (points > 0)", "A rule gives more than 0 points.")
    _per_amount_check = models.Constraint(
        "CHECK (mode <> 'amount' OR per_amount > 0)", "The amount that earns is more than 0."
    )
    _per_units_check = models.Constraint(
        "CHECK (mode <> 'unit' OR per_units > 0)", "The number of units that earns is more than 0."
    )
    _valid_check = models.Constraint(
        "CHECK (valid_to IS NULL OR valid_to >= valid_from)", "A rule ends after it begins."
    )

    @api.depends("program_id")
    def _compute_company_id(self):
        for rule in self:
            rule.company_id = rule.program_id.company_id or rule.company_id

    @api.depends("entry_ids")
    def _compute_points_given(self):
        given = dict(
            self.env["loyalty.ledger.entry"]._read_group(
                [("rule_id", "in", self.ids), ("state", "=", "posted")],
                ["rule_id"],
                ["points:sum"],
            )
        )
        for rule in self:
            rule.points_given = given.get(rule, 0)

    @api.constrains("program_id", "active")
    def _check_program(self):
        for rule in self:
            if rule.active and rule.program_id.loyalty_earn_by != "event":
                raise ValidationError(
                    self.env._(
                        "The program %s earns by orders. Let it earn by events first.",
                        rule.program_id.display_name,
                    )
                )

    @api.constrains("source_ids")
    def _check_sources(self):
        for source in self.source_ids:
            if not source.trusted:
                raise ValidationError(
                    self.env._("The system %s is not trusted.", source.display_name)
                )

    @api.constrains("company_id", "program_id")
    def _check_company(self):
        for rule in self:
            company = rule.program_id.company_id
            if company and company not in rule.company_id.sudo().parent_ids:
                raise ValidationError(
                    self.env._(
                        "The program %(program)s belongs to %(company)s, and so do its rules.",
                        program=rule.program_id.display_name,
                        company=company.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_own(*vals_list)
        rules = super().create(vals_list)
        self._sync_consumer()
        return rules

    def write(self, vals):
        self._refuse_own(vals)
        before = self._used_terms() if TERMS & set(vals) else {}
        result = super().write(vals)
        self._check_terms(before)
        if {"active", "kind_id", "state"} & set(vals):
            self._sync_consumer()
        return result

    def unlink(self):
        result = super().unlink()
        self._sync_consumer()
        return result

    def _refuse_own(self, *vals_list):
        """Refuse who writes what follows from the points that were given."""
        given = {name for vals in vals_list for name in vals}
        given |= {name[8:] for name in self.env.context if name.startswith("default_")}
        if given & OWN and not self.env.su:
            raise UserError(self.env._("Whether a rule has given points follows from the ledger."))

    def _used_terms(self):
        """Return {rule: its terms} of those that have given points.

        A worker that gives the first points of a rule marks it: a change of its terms meets that
        mark on the row of the rule, and the later of both is run again.
        """
        entries = self.env["loyalty.ledger.entry"].sudo()
        given = entries._read_group([("rule_id", "in", self.ids)], ["rule_id"])
        used = self.filtered("used") | self.browse(rule.id for (rule,) in given)
        return {rule: rule._terms() for rule in used}

    def _terms(self):
        """Return the terms of this rule, as a dict of plain values and recordsets."""
        rule = self.sudo().with_context(active_test=False)
        return {name: rule[name] for name in TERMS}

    def _check_terms(self, before):
        """Refuse to change the terms of a rule that has given points.

        :param dict before: of :meth:`_used_terms`, before the change
        """
        for rule, terms in before.items():
            if rule._terms() != terms:
                raise UserError(
                    self.env._(
                        "%s has given points already, so its terms stay. Make a new version: it "
                        "takes over from the day you choose.",
                        rule.name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if (
            self.env["loyalty.ledger.entry"]
            .sudo()
            .search_count([("rule_id", "in", self.ids)], limit=1)
        ):
            raise UserError(
                self.env._("A rule that has given points is not deleted. Archive it instead.")
            )

    @api.model
    def _sync_consumer(self):
        """Listen to the kinds that active rules name, and to none when there is no rule."""
        consumer = self.env.ref(CONSUMER, raise_if_not_found=False)
        if not consumer:
            return
        rules = self.sudo().search([("active", "=", True), ("state", "=", "published")])
        kinds = rules.kind_id
        always = self.env["relationship.interaction.kind"].sudo().search([("code", "in", ALWAYS)])
        consumer.sudo().write({"active": bool(kinds), "kind_ids": (kinds | always).ids})

    # ------------------------------------------------------------ shown

    def action_view_entries(self):
        """Open the points that this rule has given."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "loyalty_rewards.loyalty_ledger_entry_action"
        )
        return {**action, "domain": [("rule_id", "=", self.id)]}

    @api.model
    def _today(self):
        """The day on which pending points are looked at: the earliest of all companies."""
        zones = {
            company._relationship_tz() for company in self.env["res.company"].sudo().search([])
        }
        [(day,)] = self.env.execute_query(
            SQL("SELECT min((now() AT TIME ZONE zone)::date) FROM unnest(%s) AS zone", list(zones))
        )
        return day
