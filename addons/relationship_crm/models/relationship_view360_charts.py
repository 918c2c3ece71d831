from collections import defaultdict

from dateutil.relativedelta import relativedelta

from odoo import api, models

MONTHS = 24


class RelationshipView360(models.AbstractModel):
    """The charts: 24 months of revenue and of contacts, read after the page is shown."""

    _inherit = "relationship.view360"

    @api.model
    @api.readonly
    def get_charts(self, partner_id):
        """Return charts of the last 24 months, this month included.

        :param int partner_id: a contact; the charts are of its commercial partner, in
            ``env.company``
        :return: list of dicts with ``code``, ``tab`` (the tab it stands on), ``title``, ``note``
            (str or False), ``months`` (list of "2026-01"), ``currency_id`` (or False for plain
            numbers) and ``series``: list of dicts with ``label`` and ``values`` (one a month)
        :raise AccessError: the caller has no role that opens the app, or may not read the contact
        :raise UserError: ``partner_id`` is no id of a contact
        """
        partner = self._view360_partner(partner_id)
        return [chart for chart in self._charts(partner) if chart]

    @api.model
    def _charts(self, partner):
        """Hook: list of charts made by :meth:`_chart`, or None for those without right or sense.

        :param partner: res.partner, one commercial partner that the caller may read
        """
        charts = [self._chart_revenue(partner), self._chart_contacts(partner)]
        if "partner" in self._summary_tabs(partner):
            charts.append(self._chart_sold(partner))
        return charts

    @api.model
    def _chart(self, code, *, tab, title, series, currency_id=False, note=False):
        """Return one chart; ``series`` is a list of (label, values of :meth:`_chart_months`)."""
        return {
            "code": code,
            "tab": tab,
            "title": title,
            "note": note,
            "currency_id": currency_id,
            "months": [f"{month:%Y-%m}" for month in self._chart_months()],
            "series": [{"label": label, "values": values} for label, values in series],
        }

    @api.model
    def _chart_months(self):
        """Return the first days of the months, oldest first, this month last."""
        this_month = self.env.company._relationship_today().replace(day=1)
        return [this_month - relativedelta(months=ago) for ago in reversed(range(MONTHS))]

    # ------------------------------------------------------------ revenue

    @api.model
    def _chart_metric(self, partner, code):
        """Return the values of a metric month by month, by one statement."""
        windows = [
            (month, month, month + relativedelta(months=1)) for month in self._chart_months()
        ]
        metrics = self.env["relationship.metric"].sudo()
        found = metrics._values([code], windows, self.env.company, partner.ids)
        return [
            found.get((partner.id, month), {}).get(code) or 0.0 for month, _from, _to in windows
        ]

    @api.model
    def _chart_revenue(self, partner):
        """Revenue as the metric defines it, for whoever may read the customer's profile."""
        if not self._view360_profile(partner):
            return None
        return self._chart(
            "revenue",
            tab="customer",
            title=self.env._("Invoiced by Month"),
            note=self.env._("Without taxes, less credit notes."),
            currency_id=self.env.company.currency_id.id,
            series=[
                (self.env._("Invoiced"), self._chart_metric(partner, "revenue_invoiced")),
            ],
        )

    @api.model
    def _chart_sold(self, partner):
        """What the partner sold: what it bought itself and what was sold through it."""
        return self._chart(
            "sold",
            tab="partner",
            title=self.env._("Sold by Month"),
            note=self.env._("Bought by the partner or sold through it, without taxes."),
            currency_id=self.env.company.currency_id.id,
            series=[
                (self.env._("Sold"), self._chart_metric(partner, "sold_revenue_invoiced")),
            ],
        )

    # ------------------------------------------------------------ contacts

    @api.model
    def _chart_contacts(self, partner):
        """Contacts by month and direction."""
        interactions = self.env["relationship.interaction"]
        if not interactions.has_access("read"):
            return None
        months = self._chart_months()
        domain = (
            self._view360_domain(partner)
            & self._timeline_kinds(None, ["contact"])
            & self._timeline_period(str(months[0]), None)
        )
        counts = defaultdict(int)
        zoned = interactions.with_context(tz=self.env.company._relationship_tz())
        for moment, kind, count in zoned._read_group(
            domain, ["occurred_at:month", "kind_id"], ["__count"]
        ):
            counts[moment.strftime("%Y-%m"), kind.sudo().direction] += count
        directions = dict(
            self.env["relationship.interaction.kind"]
            ._fields["direction"]
            ._description_selection(self.env)
        )
        return self._chart(
            "contacts",
            tab="customer",
            title=self.env._("Contacts by Month"),
            series=[
                (label, [counts[f"{month:%Y-%m}", direction] for month in months])
                for direction, label in directions.items()
            ],
        )
