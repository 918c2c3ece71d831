from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.feedback_promoter import ASKS


class FeedbackPromoterAsk(models.TransientModel):
    """Have the promoters of a wave asked for a reference or a review, all at once."""

    _name = "feedback.promoter.ask"
    _description = "Ask Promoters"

    wave_id = fields.Many2one("feedback.wave", required=True, readonly=True)
    ask = fields.Selection(
        ASKS,
        string="What For",
        required=True,
        default="reference",
        help="Whoever looks after the customer gets the task.",
    )
    category_ids = fields.Many2many(
        "res.partner.category", string="Tags", help="Put on the contacts who are asked."
    )
    count = fields.Integer(string="People to Ask", compute="_compute_count")
    hold_count = fields.Integer(string="Something Open", compute="_compute_count")
    refused_count = fields.Integer(string="Refused", compute="_compute_count")
    asked_count = fields.Integer(string="Asked Within a Year", compute="_compute_count")

    @api.constrains("wave_id")
    def _check_wave(self):
        """Nobody asks the promoters of a wave that they may not read."""
        self.wave_id.sudo(False).check_access("read")

    @api.depends("wave_id")
    def _compute_count(self):
        for wizard in self:
            chosen, left_out = self.env["feedback.promoter"]._sort_out(wizard._scores())
            wizard.count = len(chosen)
            for reason in ("hold", "refused", "asked"):
                wizard[f"{reason}_count"] = len(left_out.get(reason, ()))

    def _scores(self):
        """Return the promoters' answers of the wave that the user may read."""
        self.ensure_one()
        return self.env["feedback.score"].search(
            [("wave_id", "=", self.wave_id.id), ("metric", "=", "nps"), ("band", "=", "high")]
        )

    def action_ask(self):
        """Give the owners their tasks, and show the list.

        :raise UserError: nobody may be asked
        """
        self.ensure_one()
        self.env["feedback.wave"].check_access("write")
        promoters = self.env["feedback.promoter"]._plan(self._scores(), self.ask)
        if not promoters:
            raise UserError(
                self.env._("Nobody of this wave can be asked: there is no promoter left.")
            )
        tags = [Command.link(tag.id) for tag in self.category_ids]
        if tags:
            promoters.contact_id.write({"category_id": tags})
        return self.wave_id.action_open_promoters()
