from odoo import models


class LoyaltyProgram(models.Model):
    """What a point costs whoever gives it."""

    _inherit = "loyalty.program"

    def _loyalty_worth(self):
        """Return what a point of this program costs, in its currency; 0 when nobody knows.

        Its value as set, else what it is worth in the dearest reward of a fixed amount.
        """
        self.ensure_one()
        if self.loyalty_point_value:
            return self.loyalty_point_value
        return max(
            (
                reward.discount
                if reward.discount_mode == "per_point"
                else reward.discount / reward.required_points
                for reward in self.reward_ids
                if reward.reward_type == "discount"
                and reward.discount_mode in ("per_point", "per_order")
                and reward.required_points
            ),
            default=0.0,
        )
