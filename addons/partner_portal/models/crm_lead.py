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

    def _handle_won_lost(self, old_status_by_lead, new_status_by_lead):
        """Deals follow their opportunity."""
        res = super()._handle_won_lost(old_status_by_lead, new_status_by_lead)
        changed = [
            lead.id
            for lead in self
            if old_status_by_lead.get(lead.id, {}) != new_status_by_lead.get(lead.id, {})
        ]
        if changed:
            self.env["prm.deal"].sudo().search([("lead_id", "in", changed)])._follow_lead()
        return res
