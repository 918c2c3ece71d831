from odoo import api, fields, models


class FeedbackStratum(models.Model):
    """A group of people in a wave: how many there are, how many are asked, how many answered."""

    _name = "feedback.stratum"
    _description = "Group of a Wave"
    _order = "wave_id, sequence, id"

    wave_id = fields.Many2one("feedback.wave", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(
        related="wave_id.company_id", store=True, index=True, precompute=True
    )
    quota_id = fields.Many2one("feedback.quota", readonly=True, ondelete="set null")
    sequence = fields.Integer(readonly=True)
    name = fields.Char(readonly=True, required=True)
    sample_size = fields.Integer(string="People to Ask", readonly=True, help="0: everybody.")
    population = fields.Integer(readonly=True)
    asked_count = fields.Integer(string="Drawn to Ask", compute="_compute_counts")
    answered_count = fields.Integer(string="Answered", compute="_compute_counts")
    weight = fields.Float(
        compute="_compute_counts",
        help="People of the group that each answer stands for: population ÷ answers.",
    )

    _wave_idx = models.Index("(wave_id)")

    def _compute_counts(self):
        groups = (
            self.env["feedback.invitation"]
            .sudo()
            ._read_group(
                [("stratum_id", "in", self.ids), ("state", "!=", "skipped")],
                ["stratum_id", "state"],
                ["__count"],
            )
        )
        counts = {}
        for stratum, state, count in groups:
            drawn, done = counts.get(stratum.id, (0, 0))
            counts[stratum.id] = drawn + count, done + (count if state == "done" else 0)
        for stratum in self:
            stratum.asked_count, stratum.answered_count = counts.get(stratum.id, (0, 0))
            answers = stratum.answered_count
            stratum.weight = stratum.population / answers if answers else 0

    @api.model
    def _prepare_vals(self, wave):
        """Return the groups of a wave: one for each quota of its program, then all others."""
        quotas = [
            {
                "wave_id": wave.id,
                "quota_id": quota.id,
                "sequence": number,
                "name": quota.name,
                "sample_size": quota.sample_size,
            }
            for number, quota in enumerate(wave.program_id.quota_ids)
        ]
        rest = {
            "wave_id": wave.id,
            "sequence": len(quotas),
            "name": self.env._("All Others") if quotas else self.env._("Everybody"),
            "sample_size": wave.sample_size,
        }
        return [*quotas, rest]
