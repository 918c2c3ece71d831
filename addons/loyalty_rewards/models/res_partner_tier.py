from odoo import api, fields, models
from odoo.fields import Domain


class ResPartner(models.Model):
    """The loyalty tier of a customer, on the contact."""

    _inherit = "res.partner"

    loyalty_tier_id = fields.Many2one(
        "loyalty.tier",
        compute="_compute_loyalty_tier_id",
        search="_search_loyalty_tier_id",
        compute_sudo=True,
        groups="relationship_crm.group_user,relationship_crm.group_auditor",
        help="The best tier on the cards of this contact.",
    )

    @api.depends_context("allowed_company_ids")
    def _compute_loyalty_tier_id(self):
        cards = self.env["loyalty.card"].search(
            [
                ("partner_id", "in", self.ids),
                ("loyalty_tier_id", "!=", False),
                ("company_id", "in", [False, *self.env.companies.ids]),
            ]
        )
        by_partner = cards.grouped("partner_id")
        for partner in self:
            tiers = by_partner.get(partner._origin, cards.browse()).loyalty_tier_id
            best = tiers.sorted(lambda tier: (tier.entry_threshold, tier.id))
            partner.loyalty_tier_id = best[-1:]

    @api.model
    def _search_loyalty_tier_id(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = self._domain_of_tiers([("loyalty_tier_id", "in", [*filter(None, value)])])
        if False in value:
            domain |= ~self._domain_of_tiers([("loyalty_tier_id", "!=", False)])
        return domain

    @api.model
    def _domain_of_tiers(self, domain):
        """The contacts that have such cards in the caller's companies."""
        own = Domain("company_id", "in", [False, *self.env.companies.ids])
        cards = self.env["loyalty.card"].sudo()._search(Domain(domain) & own)
        return Domain("id", "in", cards.subselect("partner_id"))

    def action_view_loyalty_cards(self):
        """Open the loyalty cards of this contact and its contacts."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "loyalty_rewards.loyalty_card_action"
        )
        domain = [("partner_id", "child_of", self.id), ("program_type", "=", "loyalty")]
        return {**action, "domain": domain}
