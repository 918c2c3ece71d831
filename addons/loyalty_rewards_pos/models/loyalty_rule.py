from odoo import api, models
from odoo.fields import Domain


class LoyaltyRule(models.Model):
    """The till does not learn the rules of programs that earn by events: it would earn twice."""

    _inherit = "loyalty.rule"

    @api.model
    def _load_pos_data_domain(self, data, config):
        domain = Domain(super()._load_pos_data_domain(data, config))
        return domain & (
            Domain("program_id.loyalty_earn_by", "!=", "event")
            | Domain("program_id.program_type", "in", ("ewallet", "gift_card"))
        )
