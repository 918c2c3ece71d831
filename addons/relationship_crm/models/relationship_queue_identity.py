from odoo import api, models


class RelationshipQueue(models.Model):
    _inherit = "relationship.queue"

    @api.model
    def _queue_crons(self):
        """Contacts whose keys may have changed."""
        crons = super()._queue_crons()
        return crons | {"identity": "relationship_crm.ir_cron_identity_refresh"}
