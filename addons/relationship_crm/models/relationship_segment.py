from odoo import fields, models


class RelationshipSegment(models.Model):
    """A named group of customers, chosen by rules or by hand."""

    _name = "relationship.segment"
    _description = "Segment"
    _inherit = "relationship.job"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    kind = fields.Selection(
        [("rule", "By Rule"), ("manual", "By Hand")],
        required=True,
        default="rule",
        help="By rule: who fits is found every night. By hand: people add and remove customers.",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
        index=True,
    )
    description = fields.Text(translate=True)
    partner_domain = fields.Char(string="Contact Filter", default="[]")
    profile_domain = fields.Char(string="Customer Filter", default="[]")
    member_ids = fields.One2many("relationship.segment.member", "segment_id")
    size_ids = fields.One2many("relationship.segment.size", "segment_id")
    refreshed_at = fields.Datetime(string="Last Refresh", readonly=True)
