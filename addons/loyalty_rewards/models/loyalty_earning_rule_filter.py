from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.relationship_crm.models.relationship_interaction import CHANNELS

#: kinds whose documents have lines with products
WITH_LINES = frozenset(("order_confirmed", "invoice_paid"))


class LoyaltyEarningRule(models.Model):
    """Whom and what a rule is for."""

    _inherit = "loyalty.earning.rule"

    segment_ids = fields.Many2many(
        "relationship.segment",
        "loyalty_earning_rule_segment_rel",
        "rule_id",
        "segment_id",
        string="Segments",
        ondelete="restrict",
        help="Only customers who were in one of these segments on the day it happened earn.",
    )
    tier_ids = fields.Many2many(
        "loyalty.tier",
        "loyalty_earning_rule_tier_rel",
        "rule_id",
        "tier_id",
        string="Loyalty Tiers",
        ondelete="restrict",
        domain="[('program_id', '=', program_id)]",
        help="Only members who have one of these tiers when the points are given earn.",
    )
    by_tier = fields.Boolean(
        string="Multiplied by the Tier",
        default=True,
        help="Members of a tier earn as many times the points as their tier says.",
    )
    category_ids = fields.Many2many(
        "product.category",
        "loyalty_earning_rule_category_rel",
        "rule_id",
        "category_id",
        string="Product Categories",
        ondelete="restrict",
        help="Only products of these categories, and of those below them, earn. A discount on the "
        "whole order lowers their share of it.",
    )
    channel = fields.Selection(CHANNELS, help="Only what comes by this channel earns.")
    first_time = fields.Boolean(
        string="Only the First Time",
        help="Only the first time ever that this happens with a customer, also before the rule was "
        "there.",
    )

    @api.constrains("tier_ids", "program_id")
    def _check_tiers(self):
        for rule in self:
            if rule.tier_ids.program_id - rule.program_id:
                raise ValidationError(
                    self.env._("The tiers of a rule belong to its program: choose others.")
                )

    @api.constrains("category_ids", "mode", "kind_id")
    def _check_lines(self):
        for rule in self:
            if rule.kind_code not in WITH_LINES and rule.category_ids:
                raise ValidationError(
                    self.env._(
                        "%s has no products. Leave the product categories empty, or choose what "
                        "is ordered or invoiced.",
                        rule.kind_id.name,
                    )
                )

    @api.constrains("earner", "kind_id")
    def _check_earner(self):
        for rule in self:
            if rule.earner == "partner" and rule.kind_code not in WITH_LINES:
                raise ValidationError(
                    self.env._("Only orders and invoices know the partner they were sold through.")
                )
