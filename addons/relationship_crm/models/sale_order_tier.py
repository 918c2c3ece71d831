from odoo import models

from .prm_tier_move import DETAILS, MoveDetails


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _add_partnership(self):
        """A tier that is sold becomes a move of the enrollment; who has none joins the program."""
        sold = self.filtered("assigned_grade_id")
        res = super(SaleOrder, self - sold)._add_partnership()
        for order in sold:
            details = MoveDetails("sold", order.name, asked_by_id=self.env.uid)
            order = order.with_context(**{DETAILS: details})
            enrollments = order.env["prm.enrollment"]
            if not enrollments._sell_grade(order.assigned_grade_id, order):
                super(SaleOrder, order)._add_partnership()
        return res
