from odoo import models

from odoo.addons.loyalty_rewards.models.loyalty_card import PARTS, Parts

#: context key: the order of the till that moves points, a :class:`Till`
TILL = "loyalty_ledger_till"


class Till(int):
    """The id of an order of the till; only our own code can make one."""

    __slots__ = ()


class LoyaltyCard(models.Model):
    """What an order of the till does to a card is posted as earned and redeemed, never as the net.

    The till may have been offline, and the goods are gone: what the card no longer has becomes a
    debt, which the next earnings repay.
    """

    _inherit = "loyalty.card"

    def _prepare_postings(self, before):
        till = self.env.context.get(TILL)
        if not isinstance(till, Till):
            return super()._prepare_postings(before)
        order = self.env["pos.order"].sudo().browse(int(till))
        cost = order._loyalty_costs().get(self.id, 0.0)
        earned = round(self.points - before + cost, 4)
        cause = {"origin_model": "pos.order", "origin_id": order.id}
        parts = Parts(
            [
                {**cause, "kind": "earn" if earned > 0 else "redeem", "points": earned},
                {**cause, "kind": "redeem", "points": -cost},
            ]
        )
        return super(LoyaltyCard, self.with_context(**{PARTS: parts}))._prepare_postings(before)

    def _refuse_overdraft(self, parts):
        if isinstance(self.env.context.get(TILL), Till):
            return None
        return super()._refuse_overdraft(parts)
