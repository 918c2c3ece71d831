from odoo import api, fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    prm_partner_id = fields.Many2one(
        compute="_compute_prm_partner_id", store=True, readonly=False, precompute=True
    )

    @api.depends("opportunity_id")
    def _compute_prm_partner_id(self):
        """The partner to whom the opportunity is assigned sells it; else what is there stays."""
        for order in self:
            assigned = order.opportunity_id.sudo().partner_assigned_id.commercial_partner_id
            order.prm_partner_id = assigned or order.prm_partner_id
