from odoo import api, models

TONES = {
    "approved": "good",
    "won": "good",
    "submitted": "warning",
    "in_review": "warning",
    "info_needed": "warning",
    "rejected": "bad",
    "expired": "bad",
}


class RelationshipView360(models.AbstractModel):
    """What a partner works on: its deal registrations and the opportunities shared with it."""

    _inherit = "relationship.view360"

    @api.model
    def _sections(self, partner, tab):
        sections = super()._sections(partner, tab)
        if tab != "partner":
            return sections
        return [*sections, self._section_deals(partner), self._section_shared(partner)]

    @api.model
    def _section_deals(self, partner):
        """The latest deal registrations of the partner."""
        domain = self._view360_domain(partner)
        deals = self._section_records("prm.deal", domain, "id DESC")
        if deals is None:
            return None
        states = dict(deals._fields["state"]._description_selection(self.env))
        return self._section(
            "deals",
            sequence=20,
            title=self.env._("Deal Registrations"),
            empty=self.env._("No deal was registered yet."),
            action=self._window(self.env._("Deal Registrations"), "prm.deal", domain),
            rows=[
                self._section_row(
                    deal,
                    deal.customer_name,
                    note=deal.name,
                    date=deal.expected_close,
                    amount=deal.amount,
                    currency_id=deal.currency_id.id,
                    badge={"name": states[deal.state], "tone": TONES.get(deal.state, "neutral")},
                )
                for deal in deals
            ],
        )

    @api.model
    def _section_shared(self, partner):
        """Open opportunities that were assigned to the partner."""
        domain = [
            ("partner_assigned_id.commercial_partner_id", "=", partner.id),
            ("won_status", "=", "pending"),
            ("company_id", "in", (self.env.company.id, False)),
        ]
        return self._section_of_opportunities(
            "shared",
            domain,
            sequence=30,
            title=self.env._("Opportunities With This Partner"),
            empty=self.env._("No open opportunity is assigned to this partner."),
        )
