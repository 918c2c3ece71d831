from zlib import crc32

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import formatLang

SIGNS = {">=": "≥", ">": ">", "<=": "≤", "<": "<", "=": "="}

OVERLAP_MESSAGE = (
    "Two criteria say the same for the same days. End the first one before the second begins, or "
    "make them alternatives."
)


def no_overlap(owner):
    """Definition: criteria of one owner that say the same never hold on the same day.

    :param str owner: name of the column of the owner
    """
    return f"""EXCLUDE USING gist (
        int4range({owner}, {owner}, '[]') WITH &&,
        int4range(metric_id, metric_id, '[]') WITH &&,
        int8range(term_key, term_key, '[]') WITH &&,
        daterange(valid_from, valid_to, '[]') WITH &&
    ) WHERE ({owner} IS NOT NULL)"""


class RelationshipCriterion(models.Model):
    """A condition on a metric: which window, compared with what, since and until when.

    It belongs to exactly one owner. An addon that brings another kind of owner adds its column,
    its exclusion constraint as below, names it in :meth:`_owner_fields` and declares
    ``_one_owner`` again with the longer list.
    """

    _name = "relationship.criterion"
    _description = "Criterion"
    _order = "sequence, id"

    sequence = fields.Integer(default=10)
    metric_id = fields.Many2one(
        "relationship.metric", required=True, ondelete="restrict", index=True
    )
    window_kind = fields.Selection(
        [
            ("rolling", "Months Back"),
            ("quarter", "Calendar Quarters"),
            ("year", "Calendar Years"),
            ("ever", "Ever"),
        ],
        string="Window",
        required=True,
        default="rolling",
        help="Months Back ends on the day before. Calendar Quarters and Years run to the last "
        "complete day, or are whole when a lag is given.",
    )
    window_length = fields.Integer(
        string="Length", required=True, default=12, help="Months, quarters or years."
    )
    lag = fields.Integer(
        help="How many months, quarters or years earlier the window lies. 1 with Calendar "
        "Quarters is the last whole quarter."
    )
    operator = fields.Selection(
        [
            (">=", "at least"),
            (">", "more than"),
            ("<=", "at most"),
            ("<", "less than"),
            ("=", "is"),
        ],
        required=True,
        default=">=",
    )
    threshold = fields.Float(required=True, digits=(16, 4), default=0.0)
    compare_to = fields.Selection(
        [
            ("constant", "The Threshold"),
            ("times_lag", "Threshold × Same Metric Earlier"),
            ("times_metric", "Threshold × Another Metric"),
            ("difference_lag", "Change Since Earlier"),
        ],
        required=True,
        default="constant",
        help="Change Since Earlier: the value less the earlier one is compared with the "
        "threshold; −20 means that it fell by 20.",
    )
    compare_lag = fields.Integer(
        string="Earlier By",
        help="Months, quarters or years. Empty: by the length of the window.",
    )
    other_metric_id = fields.Many2one(
        "relationship.metric", ondelete="restrict", index="btree_not_null"
    )
    alternative = fields.Integer(
        help="Criteria with the same number are alternatives: one of them is enough. 0: on its own."
    )
    when_missing = fields.Selection(
        [("fail", "Not Met"), ("ignore", "Left Out")],
        string="Without Data",
        required=True,
        default="fail",
    )
    weight = fields.Float(default=1.0, help="Its part in the points of a tier.")
    must = fields.Boolean(help="Without it nothing is earned, whatever the points.")
    valid_from = fields.Date()
    valid_to = fields.Date(help="Last day. Empty: until further notice.")
    term_key = fields.Integer(compute="_compute_term_key", store=True, precompute=True)
    stage_id = fields.Many2one("relationship.stage", ondelete="cascade", index="btree_not_null")
    segment_id = fields.Many2one("relationship.segment", ondelete="cascade", index="btree_not_null")
    grade_id = fields.Many2one(
        "res.partner.grade", string="Tier", ondelete="cascade", index="btree_not_null"
    )

    _one_owner = models.Constraint(
        "CHECK (num_nonnulls(stage_id, segment_id, grade_id) = 1)",
        "A criterion belongs to exactly one tier, stage or segment.",
    )
    _stage_no_overlap = models.Constraint(no_overlap("stage_id"), OVERLAP_MESSAGE)
    _segment_no_overlap = models.Constraint(no_overlap("segment_id"), OVERLAP_MESSAGE)
    _grade_no_overlap = models.Constraint(no_overlap("grade_id"), OVERLAP_MESSAGE)
    _window_positive = models.Constraint(
        "CHECK (window_length > 0 AND lag >= 0 AND coalesce(compare_lag, 0) >= 0)",
        "The length of the window must be at least 1, a lag at least 0.",
    )
    _weight_positive = models.Constraint(
        "CHECK (weight >= 0 AND alternative >= 0)",
        "Weight and alternative cannot be negative.",
    )
    _valid_order = models.Constraint(
        "CHECK (valid_from <= valid_to)", "The first day must not lie after the last."
    )
    _other_metric = models.Constraint(
        "CHECK ((compare_to = 'times_metric') = (other_metric_id IS NOT NULL))",
        "Choose the other metric to compare with.",
    )

    @api.model
    def _owner_fields(self):
        """Hook: names of the fields that can own a criterion; exactly one is set."""
        return ["stage_id", "segment_id", "grade_id"]

    @api.depends(
        "operator",
        "window_kind",
        "window_length",
        "lag",
        "compare_to",
        "compare_lag",
        "other_metric_id",
        "alternative",
    )
    def _compute_term_key(self):
        """A number for what a criterion asks for beside its metric and threshold."""
        for criterion in self:
            text = "|".join(str(part) for part in criterion._term())
            criterion.term_key = crc32(text.encode()) - 2**31

    def _term(self):
        return (
            self.operator,
            *self._window_key(),
            self.compare_to,
            self.compare_lag,
            self.other_metric_id.id,
            self.alternative,
        )

    def _window_key(self):
        return self.window_kind, self.window_length, self.lag

    # ------------------------------------------------------------ in words

    @api.depends(
        "metric_id.name",
        "window_kind",
        "window_length",
        "lag",
        "operator",
        "threshold",
        "compare_to",
        "compare_lag",
        "other_metric_id.name",
    )
    @api.depends_context("lang")
    def _compute_display_name(self):
        for criterion in self:
            criterion.display_name = criterion._sentence() if criterion.metric_id else False

    def _sentence(self):
        """The criterion in words: "Revenue Invoiced, last 12 months ≥ 10,000"."""
        return self.env._(
            "%(metric)s, %(window)s %(operator)s %(threshold)s",
            metric=self.metric_id.name,
            window=self._window_words(),
            operator=SIGNS[self.operator],
            threshold=self._threshold_words(),
        )

    def _window_words(self):
        """The window in words: "last 12 months", "quarter before last"…"""
        _ = self.env._
        length, lag = self.window_length, self.lag
        if self.window_kind == "ever":
            return _("ever, until %s months ago", lag) if lag else _("ever")
        if self.window_kind == "rolling":
            words = _("last month") if length == 1 else _("last %s months", length)
            return _("%(window)s, %(lag)s months earlier", window=words, lag=lag) if lag else words
        return self._calendar_words(length, lag)

    def _calendar_words(self, length, lag):
        _ = self.env._
        if self.window_kind == "quarter":
            now = (
                _("this quarter")
                if length == 1
                else _("this and the %s quarters before", length - 1)
            )
            past = _("last quarter") if length == 1 else _("last %s quarters", length)
        else:
            now = _("this year") if length == 1 else _("this and the %s years before", length - 1)
            past = _("last year") if length == 1 else _("last %s years", length)
        if lag <= 1:
            return past if lag else now
        if self.window_kind == "quarter":
            return _("%(window)s, %(lag)s quarters earlier", window=past, lag=lag - 1)
        return _("%(window)s, %(lag)s years earlier", window=past, lag=lag - 1)

    def _threshold_words(self):
        """What the value is compared with, in words."""
        _ = self.env._
        number = self._number(self.threshold)
        if self.compare_to == "times_lag":
            return _("%s × the same earlier", number)
        if self.compare_to == "times_metric":
            return _("%(number)s × %(metric)s", number=number, metric=self.other_metric_id.name)
        if self.compare_to == "difference_lag":
            return _("%s more than earlier", number)
        return number

    def _number(self, value):
        """A number as the user's language writes it, without needless decimals."""
        digits = 0 if value == int(value) else 2
        return formatLang(self.env, value, digits=digits)

    # ------------------------------------------------------------ checks

    @api.constrains("compare_to", "window_kind")
    def _check_earlier_window(self):
        for criterion in self:
            lagged = criterion.compare_to in ("times_lag", "difference_lag")
            if lagged and criterion.window_kind == "ever" and not criterion.compare_lag:
                raise ValidationError(
                    self.env._("With the window Ever, say by how many months earlier to compare.")
                )
