from odoo import fields, models


class LoyaltyProgram(models.Model):
    """What happens when a refund takes back points that were spent already."""

    _inherit = "loyalty.program"

    loyalty_refund_debt = fields.Selection(
        [
            ("debt", "Become a debt that the next points repay"),
            ("refund", "Are taken from the amount of the refund"),
        ],
        string="Points Spent Before a Refund",
        default="debt",
        help="A refund takes back what was earned on it. When the card no longer has these points, "
        "it goes below zero, or their value is a line of the credit note. At the till they always "
        "become a debt: there the money is given back at once.",
    )
    # no amount of money: a point may be worth less than the smallest coin
    loyalty_point_value = fields.Float(
        string="Value of a Point",
        digits=(16, 6),
        min_display_digits=2,
        help="In the currency of the program: what a missing point takes from a refund, and what "
        "previews of earning rules reckon with.",
    )

    _point_value_check = models.Constraint(
        "CHECK (coalesce(loyalty_point_value, 0) >= 0"
        " AND (loyalty_refund_debt IS DISTINCT FROM 'refund' OR loyalty_point_value > 0))",
        "Say what a point is worth, so that missing ones can be taken from a refund.",
    )
