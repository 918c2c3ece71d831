from odoo import fields, models


class PrmDealReason(models.Model):
    """A ready answer for a partner whose registration is refused, in words that reveal nothing."""

    _name = "prm.deal.reason"
    _description = "Refusal Reason of a Deal Registration"
    _order = "sequence, id"

    name = fields.Char(
        "What the Partner Reads",
        required=True,
        translate=True,
        help="Neutral: it never says who else registered, nor whether the company is a customer.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
