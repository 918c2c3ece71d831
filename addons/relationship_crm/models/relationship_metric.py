from odoo import api, fields, models
from odoo.exceptions import UserError


class RelationshipMetric(models.Model):
    """One named number per commercial partner, company and window of time.

    A metric is defined once and then works wherever criteria do: stages, segments, tiers, targets,
    scorecards. Its number comes from a source in code (:meth:`_metric_sources`) or, for a custom
    metric, from the model, domain and dates written in the record.
    """

    _name = "relationship.metric"
    _description = "Metric"
    _order = "sequence, code"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True, help="The metric's name for programs and criteria. Lower case, no spaces."
    )
    sequence = fields.Integer(default=100)
    active = fields.Boolean(default=True)
    unit = fields.Selection(
        [
            ("money", "Money"),
            ("count", "Count"),
            ("percent", "Percent"),
            ("days", "Days"),
            ("score", "Score"),
        ],
        required=True,
        default="count",
        help="Money is in the currency of the company the metric is asked for.",
    )
    subject = fields.Selection(
        [
            ("customer", "Customers"),
            ("partner", "Partners"),
            ("both", "Customers and Partners"),
            ("market", "Market"),
        ],
        required=True,
        default="both",
        help="Whom the number is about.",
    )
    higher_is_better = fields.Boolean(default=True)
    empty_is_zero = fields.Boolean(
        string="Nothing Counts as Zero",
        help="Where nothing was found, the value is 0. Otherwise there is no value: too little "
        "data is not a low number.",
    )
    as_of = fields.Selection(
        [("exact", "Any Day"), ("snapshot", "Month Ends Only")],
        required=True,
        default="exact",
        help="Any Day: worked out from the dates of the documents, for every past day. Month Ends "
        "Only: the past is what the snapshots kept.",
    )
    snapshot_span = fields.Selection(
        [
            ("month", "The Month"),
            ("year", "The Last 12 Months"),
            ("ever", "Everything Until Then"),
        ],
        required=True,
        default="month",
        help="What a snapshot at the end of a month looks back on.",
    )
    description = fields.Text(
        string="Formula",
        translate=True,
        help="How the number is worked out and from what, in words.",
    )
    source = fields.Char(compute="_compute_source", help="Where the number comes from.")
    has_source = fields.Boolean(compute="_compute_source")
    is_shipped = fields.Boolean(
        compute="_compute_is_shipped", help="Defined by an app; only its name can be changed."
    )

    _code_unique = models.Constraint("UNIQUE (code)", "A metric with this code exists already.")
    _code_form = models.Constraint(
        "CHECK (code ~ '^[a-z][a-z0-9_]*$')",
        "A code has lower case letters, digits and underscores, and begins with a letter.",
    )

    @api.depends("code")
    def _compute_source(self):
        sources = self._source_by_code()
        for metric in self:
            metric.source = sources.get(metric.code, False)
            metric.has_source = bool(metric.source)

    @api.depends("is_custom")
    def _compute_is_shipped(self):
        for metric in self:
            metric.is_shipped = bool(metric._origin) and not metric._origin.is_custom

    @api.model_create_multi
    def create(self, vals_list):
        metrics = super().create(vals_list)
        self.env.registry.clear_cache()
        return metrics

    def write(self, vals):
        """Refuse another code for a metric of an app: its source is known by the code."""
        if "code" in vals and any(m.code != vals["code"] and not m.is_custom for m in self):
            raise UserError(self.env._("The code of a metric that comes with an app is fixed."))
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_shipped(self):
        if self.filtered(lambda metric: not metric.is_custom):
            raise UserError(self.env._("A metric that comes with an app can only be archived."))

    def action_try(self):
        """Open the highest values of this metric over the last 12 months."""
        self.ensure_one()
        self.check_access("read")
        preview = self.env["relationship.metric.preview"].create({"metric_id": self.id})
        return preview.action_refresh()
