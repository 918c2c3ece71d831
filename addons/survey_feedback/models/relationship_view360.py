from odoo import api, models

TONES = {"high": "good", "middle": "neutral", "low": "bad"}


class RelationshipView360(models.AbstractModel):
    """What a customer last said, on their page."""

    _inherit = "relationship.view360"

    @api.model
    def _summary_blocks(self, partner):
        return [*super()._summary_blocks(partner), self._block_feedback(partner)]

    @api.model
    def _block_feedback(self, partner):
        """The last recommendation somebody of this customer gave, with who and when."""
        scores = self.env["feedback.score"]
        if not scores.has_access("read"):
            return None
        domain = [("partner_id", "=", partner.id), ("company_id", "=", self.env.company.id)]
        last = scores.search([*domain, ("metric", "=", "nps")], limit=1)
        if not last:
            return None
        return self._block(
            "feedback",
            sequence=68,
            label=self.env._("Last Score"),
            type="text",
            value=self.env._("%s of 10", last.value),
            icon="fa-comments-o",
            note=last.contact_id.name,
            note_date=str(self._view360_day(last.answered_on)),
            tone=TONES.get(last.band, "neutral"),
            action=self._window(self.env._("Scores"), scores._name, domain, ("list",)),
        )
