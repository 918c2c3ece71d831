from secrets import token_urlsafe

from odoo import fields, models
from odoo.exceptions import UserError


class FeedbackKiosk(models.Model):
    """A tablet at a counter that asks whoever passes by, one after the other, without names."""

    _name = "feedback.kiosk"
    _description = "Kiosk"
    _inherit = ["mail.thread"]
    _order = "name, id"

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        ondelete="restrict",
        index=True,
    )
    survey_id = fields.Many2one(
        "survey.survey", required=True, ondelete="restrict", index=True, tracking=True
    )
    touchpoint_id = fields.Many2one(
        "feedback.touchpoint",
        ondelete="restrict",
        index="btree_not_null",
        help="Where it stands, in reports.",
    )
    idle_seconds = fields.Integer(
        string="Restart After",
        required=True,
        default=30,
        help="Seconds without a touch after which an answer that was begun is dropped.",
    )
    access_token = fields.Char(
        required=True, copy=False, default=lambda self: token_urlsafe(24), readonly=True
    )
    taken = fields.Integer(readonly=True, copy=False, help="How often a tablet sent an answer.")
    answer_ids = fields.One2many("survey.user_input", "feedback_kiosk_id", string="Answers")
    answer_count = fields.Integer(compute="_compute_answer_count", string="Number of Answers")

    _token_unique = models.Constraint("UNIQUE (access_token)", "A key opens one kiosk.")
    _idle_check = models.Constraint(
        "CHECK (idle_seconds BETWEEN 5 AND 600)", "Restart after 5 seconds to 10 minutes."
    )

    def _compute_answer_count(self):
        counts = dict(
            self.env["survey.user_input"]
            .sudo()
            ._read_group(
                [("feedback_kiosk_id", "in", self.ids)], ["feedback_kiosk_id"], ["__count"]
            )
        )
        for kiosk in self:
            kiosk.answer_count = counts.get(kiosk, 0)

    def action_open(self):
        """Open the page of the kiosk, to be put on full screen.

        :raise UserError: the survey can't be asked there
        """
        self.ensure_one()
        if not self.survey_id.sudo()._feedback_question():
            raise UserError(self.env._("“%s” measures nothing yet.", self.survey_id.sudo().title))
        return {"type": "ir.actions.act_url", "url": self._path(), "target": "new"}

    def action_open_scores(self):
        """Open the scores that this kiosk gathered."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "survey_feedback.feedback_score_action"
        )
        domain = [("user_input_id.feedback_kiosk_id", "=", self.id)]
        return {**action, "domain": domain, "context": {}}

    def action_renew(self):
        """Make a new address; tablets with the old one stop taking answers."""
        for kiosk in self:
            kiosk.access_token = token_urlsafe(24)
        return True

    def _path(self):
        return f"/feedback/kiosk/{self.access_token}"
