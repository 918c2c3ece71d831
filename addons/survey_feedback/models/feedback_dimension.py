from odoo import fields, models


class FeedbackDimension(models.Model):
    """A side of the relationship that a question asks about."""

    _name = "feedback.dimension"
    _description = "Feedback Dimension"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Reports and imports name the dimension by it.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    description = fields.Text(translate=True)

    _code_unique = models.Constraint("UNIQUE (code)", "This code names another dimension already.")
