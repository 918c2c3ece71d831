from odoo import fields, models
from odoo.exceptions import UserError


class FeedbackWave(models.Model):
    """The promoters of a wave, who are asked to recommend us."""

    _inherit = "feedback.wave"

    promoter_count = fields.Integer(string="Promoters Asked", compute="_compute_promoter_count")

    def _compute_promoter_count(self):
        counts = dict(
            self.env["feedback.promoter"]._read_group(
                [("wave_id", "in", self.ids)], ["wave_id"], ["__count"]
            )
        )
        for wave in self:
            wave.promoter_count = counts.get(wave, 0)

    def action_ask_promoters(self):
        """Open the dialog that has the promoters of this wave asked.

        :raise UserError: nobody may know who they are
        """
        self.ensure_one()
        if self.is_sealed:
            raise UserError(
                self.env._("Nobody may know who said what in this wave, so nobody can be asked.")
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Ask Promoters"),
            "res_model": "feedback.promoter.ask",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_wave_id": self.id},
        }

    def action_open_promoters(self):
        """Open the promoters of this wave who are asked."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "survey_feedback.feedback_promoter_action"
        )
        return {**action, "domain": [("wave_id", "=", self.id)], "context": {}}
