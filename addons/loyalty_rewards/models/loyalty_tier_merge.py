from datetime import date

from odoo import api, models

#: what a card has of its tier
HELD = ("loyalty_tier_id", "loyalty_tier_until", "loyalty_tier_told_on", "loyalty_tier_held_on")


class LoyaltyTier(models.Model):
    """Merged customers keep the better of their tiers."""

    _inherit = "loyalty.tier"

    @api.model
    def _merge_tiers(self, pairs):
        """Give cards that stay the best tier of those that were merged into them.

        There is no gift: who had the tier got it then. The emptied card keeps what it had, as
        history. Of two cards with one tier, the time of the one that has it longer counts.

        :param list pairs: (emptied card, card that stays), as superuser
        """
        best = {}
        for source, target in pairs:
            best[target] = max(best.get(target, target), source, key=self._merge_rank)
        moves = []
        for target, card in best.items():
            if card == target:
                continue
            values = {name: card[name] for name in HELD} | {
                "loyalty_tier_id": card.loyalty_tier_id.id
            }
            if card.loyalty_tier_id != target.loyalty_tier_id:
                values["loyalty_tier_since"] = card.loyalty_tier_since
                values["loyalty_tier_moves"] = target.loyalty_tier_moves + 1
                moves.append(self._prepare_merge_move(card, target))
            target.write(values)
        self.env["loyalty.tier.move"].sudo().create(moves)._record_interactions()

    @api.model
    def _merge_rank(self, card):
        """How good the tier of a card is: what it asks for, and how long it stays."""
        tier = card.loyalty_tier_id
        threshold = tier.entry_threshold if tier else -1.0
        return threshold, (bool(tier) and card.loyalty_tier_until) or date.max

    @api.model
    def _prepare_merge_move(self, card, target):
        """Values of the change to the better tier of a card that was merged into another."""
        program = target.program_id
        return {
            "card_id": target.id,
            "card_code": target.code,
            "number": target.loyalty_tier_moves + 1,
            "program_id": program.id,
            "partner_id": target.partner_id.id,
            "company_id": program.company_id.id,
            "from_tier_id": target.loyalty_tier_id.id,
            "to_tier_id": card.loyalty_tier_id.id,
            "direction": "up",
            "kind": "merge",
            "date": program._tier_company()._relationship_today(),
            "reason": self.env._(
                "The card %(code)s, which had %(tier)s, was merged into this one.",
                code=card.code,
                tier=card.loyalty_tier_id.name,
            ),
            "user_id": self.env.uid,
            "evidence": {
                "merged_card": card.id,
                "merged_code": card.code,
                "since": str(card.loyalty_tier_since or ""),
                "until": str(card.loyalty_tier_until or ""),
            },
        }
