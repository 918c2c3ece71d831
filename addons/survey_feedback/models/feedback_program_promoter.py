from odoo import api, fields, models


class FeedbackProgram(models.Model):
    """The other loop: whoever would recommend us is asked to do so."""

    _inherit = "feedback.program"

    promoter_ask = fields.Selection(
        [("reference", "Ask for a Reference"), ("review", "Ask for a Review")],
        string="Promoters",
        tracking=True,
        help="What whoever looks after a customer is reminded to do when somebody there gives 9 or "
        "10. Not while a case is open, and once in a year for each person.",
    )
    review_url = fields.Char(
        string="Review Page", help="Address of the page where customers leave reviews."
    )

    @api.model
    def _thank_promoters(self, scores):
        """Give the owners of promoters the task that their program asks for.

        :param scores: new ``feedback.score`` records
        :return: the new activities
        """
        promoters = scores.filtered(
            lambda score: (
                score.metric == "nps"
                and score.band == "high"
                and score.contact_id
                and not score.is_sealed
                and score.program_id.promoter_ask
            )
        )
        activities = self.env["mail.activity"]
        if not promoters:
            return activities
        held = promoters.partner_id._relationship_holds("upsell")
        for score in promoters.filtered(lambda score: not held.get(score.partner_id)):
            if score.program_id._may_ask_promoter(score):
                activities |= score.program_id._plan_thanks(score)
        return activities

    def _may_ask_promoter(self, score):
        """Whether the person was no promoter of ours in the year before, who was asked then."""
        self.ensure_one()
        before = fields.Datetime.subtract(score.answered_on, years=1)
        return not self.env["feedback.score"].search_count(
            [
                ("contact_id", "=", score.contact_id.id),
                ("metric", "=", "nps"),
                ("band", "=", "high"),
                ("program_id.promoter_ask", "!=", False),
                ("answered_on", ">=", before),
                ("id", "!=", score.id),
            ],
            limit=1,
        )

    def _plan_thanks(self, score):
        """Plan the task on the contact of a score."""
        owner = score.partner_id.user_id or score.contact_id.user_id or self.user_id
        words = self.with_context(lang=owner.lang or self.env.lang).env
        summary = {
            "reference": words._("Ask for a reference: gave %s of 10", score.value),
            "review": words._("Ask for a review: gave %s of 10", score.value),
        }[self.promoter_ask]
        return score.contact_id.sudo().activity_schedule(
            "mail.mail_activity_data_todo",
            summary=summary,
            note=self.review_url or "",
            user_id=(owner or self.env.user).id,
            date_deadline=fields.Date.add(self.company_id._relationship_today(), days=7),
        )
