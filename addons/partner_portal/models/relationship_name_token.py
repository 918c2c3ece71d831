from odoo import api, fields, models


class RelationshipNameToken(models.Model):
    """Names of customers as partners wrote them in their registrations."""

    _inherit = "relationship.name.token"

    holder = fields.Selection(
        selection_add=[("deal", "Deal Registration")], ondelete={"deal": "cascade"}
    )
    deal_id = fields.Many2one("prm.deal", "Deal Registration", readonly=True, ondelete="cascade")

    _deal_unique = models.UniqueIndex("(deal_id, token) WHERE deal_id IS NOT NULL")

    @api.model
    def _holder_columns(self):
        return super()._holder_columns() | {"deal": "deal_id"}
