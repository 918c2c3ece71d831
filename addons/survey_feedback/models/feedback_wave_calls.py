from collections import defaultdict

from odoo import api, fields, models

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
            wave.call_count = sum(counts.values())
            wave.called_count = wave.call_count - counts.get("", 0)
            found = self._rates(counts)
            wave.aapor_rr2 = found.rr2 or 0
            wave.aapor_coop2 = found.coop2 or 0
            wave.aapor_con1 = found.con1 or 0
            wave.aapor_ref1 = found.ref1 or 0

    @api.model
    def _rates(self, counts):
        """Return the rates of {outcome, "" for not called: number of people}."""
        known = {outcome: count for outcome, count in counts.items() if outcome}
        # a number that nobody tried is as unknown as one that nobody answered
        known["UH"] = known.get("UH", 0) + counts.get("", 0)
        return rates(known)

    def _result_calls(self):
        """Return the rates of the calls of this wave, as survey researchers publish them.

        :return: list of dict of ``code``, ``label``, ``help`` and ``value`` (percent), without
            those that nobody could have counted; empty for a wave without calls
        """
        self.ensure_one()
        counts = self._count_outcomes()[self.id]
        if not counts:
            return []
        names = self.fields_get(
            [f"aapor_{rate}" for rate in ("rr2", "coop2", "con1", "ref1")], ["string", "help"]
        )
        return [
            {
                "code": code,
                "label": names[f"aapor_{code}"]["string"],
                "help": names[f"aapor_{code}"]["help"],
                "value": 100 * value,
            }
            for code, value in self._rates(counts)._asdict().items()
            if value is not None
        ]

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
