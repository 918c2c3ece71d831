from odoo import api, models

from .relationship_profile_refresh import TOPIC


class RelationshipQueue(models.Model):
    _inherit = "relationship.queue"

    @api.model
    def _queue_crons(self):
        return super()._queue_crons() | {TOPIC: "relationship_crm.ir_cron_profile_refresh"}
