from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def action_relationship_360(self):
        """Return the action that opens the 360 view of this contact's company or person."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "relationship_crm.relationship_view360_action"
        )
        return {**action, "params": {"partner_id": self.commercial_partner_id.id}}
