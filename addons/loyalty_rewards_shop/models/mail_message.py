from odoo import models


class MailMessage(models.Model):
    """A review that was hidden is recorded once somebody publishes it."""

    _inherit = "mail.message"

    def write(self, vals):
        result = super().write(vals)
        if "is_internal" in vals and not vals["is_internal"]:
            self.sudo().rating_ids._loyalty_record_reviews()
        return result
