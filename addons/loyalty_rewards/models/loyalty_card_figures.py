from odoo import api, fields, models


class LoyaltyCard(models.Model):
    """What staff see of the ledger on a card."""

    _inherit = "loyalty.card"

    loyalty_entry_count = fields.Integer(
        string="Ledger Entries", compute="_compute_loyalty_figures", compute_sudo=True
    )
    loyalty_pending = fields.Float(
        string="Pending",
        digits=(16, 4),
        min_display_digits=2,
        compute="_compute_loyalty_figures",
        compute_sudo=True,
        help="Points that were earned and cannot be spent yet.",
    )
    loyalty_has_ledger = fields.Boolean(related="program_id.loyalty_has_ledger")

    @api.depends("ledger_entry_ids")
    def _compute_loyalty_figures(self):
        rows = self.env["loyalty.ledger.entry"]._read_group(
            [("card_id", "in", self.ids)], ["card_id", "state"], ["__count", "points:sum"]
        )
        count, pending = {}, {}
        for card, state, number, points in rows:
            count[card.id] = count.get(card.id, 0) + number
            if state == "pending":
                pending[card.id] = points
        for card in self:
            card.loyalty_entry_count = count.get(card.id, 0)
            card.loyalty_pending = pending.get(card.id, 0)

    def action_view_ledger(self):
        """Open the entries of these cards."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "loyalty_rewards.loyalty_ledger_entry_action"
        )
        return {**action, "domain": [("card_id", "in", self.ids)], "context": {}}
