from odoo import models

#: minutes for which a cart keeps its points while the payment provider has not answered
PAYING_MINUTES = 24 * 60


class PaymentTransaction(models.Model):
    """A cart that is being paid keeps its points until the provider answers, a day at most."""

    _inherit = "payment.transaction"

    def _set_pending(self, *args, **kwargs):
        done = super()._set_pending(*args, **kwargs)
        self._loyalty_keep_holds()
        return done

    def _set_canceled(self, *args, **kwargs):
        done = super()._set_canceled(*args, **kwargs)
        self._loyalty_keep_holds(minutes=None)
        return done

    def _loyalty_keep_holds(self, minutes=PAYING_MINUTES):
        """Keep the points of the carts that these transactions pay.

        :param minutes: how long from now; None: as long as a cart that nobody pays
        """
        holds = self.sudo().sale_order_ids.loyalty_hold_ids.filtered(lambda hold: not hold.is_over)
        if holds:
            holds.card_id._bump()
            holds.write({"until": holds._end_of_hold(*([minutes] if minutes else []))})
