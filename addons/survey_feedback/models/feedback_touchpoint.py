from odoo import fields, models


class FeedbackTouchpoint(models.Model):
    """A place where customers meet us: buying, delivery, support, an invoice."""

    _name = "feedback.touchpoint"
    _description = "Touchpoint"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Reports and imports name the touchpoint by it.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_unique = models.Constraint("UNIQUE (code)", "This code names another touchpoint already.")
