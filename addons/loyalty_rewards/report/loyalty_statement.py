from odoo import api, fields, models

#: lines on paper; the file for a spreadsheet has more
LINES = 500


class ReportLoyaltyStatement(models.AbstractModel):
    """The statement of cards on paper."""

    _name = "report.loyalty_rewards.report_statement"
    _description = "Points Statement"

    @api.model
    def _get_report_values(self, docids, data=None):
        """Values and lines of each card, as the member sees them in the portal.

        :raise AccessError: the user may not read a card, its customer, or an entry of it
        """
        cards = self.env["loyalty.card"].browse(docids)
        self._check_readable(cards)
        return {
            "doc_ids": docids,
            "doc_model": "loyalty.card",
            "docs": cards,
            "statements": {card.id: self._statement(card.sudo()) for card in cards},
        }

    @api.model
    def _check_readable(self, cards):
        """Refuse to print what the user does not find in the lists: lines are read as superuser."""
        cards.check_access("read")
        if self.env.su:
            return
        self.env["loyalty.ledger"].sudo()._flush_buffer()
        entries = self.env["loyalty.ledger.entry"]
        entries.check_access("read")
        printed = entries.sudo().search([("card_id", "in", cards.ids)])
        printed.with_env(self.env).check_access("read")
        cards.sudo().partner_id.with_env(self.env).check_access("read")

    @api.model
    def _statement(self, card):
        """What is printed of one card."""
        company = card.company_id or card.program_id._tier_company()
        return {
            **card._portal_values(),
            "company": company,
            "member": card.partner_id.display_name or "",
            "lines": card._portal_statement(limit=LINES),
            "more": max(card._portal_entry_count() - LINES, 0),
            "today": fields.Date.context_today(self),
        }
