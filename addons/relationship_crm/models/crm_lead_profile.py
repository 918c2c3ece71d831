from odoo import api, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def write(self, vals):
        """A lead that is given to another customer leaves the former one."""
        if {"partner_id", "company_id"} & vals.keys():
            self._touch_customers()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_touch_customers(self):
        self._touch_customers()

    def _touch_customers(self):
        """Let the profiles of the customers of these leads be refreshed."""
        self.env["relationship.profile"]._touch(
            {(lead.partner_id.id, lead.company_id.id or None) for lead in self if lead.partner_id}
        )
