from odoo import api, models

from .relationship_view360 import SECTION_LIMIT

TONES = {"up": "good", "down": "bad", "same": "neutral"}
TREND_TONES = {"better": "good", "worse": "bad", "same": "neutral"}
STANDING_TONES = {"reached": "good", "on_track": "good", "behind": "warning", "missed": "bad"}


class RelationshipView360(models.AbstractModel):
    """Tier changes, a tier at risk, targets and the scorecard on the page of a partner."""

    _inherit = "relationship.view360"

    @api.model
    def _sections(self, partner, tab):
        sections = super()._sections(partner, tab)
        if tab != "partner":
            return sections
        return [
            *sections,
            self._section_moves(partner),
            self._section_targets(partner),
            self._section_scorecard(partner),
        ]

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
    def _section_targets(self, partner):
        """The targets that run, those that end first in front: what is attained, and the pace."""
        targets = self.env["prm.target"]
        if not targets.has_access("read"):
            return None
        standings = dict(targets._fields["standing"]._description_selection(self.env))
        domain = self._view360_domain(partner)
        today = self.env.company._relationship_today()
        running = [*domain, ("date_from", "<=", today), ("date_to", ">=", today)]
        return self._section(
            "targets",
            sequence=20,
            title=self.env._("Targets"),
            empty=self.env._("No target runs."),
            action=self._window(
                self.env._("Targets"),
                targets._name,
                domain,
                context={"default_partner_id": partner.id},
            ),
            rows=[
                self._section_row(
                    target,
                    target._short_name(),
                    note=target._standing_text(),
                    date=target.date_to,
                    badge={
                        "name": standings[target.standing],
                        "tone": STANDING_TONES.get(target.standing, "neutral"),
                    },
                )
                for target in targets.search(running, order="date_to, id", limit=SECTION_LIMIT)
            ],
        )

    @api.model
    def _section_scorecard(self, partner):
        """What the scorecard of the last twelve months says, beside the year before."""
        enrollments = self._view360_enrollments(partner)
        enrollment = enrollments.filtered(lambda one: one.state == "active")[:1] or enrollments[:1]
        if not enrollment:
            return None
        card = self.env["prm.scorecard"]._cards(enrollment, compared=False)[enrollment.id]
        return self._section(
            "scorecard",
            sequence=25,
            title=self.env._("Scorecard, %s", card["period"]),
            empty=self.env._("Nothing was measured yet."),
            action={
                "type": "ir.actions.act_window",
                "name": self.env._("Enrollment"),
                "res_model": enrollment._name,
                "res_id": enrollment.id,
                "views": [[False, "form"]],
                "target": "current",
            },
            rows=[
                self._section_row(
                    enrollment,
                    line["name"],
                    note=line["text"],
                    badge=bool(line["trend"])
                    and {"name": line["trend_text"], "tone": TREND_TONES[line["trend"]]},
                )
                for line in card["lines"]
                if line["value"] is not None
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
