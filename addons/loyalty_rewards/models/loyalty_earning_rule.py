from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

#: what changes later must not touch: points that were given refer to it
TERMS = (
    "program_id",
    "kind_id",
    "earner",
    "mode",
    "points",
    "per_amount",
    "pending_until",
    "pending_days",
    "expiry_months",
    "valid_from",
)
#: kinds that every program needs to hear of: a payment releases points, a refund takes them back
ALWAYS = ("invoice_paid", "invoice_unpaid", "invoice_refunded")
CONSUMER = "loyalty_rewards.relationship_interaction_consumer_earning"


class LoyaltyEarningRule(models.Model):
    """What earns points in a program that earns by events, and how many.

    All rules together are one consumer of interactions. A rule that has given points keeps its
    terms: it is ended, and another one made from the next day on.
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
    company_id = fields.Many2one(related="program_id.company_id", store=True, index=True)
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
        [("fixed", "A fixed number of points"), ("amount", "Points for the amount")],
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
    pending_until = fields.Selection(
        [("event", "It happened"), ("paid", "The order is invoiced and paid")],
        required=True,
        default="event",
    )
    pending_days = fields.Integer(
        string="And Then", help="Days to wait after that, such as the time to return goods."
    )
    expiry_months = fields.Integer(
        string="Expire After", help="Months after the day it happened; 0: they never expire."
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
    _days_check = models.Constraint(
        "CHECK (pending_days BETWEEN 0 AND 3650 AND expiry_months BETWEEN 0 AND 600)",
        "Days and months to wait are between 0 and ten years, and fifty years to expire.",
    )
    _valid_check = models.Constraint(
        "CHECK (valid_to IS NULL OR valid_to >= valid_from)", "A rule ends after it begins."
    )

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

    @api.constrains("pending_until", "kind_id")
    def _check_pending_until(self):
        for rule in self:
            if rule.pending_until == "paid" and rule.kind_code != "order_confirmed":
                raise ValidationError(
                    self.env._("Only what earns at the order can wait until it is paid.")
                )

    @api.constrains("source_ids")
    def _check_sources(self):
        for source in self.source_ids:
            if not source.trusted:
                raise ValidationError(
                    self.env._("The system %s is not trusted.", source.display_name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        self._sync_consumer()
        return rules

    def write(self, vals):
        self._check_terms(vals)
        result = super().write(vals)
        if {"active", "kind_id"} & set(vals):
            self._sync_consumer()
        return result

    def unlink(self):
        result = super().unlink()
        self._sync_consumer()
        return result

    def _check_terms(self, vals):
        """Refuse to change the terms of a rule that has given points."""
        changed = [
            rule
            for rule in self
            if any(
                rule._fields[name].convert_to_write(rule[name], rule) != vals[name]
                for name in TERMS
                if name in vals
            )
        ]
        used = self.env["loyalty.ledger.entry"].sudo()
        for rule in changed:
            if used.search_count([("rule_id", "=", rule.id)], limit=1):
                raise UserError(
                    self.env._(
                        "%s has given points already, so its terms stay. End it, and make another "
                        "rule from the next day on.",
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
        kinds = self.sudo().search([("active", "=", True)]).kind_id
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
