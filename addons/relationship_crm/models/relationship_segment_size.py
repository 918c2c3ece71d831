from odoo import fields, models


class RelationshipSegmentSize(models.Model):
    """How many customers a segment had at the end of a day on which that changed."""

    _name = "relationship.segment.size"
    _description = "Segment Size"
    _order = "day desc, id desc"
    _rec_name = "day"

    segment_id = fields.Many2one(
        "relationship.segment", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="segment_id.company_id", store=True, index=True)
    day = fields.Date(required=True, readonly=True)
    size = fields.Integer(string="Customers", readonly=True, aggregator="avg")
    entered_count = fields.Integer(string="Entered", readonly=True)
    left_count = fields.Integer(string="Left", readonly=True)

    _day_unique = models.Constraint(
        "UNIQUE (segment_id, day)", "A segment has one size for each day."
    )
