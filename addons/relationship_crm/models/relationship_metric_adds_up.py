from odoo import api, fields, models

#: metrics of documents: the sum over months and partners is the metric of them together
ADDS_UP = frozenset(
    (
        "deals_registered",
        "deals_won",
        "interactions",
        "margin",
        "needs_met",
        "opportunities_won",
        "orders",
        "revenue_invoiced",
        "revenue_ordered",
        "sold_margin",
        "sold_orders",
        "sold_revenue_invoiced",
        "sold_revenue_ordered",
        "sold_units",
        "spend_invoiced",
        "units_sold",
    )
)


class RelationshipMetric(models.Model):
    """Whether a metric can be added up, so that a target on it may be spread over months."""

    _inherit = "relationship.metric"

    adds_up = fields.Boolean(
        compute="_compute_adds_up",
        store=True,
        help="The numbers of months and of partners may be added: revenue does, a rate doesn't. A "
        "target for a group, or one with a forecast, needs such a metric.",
    )

    @api.model
    def _codes_adding_up(self):
        """Hook: codes of metrics of apps that add up."""
        return ADDS_UP

    @api.depends("code", "aggregate", "is_custom")
    def _compute_adds_up(self):
        codes = self._codes_adding_up()
        for metric in self:
            if metric.is_custom:
                metric.adds_up = metric.aggregate in ("count", "sum")
            else:
                metric.adds_up = metric.code in codes
