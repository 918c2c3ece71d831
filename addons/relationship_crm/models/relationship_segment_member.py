from odoo import fields, models


class RelationshipSegmentMember(models.Model):
    """One stay of a customer in a segment."""

    _name = "relationship.segment.member"
    _description = "Segment Member"
    _order = "entered_on desc, id desc"
    _rec_name = "partner_id"

    segment_id = fields.Many2one(
        "relationship.segment", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="segment_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, ondelete="cascade", index=True
    )
    entered_on = fields.Date(
        required=True, readonly=True, default=lambda self: fields.Date.context_today(self)
    )
    left_on = fields.Date(readonly=True, help="Empty while the customer is in the segment.")

    _current_unique = models.UniqueIndex(
        "(segment_id, partner_id) WHERE left_on IS NULL",
        "This customer is in the segment already.",
    )
    _left_after_entered = models.Constraint(
        "CHECK (left_on >= entered_on)", "A customer leaves a segment after entering it."
    )
