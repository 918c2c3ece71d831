from odoo import models


class ProductCategory(models.Model):
    _inherit = "product.category"

    def write(self, vals):
        """A category that moves in the tree takes its protections along, or stays."""
        res = super().write(vals)
        if "parent_id" in vals and self:
            self.flush_recordset()
            self.env["prm.deal.protection"].sudo()._follow_categories(self)
        return res
