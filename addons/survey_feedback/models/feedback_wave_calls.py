from collections import defaultdict

from odoo import fields, models

from ..lib.aapor import rates
from .feedback_wave import CALLING


class FeedbackWave(models.Model):
    """How the calls of a wave went, in the rates that survey researchers publish."""

    _inherit = "feedback.wave"

    call_count = fields.Integer(string="People to Call", compute="_compute_calls")
    called_count = fields.Integer(string="Called", compute="_compute_calls")
    aapor_rr2 = fields.Float(
        string="Response Rate (RR2)",
        compute="_compute_calls",
        help="Complete and partial interviews, of all people to call.",
    )
    aapor_coop2 = fields.Float(
        string="Cooperation Rate (COOP2)",
        compute="_compute_calls",
        help="Complete and partial interviews, of the people who were reached.",
    )
    aapor_con1 = fields.Float(
        string="Contact Rate (CON1)",
        compute="_compute_calls",
        help="People who were reached, of all people to call.",
    )
    aapor_ref1 = fields.Float(
        string="Refusal Rate (REF1)",
        compute="_compute_calls",
        help="Refusals and broken-off interviews, of all people to call.",
    )

    def _compute_calls(self):
        outcomes = self._count_outcomes()
        for wave in self:
            counts = outcomes[wave.id]
            untried = counts.pop("", 0)
            wave.called_count = sum(counts.values())
            wave.call_count = wave.called_count + untried
            # a number that nobody tried is as unknown as one that nobody answered
            counts["UH"] = counts.get("UH", 0) + untried
            found = rates(counts)
            wave.aapor_rr2 = found.rr2 or 0
            wave.aapor_coop2 = found.coop2 or 0
            wave.aapor_con1 = found.con1 or 0
            wave.aapor_ref1 = found.ref1 or 0

    def _count_outcomes(self):
        """Return {wave id: {outcome, "" for not called: number of people}} of those to call."""
        outcomes = defaultdict(dict)
        groups = (
            self.env["feedback.invitation"]
            .sudo()
            ._read_group(
                [
                    ("wave_id", "in", self.ids),
                    ("channel", "in", CALLING),
                    ("sent_at", "!=", False),
                ],
                ["wave_id", "disposition_id"],
                ["__count"],
            )
        )
        for wave, disposition, count in groups:
            key = disposition.outcome or ""
            outcomes[wave.id][key] = outcomes[wave.id].get(key, 0) + count
        return outcomes
