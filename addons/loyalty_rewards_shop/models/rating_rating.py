from odoo import api, models

#: what of a review decides whether everybody reads it
PUBLISHES = frozenset(("message_id", "is_internal", "consumed"))


class RatingRating(models.Model):
    """A review of a product that everybody can read is something that happened."""

    _inherit = "rating.rating"

    @api.model_create_multi
    def create(self, vals_list):
        ratings = super().create(vals_list)
        ratings._loyalty_record_reviews()
        return ratings

    def write(self, vals):
        result = super().write(vals)
        if PUBLISHES & set(vals):
            self._loyalty_record_reviews()
        return result

    def _loyalty_record_reviews(self):
        """Record those of these that are published reviews: once for a product and person.

        Who edits a review, or deletes it and writes another one, is not recorded again.
        """
        reviews = self.sudo().filtered(lambda rating: rating._loyalty_is_review())
        self.env["relationship.interaction"].sudo()._record(
            [review._prepare_loyalty_interaction() for review in reviews]
        )

    def _loyalty_is_review(self):
        """Whether this is the review of a product by somebody known, and everybody can read it."""
        self.ensure_one()
        message, subtype = self.message_id, self.message_id.subtype_id
        return bool(
            self.res_model == "product.template"
            and self.consumed
            and self.partner_id
            and subtype
            and not (message.is_internal or subtype.internal)
            and not any(
                user._is_public()
                for user in self.partner_id.with_context(active_test=False).user_ids
            )
        )

    def _prepare_loyalty_interaction(self):
        """Return the interaction of a review."""
        self.ensure_one()
        product = self.env["product.template"].browse(self.res_id)
        return {
            "kind": "review_written",
            "contact_id": self.partner_id.id,
            "company_id": (product.company_id or self.env.company).id,
            "channel": "web",
            "res_model": self._name,
            "res_id": self.id,
            "external_ref": f"product.template,{product.id},review,{self.partner_id.id}",
            "summary": product.display_name,
        }
