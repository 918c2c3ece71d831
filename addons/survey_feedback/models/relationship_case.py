from markupsafe import Markup

from odoo import api, fields, models


class RelationshipCase(models.Model):
    _inherit = "relationship.case"

    kind = fields.Selection(
        selection_add=[("detractor", "Unhappy Answer")], ondelete={"detractor": "set complaint"}
    )
    feedback_score_id = fields.Many2one(
        "feedback.score", string="Answer", readonly=True, copy=False, ondelete="set null"
    )
    feedback_score = fields.Integer(
        related="feedback_score_id.value", string="Score", aggregator=None
    )

    _feedback_score_unique = models.UniqueIndex(
        "(feedback_score_id) WHERE feedback_score_id IS NOT NULL",
        "This answer has a case already.",
    )

    @api.model
    def _hold_purposes(self):
        """An unhappy customer is neither sold to, nor asked again, nor downgraded meanwhile."""
        held = ("marketing", "survey", "upsell", "downgrade")
        return {**super()._hold_purposes(), "detractor": held}

    @api.model
    def _open_for_detractors(self, scores):
        """Open a case for each recommendation from 0 to 6 of a program that wants it.

        :param scores: new ``feedback.score`` records
        """
        unhappy = scores.filtered(
            lambda score: (
                not score.is_sealed
                and score.metric == "nps"
                and score.band == "low"
                and score.partner_id
                and score.program_id.case_from_detractor
            )
        )
        cases = self.create([self._prepare_detractor_vals(score) for score in unhappy])
        for case in cases:
            case._plan_call()
        return cases

    @api.model
    def _prepare_detractor_vals(self, score):
        """Return the case of an unhappy answer."""
        owner = score.partner_id.user_id or score.contact_id.user_id or score.program_id.user_id
        words = self.with_context(lang=owner.lang or self.env.lang).env._
        comment = Markup("").join(
            Markup("<p>%s</p>") % text for text in score.user_input_id._feedback_comment()
        )
        who = score.contact_id.name or score.partner_id.name
        return {
            "name": words("%(score)s of 10: %(person)s", score=score.value, person=who),
            "kind": "detractor",
            "channel": score.channel,
            "company_id": score.company_id.id,
            "contact_id": score.contact_id.id,
            "partner_id": score.partner_id.id,
            "user_id": owner.id,
            "feedback_score_id": score.id,
            "description": comment,
        }

    def _plan_call(self):
        """Ask the owner to call before the case is due."""
        self.ensure_one()
        if self.user_id:
            self.activity_schedule(
                "mail.mail_activity_data_call",
                date_deadline=fields.Date.context_today(self, self.due),
                user_id=self.user_id.id,
            )
