from odoo import fields, models


class RelationshipStage(models.Model):
    """How close a relationship is, from a first look to depending on one another."""

    _name = "relationship.stage"
    _description = "Relationship Stage"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Short technical name that rules and reports refer to.")
    sequence = fields.Integer(default=10, help="The loosest relationship comes first.")
    description = fields.Text(translate=True)
    active = fields.Boolean(default=True)
    criterion_ids = fields.One2many("relationship.criterion", "stage_id", string="Criteria")

    _code_unique = models.Constraint("UNIQUE (code)", "Another stage has this code already.")
