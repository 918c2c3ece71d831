from odoo import fields, models


class RelationshipRole(models.Model):
    """Part that a contact plays in the decisions of a company."""

    _name = "relationship.role"
    _description = "Contact Role"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Short technical name that rules and imports refer to.")
    sequence = fields.Integer(default=10)
    color = fields.Integer()
    active = fields.Boolean(default=True)

    _code_unique = models.Constraint("UNIQUE (code)", "Another role has this code already.")
