from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import formatLang


class LoyaltyTierMove(models.Model):
    """A change of the tier of a card, and why: never edited, put right by another move.

    The moves of a card are numbered without gaps by a key of the database, so that two workers who
    decide about the same card at the same time can't both move it.
    """

    _name = "loyalty.tier.move"
    _description = "Loyalty Tier Change"
    _order = "date desc, id desc"
    _rec_name = "card_id"

    card_id = fields.Many2one("loyalty.card", readonly=True, ondelete="set null", index=True)
    card_code = fields.Char(readonly=True, help="Kept when the card is deleted.")
    number = fields.Integer(
        required=True, readonly=True, help="1 for the first move of a card, and so on."
    )
    program_id = fields.Many2one(
        "loyalty.program", required=True, readonly=True, ondelete="restrict", index=True
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", readonly=True, ondelete="set null", index=True
    )
    company_id = fields.Many2one("res.company", readonly=True, ondelete="restrict", index=True)
    from_tier_id = fields.Many2one(
        "loyalty.tier", "Former Tier", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    to_tier_id = fields.Many2one(
        "loyalty.tier", "New Tier", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    direction = fields.Selection([("up", "Up"), ("down", "Down")], required=True, readonly=True)
    kind = fields.Selection(
        [("rule", "By the Rules"), ("manual", "By Hand"), ("merge", "Merged Customers")],
        required=True,
        readonly=True,
    )
    date = fields.Date(required=True, readonly=True, help="In the company's time zone.")
    evidence = fields.Json(readonly=True, help="What was counted, and what the tier asks for.")
    why = fields.Char(compute="_compute_why")
    reason = fields.Char(readonly=True)
    user_id = fields.Many2one("res.users", readonly=True, ondelete="set null")

    _changes = models.Constraint(
        "CHECK (from_tier_id IS DISTINCT FROM to_tier_id)",
        "A change of tier leads from one tier to another.",
    )
    _number_unique = models.Constraint(
        "UNIQUE (card_id, number)", "This change of tier has been made already."
    )

    @api.depends("from_tier_id.name", "to_tier_id.name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        none = self.env._("no tier")
        for move in self:
            move.display_name = self.env._(
                "%(former)s → %(new)s",
                former=move.from_tier_id.name or none,
                new=move.to_tier_id.name or none,
            )

    @api.depends("evidence")
    @api.depends_context("lang")
    def _compute_why(self):
        for move in self:
            move.why = move._why()

    def _why(self):
        """What was counted when this move was decided, in the reader's language."""
        self.ensure_one()
        evidence = self.evidence or {}
        if "value" not in evidence:
            return False
        return self.env._(
            "%(value)s counted; entering this tier asks for %(entry)s, keeping it for %(keep)s.",
            value=formatLang(self.env, evidence["value"], digits=2),
            entry=formatLang(self.env, evidence.get("entry") or 0, digits=2),
            keep=formatLang(self.env, evidence.get("keep") or 0, digits=2),
        )

    @api.model_create_multi
    def create(self, vals_list):
        """Refused to all but the decision itself: a move changes the tier of a card."""
        if vals_list and not self.env.su:
            raise UserError(self.env._("Changes of tier are not written by hand."))
        return super().create(vals_list)

    def write(self, vals):
        if self and vals:
            raise UserError(self.env._("A change of tier is not edited. Change the tier again."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A change of tier is not deleted. Change the tier again."))
