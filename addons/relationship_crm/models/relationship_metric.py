from odoo import fields, models


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
        string="As Of",
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

    _code_unique = models.Constraint("UNIQUE (code)", "A metric with this code exists already.")
    _code_form = models.Constraint(
        "CHECK (code ~ '^[a-z][a-z0-9_]*$')",
        "A code has lower case letters, digits and underscores, and begins with a letter.",
    )

    def _compute_source(self):
        sources = self._source_by_code()
        for metric in self:
            metric.source = sources.get(metric.code, False)
