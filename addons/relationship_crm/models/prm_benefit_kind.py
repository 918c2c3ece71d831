from odoo import fields, models


class PrmBenefitKind(models.Model):
    """Something that a tier can give its partners; other apps ask for it by its code."""

    _name = "prm.benefit.kind"
    _description = "Kind of Benefit"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    unit = fields.Selection(
        [("days", "Days"), ("percent", "%"), ("number", "Number")],
        required=True,
        default="number",
    )
    description = fields.Char(translate=True)

    _code_unique = models.Constraint("UNIQUE (code)", "A kind of benefit with this code exists.")
