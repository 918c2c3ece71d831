from odoo import api, models
from odoo.tools import SQL


class RelationshipInteraction(models.Model):
    """What a merge of contacts means for what happened with them."""

    _inherit = "relationship.interaction"

    @api.model
    def _merge_partners(self, src_partners, dst_partner):
        """Move what happened with merged contacts to the one that stays, and to its company."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE relationship_interaction
                   SET partner_id = CASE WHEN partner_id = ANY(%(src)s) THEN %(family)s
                                         ELSE partner_id END,
                       contact_id = CASE WHEN contact_id = ANY(%(src)s) THEN %(dst)s
                                         ELSE contact_id END
                 WHERE partner_id = ANY(%(src)s) OR contact_id = ANY(%(src)s)
                """,
                src=src_partners.ids,
                dst=dst_partner.id,
                family=dst_partner.commercial_partner_id.id,
            )
        )
