from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class LoyaltyTier(models.Model):
    """A tier of a loyalty program: what it asks for, and what its members have of it.

    Tiers are ordered by what they ask for: the one with the highest entry threshold is the best.
    Who reaches the entry threshold enters the tier at once; whoever has it keeps it while the keep
    threshold is met, and for the time that the program grants after that.
    """

    _name = "loyalty.tier"
    _description = "Loyalty Tier"
    _inherit = "mail.thread"
    _order = "program_id, entry_threshold desc, id"

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    program_id = fields.Many2one(
        "loyalty.program",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('program_type', '=', 'loyalty')]",
    )
    company_id = fields.Many2one(related="program_id.company_id", store=True, index=True)
    color = fields.Integer()
    tier_basis = fields.Selection(related="program_id.loyalty_tier_basis", string="Counts")
    entry_threshold = fields.Float(
        digits=(16, 4),
        min_display_digits=2,
        required=True,
        default=0,
        tracking=True,
        help="Status points, or the amount spent, with which a member enters this tier. "
        "0: every member has it.",
    )
    keep_threshold = fields.Float(
        digits=(16, 4),
        min_display_digits=2,
        required=True,
        default=0,
        tracking=True,
        help="What a member needs to keep this tier; never more than to enter it.",
    )
    multiplier = fields.Float(
        digits=(8, 4),
        min_display_digits=2,
        required=True,
        default=1,
        tracking=True,
        help="Members of this tier earn so many times the points of a rule.",
    )
    gift_points = fields.Float(
        string="Entry Gift",
        digits=(16, 4),
        min_display_digits=2,
        required=True,
        default=0,
        tracking=True,
        help="Points given once when a member enters this tier, and again only after losing it and "
        "reaching it anew. They count for no tier.",
    )
    benefits = fields.Html(translate=True, help="What members read about this tier in the portal.")
    card_ids = fields.One2many("loyalty.card", "loyalty_tier_id", string="Members", readonly=True)
    member_count = fields.Integer(
        string="Number of Members", compute="_compute_member_count", compute_sudo=True
    )

    _threshold_check = models.Constraint(
        "CHECK (keep_threshold >= 0 AND entry_threshold >= keep_threshold)",
        "A tier asks for at least 0, and to keep it for no more than to enter it.",
    )
    _multiplier_check = models.Constraint(
        "CHECK (multiplier > 0 AND multiplier <= 100)",
        "Members earn more than 0 and at most 100 times the points of a rule.",
    )
    _gift_check = models.Constraint("CHECK (gift_points >= 0)", "A gift is not less than 0 points.")
    _entry_unique = models.UniqueIndex(
        "(program_id, entry_threshold) WHERE active",
        "Two tiers of a program ask for different thresholds.",
    )

    @api.depends_context("allowed_company_ids")
    def _compute_member_count(self):
        counts = dict(
            self.env["loyalty.card"]._read_group(
                [
                    ("loyalty_tier_id", "in", self.ids),
                    ("company_id", "in", [False, *self.env.companies.ids]),
                ],
                ["loyalty_tier_id"],
                ["__count"],
            )
        )
        for tier in self:
            tier.member_count = counts.get(tier, 0)

    @api.constrains("program_id")
    def _check_program(self):
        for tier in self:
            if tier.program_id.program_type != "loyalty":
                raise ValidationError(
                    self.env._(
                        "%s is not a loyalty program, so it has no tiers.", tier.program_id.name
                    )
                )

    @api.onchange("entry_threshold")
    def _onchange_entry_threshold(self):
        if not self._origin or self.keep_threshold > self.entry_threshold:
            self.keep_threshold = self.entry_threshold

    def write(self, vals):
        moved = (
            self.filtered(lambda tier: tier.program_id.id != vals["program_id"])
            if ("program_id" in vals)
            else self.browse()
        )
        if moved.sudo().with_context(active_test=False).card_ids or moved._has_history():
            raise UserError(self.env._("A tier that has members stays in its program."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if self.sudo().with_context(active_test=False).card_ids or self._has_history():
            raise UserError(
                self.env._("A tier that somebody has or had is not deleted. Archive it instead.")
            )

    def _has_history(self):
        """Whether anybody ever entered or left one of these tiers."""
        moves = self.env["loyalty.tier.move"].sudo()
        domain = ["|", ("from_tier_id", "in", self.ids), ("to_tier_id", "in", self.ids)]
        return bool(self and moves.search_count(domain, limit=1))

    def action_view_members(self):
        """Open the cards that have these tiers."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "loyalty_rewards.loyalty_card_action"
        )
        return {**action, "domain": [("loyalty_tier_id", "in", self.ids)]}

    def action_view_moves(self):
        """Open the changes into and out of these tiers."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "loyalty_rewards.loyalty_tier_move_action"
        )
        domain = ["|", ("from_tier_id", "in", self.ids), ("to_tier_id", "in", self.ids)]
        return {**action, "domain": domain}
