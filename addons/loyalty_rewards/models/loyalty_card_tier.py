from odoo import api, fields, models
from odoo.exceptions import UserError

#: what only the decision writes: points are multiplied by it, so nobody sets it by a detour
DECIDED = frozenset(
    "loyalty_tier_id loyalty_tier_since loyalty_tier_until loyalty_tier_told_on"
    " loyalty_tier_held_on loyalty_tier_value loyalty_tier_moves".split()
)


class LoyaltyCard(models.Model):
    """The tier of a member, and how long it stays."""

    _inherit = "loyalty.card"

    loyalty_tier_id = fields.Many2one(
        "loyalty.tier",
        string="Tier",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
    )
    loyalty_tier_since = fields.Date("Tier Since", readonly=True, copy=False)
    loyalty_tier_until = fields.Date(
        "Tier Until",
        readonly=True,
        copy=False,
        help="Last day of the tier unless its keep threshold is met again. Empty while it is met.",
    )
    loyalty_tier_told_on = fields.Date(
        "Told on",
        readonly=True,
        copy=False,
        help="Day on which the member was told that the tier may be lost.",
    )
    loyalty_tier_held_on = fields.Date(
        "Kept for Now on",
        readonly=True,
        copy=False,
        help="Day on which the tier would have been lost but for an open complaint or the like.",
    )
    loyalty_tier_value = fields.Float(
        "Counts for the Tier",
        digits=(16, 4),
        min_display_digits=2,
        readonly=True,
        copy=False,
        help="Status points or amount spent in the time that counts, as of last night.",
    )
    loyalty_tier_moves = fields.Integer("Tier Changes", readonly=True, copy=False)
    multiplier = fields.Float(
        string="Earns Times",
        digits=(8, 4),
        min_display_digits=2,
        compute="_compute_multiplier",
        help="How many times the points of a rule this card earns, by its tier.",
    )

    loyalty_has_tiers = fields.Boolean(
        "Has Tiers", compute="_compute_loyalty_has_tiers", compute_sudo=True
    )
    loyalty_notice_ids = fields.One2many(
        "loyalty.notice", "card_id", string="Notices", readonly=True
    )
    loyalty_notice_count = fields.Integer(
        "Number of Notices", compute="_compute_loyalty_notice_count", compute_sudo=True
    )

    @api.depends("program_id.loyalty_tier_ids")
    def _compute_loyalty_has_tiers(self):
        for card in self:
            card.loyalty_has_tiers = bool(card.program_id.loyalty_tier_ids | card.loyalty_tier_id)

    @api.depends("loyalty_notice_ids")
    def _compute_loyalty_notice_count(self):
        counts = dict(
            self.env["loyalty.notice"]._read_group(
                [("card_id", "in", self.ids)], ["card_id"], ["__count"]
            )
        )
        for card in self:
            card.loyalty_notice_count = counts.get(card, 0)

    @api.depends("loyalty_tier_id.multiplier")
    def _compute_multiplier(self):
        for card in self:
            card.multiplier = card.sudo().loyalty_tier_id.multiplier or 1.0

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_decided(*vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_decided(vals)
        return super().write(vals)

    def _refuse_decided(self, *vals_list):
        """Refuse who gives a tier by a plain write, with defaults of the context or without."""
        given = {name for vals in vals_list for name in vals}
        given |= {name[8:] for name in self.env.context if name.startswith("default_")}
        if given & DECIDED and not self.env.su:
            raise UserError(self.env._("The tier of a card follows from the rules of its program."))
