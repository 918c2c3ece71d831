from odoo import api, fields, models


class RelationshipView360(models.AbstractModel):
    """Points in the summary of a customer."""

    _inherit = "relationship.view360"

    @api.model
    def _summary_blocks(self, partner):
        return [
            *super()._summary_blocks(partner),
            self._block_points(partner),
            self._block_loyalty_tier(partner),
        ]

    @api.model
    def _block_points(self, partner):
        """Points that can be spent, and how many are pending; nothing without any entry."""
        entries = self.env["loyalty.ledger.entry"]
        if not entries.has_access("read"):
            return None
        domain = [
            ("partner_id", "child_of", partner.id),
            ("program_id.program_type", "=", "loyalty"),
        ]
        rows = dict(entries._read_group(domain, ["state"], ["points:sum"]))
        if not rows:
            return None
        pending = rows.get("pending", 0)
        return self._block(
            "points",
            sequence=75,
            label=self.env._("Points"),
            icon="fa-gift",
            type="number",
            value=int(rows.get("posted", 0)),
            note=self.env._("%s pending", f"{pending:g}") if pending else False,
            tone="bad" if rows.get("posted", 0) < 0 else "neutral",
            action=self._window(self.env._("Points Ledger"), "loyalty.ledger.entry", domain),
        )

    @api.model
    def _block_loyalty_tier(self, partner):
        """The best loyalty tier of the customer, and until when it runs out; nothing without."""
        cards = self.env["loyalty.card"]
        if not cards.has_access("read"):
            return None
        domain = [("partner_id", "child_of", partner.id), ("loyalty_tier_id", "!=", False)]
        found = cards.search(domain).sorted(
            lambda card: card.sudo().loyalty_tier_id.entry_threshold
        )
        best = found[-1:]
        if not best:
            return None
        until = best.loyalty_tier_until
        return self._block(
            "loyalty_tier",
            sequence=76,
            label=self.env._("Loyalty Tier"),
            icon="fa-trophy",
            type="text",
            value=best.sudo().loyalty_tier_id.name,
            note=self.env._("no longer met") if until else False,
            note_date=fields.Date.to_string(until or best.loyalty_tier_since) or False,
            tone="warning" if until else "neutral",
            action=self._window(self.env._("Loyalty Cards"), "loyalty.card", domain),
        )
