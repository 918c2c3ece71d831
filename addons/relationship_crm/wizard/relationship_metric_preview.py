from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

#: how many partners a preview shows
MOST = 20


class RelationshipMetricPreview(models.TransientModel):
    """The highest values of a metric in a window that somebody chooses: does it work as meant?"""

    _name = "relationship.metric.preview"
    _description = "Metric Preview"

    metric_id = fields.Many2one("relationship.metric", required=True, readonly=True)
    date_from = fields.Date(
        string="From",
        help="Empty: everything before the end.",
        default=lambda self: self._year_ago(),
    )
    date_to = fields.Date(
        string="Up To",
        required=True,
        help="This day itself does not count.",
        default=lambda self: self.env.company._relationship_today(),
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )
    line_ids = fields.One2many("relationship.metric.preview.line", "preview_id", readonly=True)

    _day_order = models.Constraint(
        "CHECK (date_from < date_to)", "The first day must lie before the end."
    )

    @api.model
    def _year_ago(self):
        return self.env.company._relationship_today() - relativedelta(years=1)

    def action_refresh(self):
        """Work out the values again and show them."""
        self.ensure_one()
        self.check_access("write")
        self.line_ids = [fields.Command.clear()] + [
            fields.Command.create({"partner_id": partner, "value": value})
            for partner, value in self._top_values()
        ]
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "name": self.metric_id.name,
        }

    def _top_values(self):
        """(partner id, value) of the highest values of the metric, best known first."""
        metric = self.metric_id
        source = metric._source_by_code().get(metric.code)
        if not source:
            return []
        self.env.flush_all()
        window = (0, self.date_from or None, self.date_to)
        query = SQL(
            """
            SELECT s.partner_id, %(column)s::double precision
              FROM (%(source)s) s
             WHERE s.partner_id IS NOT NULL AND %(column)s IS NOT NULL
             ORDER BY 2 DESC, 1 LIMIT %(most)s
            """,
            column=SQL.identifier("s", metric.code),
            source=metric._source_query(source, [window], self.company_id),
            most=MOST,
        )
        rows = dict(self.env.execute_query(query))
        partners = self.env["res.partner"].browse(rows)._filtered_access("read")
        return [(partner.id, rows[partner.id]) for partner in partners]


class RelationshipMetricPreviewLine(models.TransientModel):
    _name = "relationship.metric.preview.line"
    _description = "Metric Preview Line"
    _order = "value desc, id"

    preview_id = fields.Many2one(
        "relationship.metric.preview", required=True, ondelete="cascade", index=True
    )
    partner_id = fields.Many2one("res.partner", required=True, ondelete="cascade", readonly=True)
    value = fields.Float(readonly=True, digits=(16, 2))
