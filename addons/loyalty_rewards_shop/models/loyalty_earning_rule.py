from odoo import api, models
from odoo.tools import SQL


class LoyaltyEarningRule(models.Model):
    """A review that was hidden or deleted before its points were given earns none."""

    _inherit = "loyalty.earning.rule"

    @api.model
    def _sql_stands(self):
        """Return whether a document still stands; a review: whether everybody can read it."""
        return SQL(
            """
            (%s AND (wanted.res_model IS DISTINCT FROM 'rating.rating' OR EXISTS (
                SELECT FROM rating_rating review
                  JOIN mail_message message ON message.id = review.message_id
                 WHERE review.id = wanted.res_id AND NOT coalesce(message.is_internal, false))))
            """,
            super()._sql_stands(),
        )
