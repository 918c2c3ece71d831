from odoo import api, models

#: context key: credit notes that count as posted, to see what would be, an :class:`Assumed`
ASSUMED = "loyalty_ledger_assumed"


class Assumed(frozenset):
    """Ids of moves; a caller of the API can not make one (see loyalty_card)."""

    __slots__ = ()


class AccountMove(models.Model):
    """What of an invoice earns points, and what a credit note takes back."""

    _inherit = "account.move"

    def _loyalty_base_amount(self, order=None):
        """Return the amount that earns, in the currency of the invoice: paid for goods, no tax.

        Discounts lower it; what was paid with a gift card or wallet does not.

        :param order: sale.order; leave out the lines that belong to other orders only
        """
        self.ensure_one()
        lines = self.invoice_line_ids.filtered(
            lambda line: (
                line.display_type == "product"
                and not line.loyalty_debt_card_id
                and not line.sale_line_ids.reward_id.program_id.filtered("is_payment_program")
                and not (order and line.sale_line_ids and order not in line.sale_line_ids.order_id)
            )
        )
        return max(sum(lines.mapped("price_subtotal")), 0.0)

    def _loyalty_counts(self):
        """Whether this credit note gives something back: it is posted, or assumed to be."""
        self.ensure_one()
        return self.state == "posted" or self.id in self._loyalty_assumed()

    @api.model
    def _loyalty_assumed(self):
        """Return the ids of the credit notes that count as if they were posted."""
        assumed = self.env.context.get(ASSUMED)
        return sorted(assumed) if isinstance(assumed, Assumed) else []

    def _loyalty_refunded_share(self):
        """Return which share (0 to 1) of the invoice has been refunded by posted credit notes."""
        self.ensure_one()
        return self.reversal_move_ids._loyalty_share_of(
            self._loyalty_base_amount(), self.currency_id
        )

    def _loyalty_share_of(self, amount, currency, order=None):
        """Return which share (0 to 1) of an amount these moves give back, as far as posted.

        :param order: sale.order, see :meth:`_loyalty_base_amount`
        """
        counting = self.filtered(lambda move: move._loyalty_counts())
        refunded = counting._loyalty_sum(currency, order)
        if not refunded:
            return 0.0
        return min(refunded / amount, 1.0) if amount else 1.0

    def _loyalty_sum(self, currency, order=None):
        """Return what of these moves earns, each at the rate of its day, in a currency.

        :param order: sale.order, see :meth:`_loyalty_base_amount`
        """
        return sum(
            move.currency_id._convert(
                move._loyalty_base_amount(order), currency, move.company_id, move.date
            )
            for move in self
        )
