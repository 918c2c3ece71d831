from odoo import api, models
from odoo.tools import SQL

from .relationship_identity import OWN


class RelationshipIdentity(models.Model):
    """What a merge of contacts means for their keys: the one that stays is known by all of them."""

    _inherit = "relationship.identity"

    @api.model
    def _merge_partners(self, src_partners, dst_partner):
        """Give the keys of merged contacts to the one that stays, each once.

        Values of the merged contacts' own fields become learned keys: they stay though the contact
        that is left may have other values in its fields.
        """
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO relationship_identity AS kept (partner_id, type, value, source,
                       first_seen, last_seen, verified_on, shared)
                SELECT %(dst)s, type, value,
                       coalesce(min(source) FILTER (WHERE source <> %(own)s), 'merge'),
                       min(first_seen), max(last_seen), max(verified_on), bool_or(shared)
                  FROM relationship_identity
                 WHERE partner_id = ANY(%(src)s)
                 GROUP BY type, value
                 ORDER BY type, value
                    ON CONFLICT (type, value, partner_id) DO UPDATE SET
                       first_seen = least(kept.first_seen, excluded.first_seen),
                       last_seen = greatest(kept.last_seen, excluded.last_seen),
                       verified_on = greatest(kept.verified_on, excluded.verified_on),
                       shared = coalesce(kept.shared, FALSE) OR coalesce(excluded.shared, FALSE)
                """,
                dst=dst_partner.id,
                src=src_partners.ids,
                own=OWN,
            )
        )
        self.env.cr.execute(
            SQL("DELETE FROM relationship_identity WHERE partner_id = ANY(%s)", src_partners.ids)
        )
        self.env["res.partner"].browse(dst_partner.id)._enqueue_identity()
