from odoo import api, fields, models
from odoo.tools import SQL


class RelationshipMetricValue(models.Model):
    """What a metric was at the end of a month; written only when it changed.

    A month without a row stands at the row before it, and at "nothing found" when there is none.
    """

    _name = "relationship.metric.value"
    _description = "Metric Snapshot"
    _order = "month desc, metric_id, partner_id"
    _rec_name = "metric_id"
    _log_access = False

    metric_id = fields.Many2one(
        "relationship.metric", required=True, readonly=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    month = fields.Date(string="Month End", required=True, readonly=True)
    value = fields.Float(readonly=True, digits=(16, 2), aggregator="avg")
    missing = fields.Boolean(
        string="No Value", readonly=True, help="There was too little data for a value."
    )
    unit = fields.Selection(related="metric_id.unit")

    _value_unique = models.Constraint(
        "UNIQUE (company_id, metric_id, partner_id, month)",
        "This metric of this partner has a value for this month already.",
    )
    _metric_idx = models.Index("(metric_id)")

    @api.model
    def _merge_partners(self, src, dst):
        """Hand the snapshots of merged partners on; where both have one, the remaining one's stays.

        :param src: partners that disappear
        :param dst: partner that remains
        """
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM relationship_metric_value v
                 USING (SELECT id, row_number() OVER (
                                 PARTITION BY company_id, metric_id, month
                                 ORDER BY (partner_id = %(dst)s) DESC, partner_id) AS place
                          FROM relationship_metric_value
                         WHERE partner_id = ANY(%(all)s)) ranked
                 WHERE v.id = ranked.id AND ranked.place > 1
                """,
                dst=dst.id,
                all=(src | dst).ids,
            )
        )
        self.env.cr.execute(
            SQL(
                "UPDATE relationship_metric_value SET partner_id = %s WHERE partner_id = ANY(%s)",
                dst.id,
                src.ids,
            )
        )
        self.invalidate_model()
