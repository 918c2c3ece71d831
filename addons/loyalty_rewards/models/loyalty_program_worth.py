from odoo import fields, models


class LoyaltyProgram(models.Model):
    """What a point costs whoever gives it."""

    _inherit = "loyalty.program"

    loyalty_point_value = fields.Float(
        string="What a Point Costs",
        digits=(16, 6),
        min_display_digits=2,
        help="In the currency of the program; previews of earning rules reckon with it. 0: what a "
        "point is worth in the dearest reward of a fixed amount.",
    )

    _point_value_check = models.Constraint(
        "CHECK (coalesce(loyalty_point_value, 0) >= 0)", "What a point costs is not below 0."
    )

    def _loyalty_worth(self):
        """Return what a point of this program costs, in its currency; 0 when nobody knows."""
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
