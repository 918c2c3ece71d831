from odoo import api, models

from .relationship_view360 import SECTION_LIMIT


class RelationshipView360(models.AbstractModel):
    """Open cases on the page of a customer or partner."""

    _inherit = "relationship.view360"

    @api.model
    def _summary_blocks(self, partner):
        return [*super()._summary_blocks(partner), self._block_cases(partner)]

    @api.model
    def _sections(self, partner, tab):
        sections = super()._sections(partner, tab)
        return [*sections, self._section_cases(partner)] if tab == "customer" else sections

    @api.model
    def _open_cases(self, partner):
        """Return the domain of the open cases of a commercial partner."""
        return [
            ("partner_id.commercial_partner_id", "=", partner.id),
            ("company_id", "=", self.env.company.id),
            ("state", "!=", "closed"),
        ]

    @api.model
    def _block_cases(self, partner):
        """How many cases are open, and whether one is late."""
        cases = self.env["relationship.case"]
        if not cases.has_access("read"):
            return None
        domain = self._open_cases(partner)
        count = cases.search_count(domain, limit=100)
        late = count and cases.search_count([*domain, ("is_overdue", "=", True)], limit=1)
        return self._block(
            "cases",
            sequence=65,
            label=self.env._("Open Cases"),
            type="number",
            value=count,
            icon="fa-life-ring",
            note=self.env._("One is overdue") if late else False,
            tone="bad" if late else "warning" if count else "neutral",
            action=count and self._window(self.env._("Open Cases"), cases._name, domain),
        )

    @api.model
    def _section_cases(self, partner):
        """The open cases, the most urgent first."""
        cases = self.env["relationship.case"]
        if not cases.has_access("read"):
            return None
        domain = self._open_cases(partner)
        labels = dict(cases._fields["state"]._description_selection(self.env))
        rows = [
            self._section_row(
                case,
                case.name,
                note=case.user_id.name,
                date=self._view360_day(case.due),
                badge={
                    "name": labels[case.state],
                    "tone": "bad" if case.is_overdue else "neutral",
                },
            )
            for case in cases.search(domain, limit=SECTION_LIMIT)
        ]
        return self._section(
            "cases",
            sequence=45,
            title=self.env._("Cases"),
            rows=rows,
            empty=self.env._("No case is open."),
            action=self._window(self.env._("Cases"), cases._name, domain),
        )
