from odoo import fields, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    prm_deal_ids = fields.One2many(
        "prm.deal", "lead_id", "Deal registrations", groups="relationship_crm.group_user"
    )

    def _merge_dependences(self, opportunities):
        """Carry the registrations to the lead that stays: the merged ones are deleted."""
        opportunities.sudo().prm_deal_ids.write({"lead_id": self.id})
        return super()._merge_dependences(opportunities)
