from odoo import models

from ..models.loyalty_card import MERGE, Merge


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge_loyalty_cards(self, src_partners, dst_partner):
        """Let the lots move with the points that core adds up on one card of each program."""
        ledger = self.env["loyalty.ledger"].sudo()
        ledger._flush_buffer()
        cards = self._loyalty_cards_of(src_partners | dst_partner)
        before = {card: card.points for card in cards}
        merging = super(BasePartnerMergeAutomaticWizard, self.with_context(**{MERGE: Merge()}))
        res = merging._merge_loyalty_cards(src_partners, dst_partner)
        ledger._merge_cards(before)
        return res

    def _loyalty_cards_of(self, partners):
        """Return the cards of these partners that have a ledger."""
        cards = self.env["loyalty.card"].sudo().search([("partner_id", "in", partners.ids)])
        return cards.filtered("program_id.loyalty_has_ledger")
