from odoo import models


class CrmLead(models.Model):
    """A quotation for what a partner registered goes to the customer that was registered."""

    _inherit = "crm.lead"

    def action_sale_quotations_new(self):
        """Quote the customer of the registration, without asking who that is.

        The opportunity itself stays without customer: its partner reads that in the portal.
        """
        if not self.partner_id and self._prm_registered_customer():
            return self.action_new_quotation()
        return super().action_sale_quotations_new()

    def _prepare_opportunity_quotation_context(self):
        context = super()._prepare_opportunity_quotation_context()
        customer = self._prm_registered_customer()
        if not self.partner_id and customer:
            context["default_partner_id"] = customer.id
        return context

    def _prm_registered_customer(self):
        """The customer of this opportunity's registration, as far as the user may read it."""
        customer = self.sudo().prm_deal_ids.customer_id[:1]
        return customer.sudo(False)._filtered_access("read")
