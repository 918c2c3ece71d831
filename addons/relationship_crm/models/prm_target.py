from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

from ..lib.windows import add_months

SUBJECTS = [
    ("partner", "Partner"),
    ("tier", "Tier"),
    ("segment", "Customer Segment"),
    ("team", "Sales Team"),
    ("company", "Company"),
]
#: subject → field that names it
SUBJECT_FIELDS = {
    "partner": "partner_id",
    "tier": "grade_id",
    "segment": "segment_id",
    "team": "team_id",
}
#: fields that narrow what documents count
NARROWED = ("product_categ_id", "country_id")
PERIODS = [
    ("month", "Month"),
    ("quarter", "Quarter"),
    ("half_year", "Half Year"),
    ("year", "Year"),
]
MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
STANDINGS = [
    ("upcoming", "Not Begun"),
    ("no_data", "Not Enough Data"),
    ("behind", "Behind"),
    ("on_track", "On Track"),
    ("reached", "Reached"),
    ("missed", "Missed"),
]


class PrmTarget(models.Model):
    """What a partner, tier, customer segment, sales team or the company is to reach in a period."""

    _name = "prm.target"
    _description = "Target"
    _inherit = ["mail.thread", "mail.activity.mixin", "relationship.job"]
    _check_company_auto = True
    _order = "date_from desc, company_id, subject, id"
    _rec_names_search = ["partner_id", "grade_id", "segment_id", "team_id", "metric_id"]

    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
        index=True,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    subject = fields.Selection(SUBJECTS, string="Target For", required=True, default="partner")
    partner_id = fields.Many2one(
        "res.partner",
        ondelete="cascade",
        index="btree_not_null",
        domain=[("parent_id", "=", False)],
    )
    grade_id = fields.Many2one(
        "res.partner.grade", string="Tier", ondelete="cascade", index="btree_not_null"
    )
    segment_id = fields.Many2one(
        "relationship.segment",
        string="Customer Segment",
        ondelete="cascade",
        check_company=True,
        index="btree_not_null",
        domain="[('company_id', '=', company_id)]",
    )
    team_id = fields.Many2one(
        "crm.team",
        string="Sales Team",
        ondelete="cascade",
        check_company=True,
        index="btree_not_null",
        domain="[('company_id', 'in', (company_id, False))]",
    )
    metric_id = fields.Many2one(
        "relationship.metric",
        required=True,
        ondelete="restrict",
        index=True,
        tracking=True,
        default=lambda self: self._default_metric(),
        help="What is counted. For a group it must be something that adds up, as revenue does.",
    )
    unit = fields.Selection(related="metric_id.unit")
    period = fields.Selection(PERIODS, required=True, default="year")
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: fields.Date.context_today(self).replace(month=1, day=1),
        help="The first day of a month.",
    )
    date_to = fields.Date(string="To", compute="_compute_date_to", store=True)
    product_categ_id = fields.Many2one(
        "product.category",
        string="Product Category",
        ondelete="cascade",
        index="btree_not_null",
        help="Count only products of this category and those below it.",
    )
    country_id = fields.Many2one(
        "res.country",
        ondelete="restrict",
        index="btree_not_null",
        help="Count only what went to customers in this country: the end customer's where one is "
        "named.",
    )
    goal = fields.Float(string="Target", required=True, digits=(16, 2), tracking=True)
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        index="btree_not_null",
        tracking=True,
    )
    note = fields.Text(string="Notes")
    line_ids = fields.One2many("prm.target.line", "target_id", string="Months")

    _subject_named = models.Constraint(
        "CHECK ((partner_id IS NOT NULL) = (subject = 'partner')"
        " AND (grade_id IS NOT NULL) = (subject = 'tier')"
        " AND (segment_id IS NOT NULL) = (subject = 'segment')"
        " AND (team_id IS NOT NULL) = (subject = 'team'))",
        "Say whose target it is: one partner, tier, segment or team, or the company.",
    )
    _goal_positive = models.Constraint("CHECK (goal > 0)", "A target is more than 0.")
    _first_of_month = models.Constraint(
        "CHECK (extract(day from date_from) = 1)", "A target begins on the first day of a month."
    )
    _target_unique = models.UniqueIndex(
        "(company_id, metric_id, date_from, period, coalesce(partner_id, 0),"
        " coalesce(grade_id, 0), coalesce(segment_id, 0), coalesce(team_id, 0),"
        " coalesce(product_categ_id, 0), coalesce(country_id, 0)) WHERE active",
        "There is such a target already.",
    )

    def _default_metric(self):
        return self.env.ref("relationship_crm.relationship_metric_sold_revenue_invoiced", False)

    # ------------------------------------------------------------ computes

    @api.depends("date_from", "period")
    def _compute_date_to(self):
        for target in self:
            target.date_to = target.date_from and fields.Date.subtract(
                add_months(target.date_from, MONTHS[target.period or "year"]), days=1
            )

    @api.depends(
        "subject",
        "partner_id",
        "grade_id",
        "segment_id",
        "team_id",
        "company_id",
        "metric_id",
        "date_from",
        "period",
        "product_categ_id",
        "country_id",
    )
    @api.depends_context("lang")
    def _compute_display_name(self):
        for target in self:
            whose = target[SUBJECT_FIELDS.get(target.subject, "company_id")].display_name
            target.display_name = f"{whose or ''}: {target._short_name()}"

    def _short_name(self):
        """What is counted and when, without whose target it is."""
        what = [self.metric_id.name, self.product_categ_id.name, self.country_id.name]
        return f"{', '.join(part for part in what if part)} {self._period_text()}"

    def _period_text(self):
        """The period in a few words, as "2026", "Q3 2026" or "January 2026"."""
        if not self.date_from:
            return ""
        start = self.date_from
        if self.period == "year" and start.month == 1:
            return str(start.year)
        if self.period == "month":
            return format_date(self.env, start, date_format="MMMM yyyy")
        if self.period == "quarter" and start.month % 3 == 1:
            return self.env._(
                "Q%(number)s %(year)s", number=(start.month + 2) // 3, year=start.year
            )
        return self.env._(
            "%(start)s to %(end)s",
            start=format_date(self.env, start, date_format="MMM yyyy"),
            end=format_date(self.env, self.date_to, date_format="MMM yyyy"),
        )

    # ------------------------------------------------------------ checks

    @api.onchange("subject")
    def _onchange_subject(self):
        """What named another subject goes."""
        for subject, field in SUBJECT_FIELDS.items():
            if subject != self.subject:
                self[field] = False

    @api.onchange("date_from")
    def _onchange_date_from(self):
        if self.date_from:
            self.date_from = self.date_from.replace(day=1)

    @api.constrains("partner_id")
    def _check_partner(self):
        for target in self.filtered("partner_id"):
            if target.partner_id != target.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "%(contact)s is a contact of %(company)s: set the target for the company.",
                        contact=target.partner_id.display_name,
                        company=target.partner_id.commercial_partner_id.display_name,
                    )
                )

    @api.constrains("subject", "metric_id", "product_categ_id", "country_id")
    def _check_metric(self):
        """What adds up can be a group's target; what documents tell can be narrowed."""
        documents = self._document_metrics()
        for target in self:
            metric = target.metric_id.sudo()
            if target.subject != "partner" and not metric.adds_up:
                raise ValidationError(
                    self.env._(
                        "%s does not add up over partners: set it as the target of one partner.",
                        metric.display_name,
                    )
                )
            narrowed = target.product_categ_id or target.country_id or target.subject == "team"
            if narrowed and metric.code not in documents:
                raise ValidationError(
                    self.env._(
                        "%s is not known by product category, country or sales team: leave these"
                        " out, or choose revenue, orders or units.",
                        metric.display_name,
                    )
                )

    # ------------------------------------------------------------ changes

    @api.model_create_multi
    def create(self, vals_list):
        targets = super().create(vals_list)
        targets._refresh()
        return targets

    def write(self, vals):
        """A target that asks for something else stands otherwise."""
        result = super().write(vals)
        if self._defining_fields() & set(vals):
            self._refresh()
        return result

    @api.model
    def _defining_fields(self):
        """Names of the fields that decide what a target asks for."""
        return {
            "company_id",
            "subject",
            *SUBJECT_FIELDS.values(),
            "metric_id",
            "period",
            "date_from",
            "product_categ_id",
            "country_id",
            "goal",
        }

    def action_view_months(self):
        """Open the months of this target, planned beside reached.

        :return: window action on ``prm.target.line``
        """
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "relationship_crm.prm_target_line_action"
        )
        return action | {"domain": [("target_id", "=", self.id)], "context": {}}

    @api.model
    def _merge_partners(self, src, dst):
        """Targets follow a merged partner; where both have the same, the remaining one's stays.

        :param src: partners that disappear
        :param dst: partner that remains
        """
        dst = dst.commercial_partner_id
        targets = self.with_context(active_test=False).search(
            [("partner_id", "in", (src | dst).ids)]
        )
        keys = set()
        for target in targets.sorted(lambda one: (one.partner_id != dst, one.id)):
            names = ("company_id", "metric_id", "date_from", "period", *NARROWED)
            key = tuple(target[name] for name in names)
            if target.active and key in keys:
                target.active = False
            keys |= {key} if target.active else set()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE prm_target SET partner_id = %s WHERE partner_id = ANY(%s)", [dst.id, src.ids]
        )
        self.env.cr.execute(
            "UPDATE prm_target_line SET partner_id = %s WHERE partner_id = ANY(%s)",
            [dst.id, src.ids],
        )
        self.env.invalidate_all()
        targets._refresh()
