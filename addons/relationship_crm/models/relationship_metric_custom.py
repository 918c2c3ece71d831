import ast

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

AGGREGATES = {
    "count": "count(*)",
    "count_distinct": "count(DISTINCT %s)",
    "sum": "sum(%s)",
    "avg": "avg(%s)",
    "min": "min(%s)",
    "max": "max(%s)",
}
NUMBERS = ("integer", "float", "monetary")
#: an amount adds up only in company currency; these fields and relations give it
COMPANY_CURRENCY = ("company_currency", "company_currency_id")


class RelationshipMetric(models.Model):
    """A metric without code: records of a model, by the partner they lead to and a date."""

    _inherit = "relationship.metric"

    is_custom = fields.Boolean(
        string="Custom", compute="_compute_is_custom", store=True, precompute=True
    )
    model_id = fields.Many2one(
        "ir.model",
        string="Records Of",
        ondelete="cascade",
        index="btree_not_null",
        domain=[("transient", "=", False), ("abstract", "=", False)],
        help="Leave empty for a metric whose numbers come from an app.",
    )
    model_name = fields.Char(related="model_id.model", string="Model Name")
    domain = fields.Char(default="[]", string="Filter", help="Which of the records count.")
    partner_path = fields.Char(
        default="partner_id",
        help="Field that leads from a record to the partner, as partner_id or order_id.partner_id. "
        "A contact counts for its company.",
    )
    aggregate = fields.Selection(
        [
            ("count", "Number of Records"),
            ("count_distinct", "Number of Different Values"),
            ("sum", "Sum"),
            ("avg", "Average"),
            ("min", "Smallest"),
            ("max", "Largest"),
        ],
        default="count",
    )
    measure_field_id = fields.Many2one(
        "ir.model.fields",
        string="Measure",
        ondelete="cascade",
        domain="[('model_id', '=', model_id), ('store', '=', True)]",
        help="What is added up or compared. Amounts must be in company currency.",
    )
    date_field_id = fields.Many2one(
        "ir.model.fields",
        string="Date",
        ondelete="cascade",
        domain="[('model_id', '=', model_id), ('store', '=', True),"
        " ('ttype', 'in', ('date', 'datetime'))]",
        help="The date by which a record falls into a window.",
    )

    _custom_complete = models.Constraint(
        "CHECK (model_id IS NULL OR (partner_path IS NOT NULL AND aggregate IS NOT NULL"
        " AND date_field_id IS NOT NULL"
        " AND (measure_field_id IS NOT NULL OR aggregate = 'count')))",
        "A custom metric needs the field of the partner, an aggregate, a measure (unless records "
        "are counted) and a date.",
    )

    @api.depends("model_id")
    def _compute_is_custom(self):
        for metric in self:
            metric.is_custom = bool(metric.model_id)

    @api.onchange("model_id")
    def _onchange_model_id(self):
        self.measure_field_id = self.date_field_id = False
        self.domain = "[]"
        self._onchange_aggregate()

    @api.onchange("aggregate")
    def _onchange_aggregate(self):
        if self.model_id:
            self.empty_is_zero = self.aggregate in ("count", "count_distinct", "sum")

    # ------------------------------------------------------------ checks

    @api.constrains(
        "model_id",
        "domain",
        "partner_path",
        "aggregate",
        "measure_field_id",
        "date_field_id",
        "code",
        "as_of",
    )
    def _check_custom(self):
        """A custom metric can be worked out, and from what its author may read."""
        for metric in self.filtered("model_id"):
            model = metric._custom_model()
            metric._check_custom_free()
            model.sudo(False).check_access("read")
            # worked out as superuser later on: no filter by what its author may not read
            model.sudo(False)._search(metric._custom_domain(model))
            metric._custom_path(model)
            metric._check_custom_column(model, metric.date_field_id)
            if metric.aggregate != "count":
                metric._check_custom_column(model, metric.measure_field_id)
                metric._check_custom_measure(model)

    def _check_custom_free(self):
        if self.code in self._codes_in_code():
            raise ValidationError(
                self.env._("The metric %s comes from an app, it needs no records.", self.code)
            )
        if self.as_of != "exact":
            raise ValidationError(self.env._("A custom metric is worked out for any day."))

    def _custom_model(self):
        """The model whose records are counted; refused unless it is a table."""
        model = self.env.get(self.model_id.sudo().model)
        if model is None or model._abstract or model._transient or not model._auto:
            raise ValidationError(
                self.env._("The records of “%s” can't be counted.", self.model_id.sudo().name)
            )
        return model

    def _custom_domain(self, model):
        """The filter as a domain that holds for the model."""
        try:
            domain = Domain(ast.literal_eval(self.domain or "[]"))
            domain.validate(model)
        except (ValueError, SyntaxError, TypeError, KeyError) as error:
            raise ValidationError(
                self.env._(
                    "The filter of “%(name)s” is not understood: %(error)s",
                    name=self.name,
                    error=error,
                )
            ) from error
        return domain

    def _custom_path(self, model):
        """The stored many2one fields from a record to its partner, in order."""
        path = []
        for name in (self.partner_path or "").split("."):
            field = model._fields.get(name) if model is not None else None
            if not field or field.type != "many2one" or not field.column_type or not field.store:
                raise ValidationError(self._path_error())
            path.append(field)
            model = self.env.get(field.comodel_name)
        if path[-1].comodel_name != "res.partner":
            raise ValidationError(self._path_error())
        return path

    def _path_error(self):
        return self.env._(
            "“%s” must lead from the records to a contact through stored fields that hold one "
            "record each, as partner_id or order_id.partner_id.",
            self.partner_path or "",
        )

    def _check_custom_column(self, model, field_record):
        """The field is a column of the model's own table that the author may read."""
        name = field_record.sudo().name
        field = model._fields.get(name)
        if not field or not field.store or not field.column_type or field.company_dependent:
            raise ValidationError(
                self.env._("“%s” is not stored with the records.", field_record.sudo().display_name)
            )
        model.sudo(False)._check_field_access(field, "read")

    def _check_custom_measure(self, model):
        """Sums are of numbers, amounts in company currency."""
        field = model._fields[self.measure_field_id.sudo().name]
        if self.aggregate != "count_distinct" and field.type not in NUMBERS:
            raise ValidationError(self.env._("Only numbers can be added up or compared."))
        if field.type != "monetary":
            return
        name = field.get_currency_field(model)
        related = ".".join((model._fields[name].related or "").split(".")) if name else ""
        if name not in COMPANY_CURRENCY and not related.endswith("company_id.currency_id"):
            raise ValidationError(
                self.env._("“%s” is not in company currency and can't be added up.", field.string)
            )

    # ------------------------------------------------------------ source

    def _custom_query(self, windows, company, partners=None):
        """The query of a custom metric: as a source's, with the metric's code as its column."""
        self.ensure_one()
        model = self._custom_model().sudo()
        date = model._fields[self.date_field_id.name]
        moments = date.type == "datetime"
        column = SQL.identifier("t", date.name)
        return SQL(
            """
            SELECT p.commercial_partner_id AS partner_id, w.win, %(aggregate)s AS %(code)s
              FROM %(table)s t %(joins)s
              JOIN %(windows)s ON %(column)s >= %(first)s AND %(column)s < %(last)s
             WHERE t.id IN %(matching)s AND %(within)s AND %(partners)s
             GROUP BY p.commercial_partner_id, w.win
            """,
            aggregate=self._custom_aggregate(),
            code=SQL.identifier(self.code),
            table=SQL.identifier(model._table),
            joins=self._custom_joins(self._custom_path(model)),
            windows=self._windows_sql(windows, company),
            column=column,
            first=SQL("w.utc_from" if moments else "w.date_from"),
            last=SQL("w.utc_to" if moments else "w.date_to"),
            matching=self._custom_matching(model, company).subselect(),
            within=self._within(column, windows, company, moments=moments),
            partners=self._of_partners(SQL("p.id"), partners),
        )

    def _custom_aggregate(self):
        if self.aggregate == "count":
            return SQL("count(*)")
        column = SQL.identifier("t", self.measure_field_id.name)
        return SQL(AGGREGATES[self.aggregate], column)

    def _custom_joins(self, path):
        """Joins from table ``t`` along a path of many2one fields to the contact ``p``."""
        joins, alias = [], "t"
        for step, field in enumerate(path, 1):
            target = "p" if step == len(path) else f"t{step}"
            joins.append(
                SQL(
                    "JOIN %s %s ON %s = %s",
                    SQL.identifier(self.env[field.comodel_name]._table),
                    SQL.identifier(target),
                    SQL.identifier(target, "id"),
                    SQL.identifier(alias, field.name),
                )
            )
            alias = target
        return SQL(" ").join(joins)

    def _custom_matching(self, model, company):
        """Query of the records that count: the filter's, of this company or of none."""
        domain = self._custom_domain(model)
        field = model._fields.get("company_id")
        if field and field.store and field.comodel_name == "res.company":
            domain &= Domain("company_id", "in", [company.id, False])
        return model.with_company(company)._search(domain)
