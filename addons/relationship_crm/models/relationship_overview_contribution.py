from datetime import timedelta

from odoo import api, models
from odoo.exceptions import AccessError

from ..lib.windows import add_months

#: who plans with these figures
MANAGEMENT = (
    "relationship_crm.group_channel_manager,relationship_crm.group_manager,"
    "relationship_crm.group_auditor"
)
MONTHS = 12
#: partners named one by one
MOST_PARTNERS = 5


class RelationshipOverview(models.AbstractModel):
    """What partners bring beside what is sold directly; who acquires, serves and brings back."""

    _inherit = "relationship.overview"

    @api.model
    @api.readonly
    def get_contribution(self):
        """Return the partners' part in the revenue of the last 12 months, for management.

        In the caller's company and its currency, from the invoices that the caller may read.

        :return: False for who has no part in management or where nothing was invoiced, else a
            dict: ``currency_id``, ``total``, ``former_total``; ``routes`` (dicts of ``route``
            direct, partner or to_partner, ``label``, ``revenue``, ``former``, ``share`` in
            percent); ``cycle`` (dicts of ``acquired_by`` us or partner, ``label``, ``acquired``
            new customers, ``direct`` and ``partner`` the revenue by who served them, ``returned``
            revenue of customers who came back, ``returned_customers``); ``partners`` (dicts of
            ``partner_id``, ``name``, ``revenue``), those who sold most
        :raise AccessError: the caller has no role that opens the app
        """
        self._check_overview_access()
        if not self.env.su and not self.env.user.has_groups(MANAGEMENT):
            return False
        try:
            self.env["relationship.report"].check_access("read")
        except AccessError:
            return False
        end = self.env.company._relationship_today() + timedelta(days=1)
        now = (add_months(end, -MONTHS), end)
        routes = self._contribution_routes(now)
        former = self._contribution_routes((add_months(end, -2 * MONTHS), now[0]))
        if not routes and not former:
            return False
        total = sum(routes.values())
        labels = self._contribution_labels("route")
        return {
            "currency_id": self.env.company.currency_id.id,
            "total": total,
            "former_total": sum(former.values()),
            "routes": [
                {
                    "route": route,
                    "label": label,
                    "revenue": routes.get(route, 0.0),
                    "former": former.get(route, 0.0),
                    "share": max(100 * routes.get(route, 0.0) / total, 0.0) if total > 0 else 0.0,
                }
                for route, label in labels.items()
            ],
            "cycle": self._contribution_cycle(now),
            "partners": self._contribution_partners(now),
        }

    @api.model
    def _contribution_domain(self, window):
        return [
            ("fact", "=", "invoice"),
            ("company_id", "=", self.env.company.id),
            ("date", ">=", window[0]),
            ("date", "<", window[1]),
        ]

    @api.model
    def _contribution_labels(self, field):
        return dict(self.env["relationship.report"]._fields[field]._description_selection(self.env))

    @api.model
    def _contribution_routes(self, window):
        """{route: revenue}."""
        return dict(
            self.env["relationship.report"]._read_group(
                self._contribution_domain(window), ["route"], ["revenue_invoiced:sum"]
            )
        )

    @api.model
    def _contribution_cycle(self, window):
        """One row for each who acquired: new customers, revenue by who served, what came back."""
        rows = {
            key: {
                "acquired_by": key,
                "label": label,
                "acquired": 0,
                "direct": 0.0,
                "partner": 0.0,
                "returned": 0.0,
                "returned_customers": 0,
            }
            for key, label in self._contribution_labels("acquired_by").items()
        }
        report, domain = self.env["relationship.report"], self._contribution_domain(window)
        for key, purchase, customers in report._read_group(
            domain, ["acquired_by", "purchase"], ["partner_id:count_distinct"]
        ):
            if key:
                name = "acquired" if purchase == "first" else "returned_customers"
                rows[key][name] = customers
        for key, purchase, route, revenue in report._read_group(
            domain, ["acquired_by", "purchase", "route"], ["revenue_invoiced:sum"]
        ):
            if key:
                rows[key]["partner" if route == "partner" else "direct"] += revenue
                rows[key]["returned"] += revenue if purchase == "returned" else 0.0
        return list(rows.values())

    @api.model
    def _contribution_partners(self, window):
        """Partners through whom most was sold."""
        rows = self.env["relationship.report"]._read_group(
            [*self._contribution_domain(window), ("route", "=", "partner")],
            ["prm_partner_id"],
            ["revenue_invoiced:sum"],
            order="revenue_invoiced:sum DESC",
            limit=MOST_PARTNERS,
        )
        return [
            {"partner_id": partner.id, "name": partner.sudo().display_name, "revenue": revenue}
            for partner, revenue in rows
        ]
