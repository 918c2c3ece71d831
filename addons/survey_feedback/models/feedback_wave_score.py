from odoo import api, fields, models

from ..lib.nps import nps


class FeedbackWave(models.Model):
    """What the people asked in a wave said, as far as they have answered."""

    _inherit = "feedback.wave"

    nps = fields.Float(string="NPS", compute="_compute_nps")
    nps_low = fields.Float(string="NPS, Low End", compute="_compute_nps")
    nps_high = fields.Float(string="NPS, High End", compute="_compute_nps")
    nps_answers = fields.Integer(string="Recommendations", compute="_compute_nps")
    nps_summary = fields.Json(string="Score", compute="_compute_nps")

    @api.depends("sealed_results", "anonymity")
    @api.depends_context("uid")
    def _compute_nps(self):
        counts = self._count_recommendations()
        for wave in self:
            by_value = [counts.get((wave.id, value), 0) for value in range(11)]
            if wave.is_sealed:
                by_value = (wave.sudo().sealed_results or {}).get("by_value") or [0] * 11
            score = nps(sum(by_value[9:]), sum(by_value[:7]), sum(by_value))
            wave.nps = score.value if score else 0
            wave.nps_low = score.low if score else 0
            wave.nps_high = score.high if score else 0
            wave.nps_answers = sum(by_value)
            wave.nps_summary = score and {**score._asdict(), "by_value": by_value}

    def _count_recommendations(self):
        """Return {(wave id, answer from 0 to 10): number of answers} of all that was said."""
        groups = (
            self.env["feedback.score"]
            .sudo()
            ._read_group(
                [("wave_id", "in", self.ids), ("metric", "=", "nps")],
                ["wave_id", "value"],
                ["__count"],
            )
        )
        return {(wave.id, value): count for wave, value, count in groups}
