from odoo import api, models
from odoo.fields import Domain

from .relationship_view360 import SECTION_LIMIT


class RelationshipView360(models.AbstractModel):
    """The lists of the tabs: needs, opportunities, orders; programs and what partners sold."""

    _inherit = "relationship.view360"

    @api.model
    def _sections(self, partner, tab):
        sections = super()._sections(partner, tab)
        if tab == "partner":
            return [*sections, self._section_programs(partner), self._section_sold(partner)]
        return [
            *sections,
            self._section_needs(partner),
            self._section_opportunities(partner),
            self._section_orders(partner),
        ]

    @api.model
    def _section_records(self, model, domain, order=None):
        """Return the first records to list, or None when the caller may not read the model."""
        records = self.env[model]
        if not records.has_access("read"):
            return None
        return records.search(domain, order=order, limit=SECTION_LIMIT)

    # ------------------------------------------------------------ tab "customer"

    @api.model
    def _section_needs(self, partner):
        domain = self._view360_domain(partner) & Domain("state", "=", "open")
        needs = self._section_records("relationship.need", domain)
        if needs is None:
            return None
        kinds = dict(needs._fields["kind"]._description_selection(self.env))
        return self._section(
            "needs",
            sequence=10,
            title=self.env._("Open Needs"),
            empty=self.env._("No open need is known. Ask at the next contact."),
            action=self._window(
                self.env._("Needs"),
                "relationship.need",
                self._view360_domain(partner),
                context={"default_partner_id": partner.id},
            ),
            rows=[
                self._section_row(
                    need,
                    need.topic,
                    note=kinds[need.kind],
                    date=need.confirmed_on,
                    badge=int(need.importance or 0) >= 2
                    and {"name": self.env._("Important"), "tone": "warning"},
                )
                for need in needs
            ],
        )

    @api.model
    def _section_opportunities(self, partner):
        return self._section_of_opportunities(
            "opportunities",
            self._opportunity_domain(partner),
            context={"default_partner_id": partner.id, "default_type": "opportunity"},
            sequence=20,
            title=self.env._("Open Opportunities"),
            empty=self.env._("No open opportunity."),
        )

    @api.model
    def _section_of_opportunities(self, code, domain, context=None, **texts):
        """Return a section of the opportunities of a domain, the largest first."""
        leads = self._section_records("crm.lead", domain, "expected_revenue DESC, id")
        if leads is None:
            return None
        return self._section(
            code,
            action=self._window(
                self.env._("Opportunities"), "crm.lead", domain, context=context or {}
            ),
            rows=[
                self._section_row(
                    lead,
                    lead.name,
                    note=lead.stage_id.name,
                    date=lead.date_deadline,
                    amount=lead.expected_revenue,
                    currency_id=lead.company_currency.id,
                )
                for lead in leads
            ],
            **texts,
        )

    @api.model
    def _section_orders(self, partner):
        domain = Domain("partner_id.commercial_partner_id", "=", partner.id)
        return self._section_of_orders(
            "orders",
            domain,
            sequence=30,
            title=self.env._("Latest Orders"),
            empty=self.env._("No order yet."),
        )

    @api.model
    def _section_of_orders(self, code, domain, **texts):
        """Return a section of the latest confirmed orders of a domain in the current company."""
        domain &= Domain("company_id", "=", self.env.company.id) & Domain("state", "=", "sale")
        orders = self._section_records("sale.order", domain, "date_order DESC, id DESC")
        if orders is None:
            return None
        return self._section(
            code,
            action=self._window(self.env._("Orders"), "sale.order", domain),
            rows=[
                self._section_row(
                    order,
                    order.name,
                    note=code == "sold" and order.partner_id.commercial_partner_id.name,
                    date=self._view360_day(order.date_order),
                    amount=order.amount_untaxed,
                    currency_id=order.currency_id.id,
                )
                for order in orders
            ],
            **texts,
        )

    # ------------------------------------------------------------ tab "partner"

    @api.model
    def _section_programs(self, partner):
        enrollments = self._view360_enrollments(partner)
        states = dict(enrollments._fields["state"]._description_selection(self.env))
        return self._section(
            "programs",
            sequence=10,
            title=self.env._("Programs"),
            empty=self.env._("In no program."),
            rows=[
                self._section_row(
                    row,
                    row.program_id.name,
                    note=row.grade_id.name,
                    date=row.grade_since or row.active_on,
                    badge={
                        "name": states[row.state],
                        "tone": {"active": "good", "suspended": "bad"}.get(row.state, "neutral"),
                    },
                )
                for row in enrollments
            ],
        )

    @api.model
    def _section_sold(self, partner):
        return self._section_of_orders(
            "sold",
            Domain("prm_partner_id", "=", partner.id),
            sequence=40,
            title=self.env._("Sold to End Customers"),
            empty=self.env._("No order was sold through this partner yet."),
        )
