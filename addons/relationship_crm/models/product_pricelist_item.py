from odoo import models


class ProductPricelistItem(models.Model):
    _inherit = "product.pricelist.item"

    def _names_money(self):
        """Whether the price depends on an amount in the currency of the pricelist itself.

        A percentage of a price of ours is the same whatever the currency it is written in.
        """
        self.ensure_one()
        if self.compute_price == "percentage":
            return False
        return self.compute_price != "formula" or any(
            self[name]
            for name in ("price_surcharge", "price_round", "price_min_margin", "price_max_margin")
        )
