from odoo import api, fields, models

from .feedback_promoter import ASKS


class FeedbackProgram(models.Model):
    """The other loop: whoever would recommend us is asked to do so."""

    _inherit = "feedback.program"

    promoter_ask = fields.Selection(
        ASKS,
        string="Promoters",
        tracking=True,
        help="What whoever looks after a customer is reminded to do when somebody there gives 9 or "
        "10. Not while a case is open, not who refused, and once in a year for each person.",
    )
    review_url = fields.Char(
        string="Review Page", help="Address of the page where customers leave reviews."
    )

    @api.model
    def _thank_promoters(self, scores):
        """Give the owners of promoters the task that their program asks for.

        :param scores: new ``feedback.score`` records
        :return: the new ``feedback.promoter`` records
        """
        promoters = self.env["feedback.promoter"]
        wanted = scores.filtered(lambda score: score.program_id.promoter_ask)
        for ask, group in wanted.grouped(lambda score: score.program_id.promoter_ask).items():
            promoters |= self.env["feedback.promoter"]._plan(group, ask)
        return promoters
