from odoo import api, models

from .relationship_view360 import SECTION_LIMIT

TONES = {"up": "good", "down": "bad", "same": "neutral"}


class RelationshipView360(models.AbstractModel):
    """Tier changes and a tier at risk on the page of a partner."""

    _inherit = "relationship.view360"

    @api.model
    def _sections(self, partner, tab):
        sections = super()._sections(partner, tab)
        return [*sections, self._section_moves(partner)] if tab == "partner" else sections

    @api.model
    def _summary_blocks(self, partner):
        return [*super()._summary_blocks(partner), self._block_grace(partner)]

    @api.model
    def _section_moves(self, partner):
        """The latest changes of tier, the newest first."""
        moves = self.env["prm.tier.move"]
        if not moves.has_access("read"):
            return None
        domain = self._view360_domain(partner)
        kinds = dict(moves._fields["kind"]._description_selection(self.env))
        directions = dict(moves._fields["direction"]._description_selection(self.env))
        return self._section(
            "tier_moves",
            sequence=15,
            title=self.env._("Tier Changes"),
            empty=self.env._("The tier has not changed yet."),
            action=self._window(self.env._("Tier Changes"), moves._name, domain),
            rows=[
                self._section_row(
                    move,
                    move.display_name,
                    note=f"{move.program_id.name}, {kinds[move.kind]}",
                    date=move.date,
                    badge={"name": directions[move.direction], "tone": TONES[move.direction]},
                )
                for move in moves.search(domain, limit=SECTION_LIMIT)
            ],
        )

    @api.model
    def _block_grace(self, partner):
        """A tier that the partner is about to lose; nothing for everybody else."""
        lines = self.env["prm.review.line"]
        if not lines.has_access("read"):
            return None
        domain = [*self._view360_domain(partner), ("state", "in", ("grace", "due"))]
        line = lines.search(domain, order="grace_until", limit=1)
        if not line:
            return None
        return self._block(
            "tier_grace",
            sequence=21,
            label=self.env._("Tier at Risk"),
            icon="fa-hourglass-half",
            type="text",
            value=line.grade_id.name,
            note=self.env._("Kept until %s", line._day_text(line.grace_until)),
            tone="bad" if line.state == "due" else "warning",
            action=self._window(self.env._("Tiers at Risk"), lines._name, domain),
        )
