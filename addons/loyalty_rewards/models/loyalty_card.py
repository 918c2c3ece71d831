from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_round

#: context key: what a change of points consists of, :class:`Parts`
PARTS = "loyalty_ledger_parts"
#: context key: the cause of a change that has no parts, a :class:`Cause`
CAUSE = "loyalty_ledger_cause"
#: context key: core merges cards, the ledger follows afterwards
MERGE = "loyalty_ledger_merge"


# A caller of the API brings a context of its own. What it holds is read from JSON or XML, so it is
# never of one of these classes, and only our own code can say what a change of points was.
class Parts(tuple):
    """What a change of points consists of: dicts as for loyalty.ledger."""

    __slots__ = ()


class Cause(dict):
    """The cause of a change of points, as for loyalty.ledger."""

    __slots__ = ()


class Merge:
    """Says that core is merging cards."""

    __slots__ = ()


class LoyaltyCard(models.Model):
    """Every change of the points of a card leaves entries in the ledger, whoever makes it."""

    _inherit = "loyalty.card"

    # numeric, so that sums are exact; the ledger is the trail, the chatter needs none
    points = fields.Float(digits=(16, 4), min_display_digits=2, tracking=False)
    ledger_entry_ids = fields.One2many(
        "loyalty.ledger.entry", "card_id", string="Ledger", readonly=True
    )

    @api.model_create_multi
    def create(self, vals_list):
        cards = super(LoyaltyCard, self._without_cause()).create(vals_list)
        cards = cards.with_env(self.env)
        cards._mirror(dict.fromkeys(cards, 0.0))
        return cards

    def write(self, vals):
        if not self or not {"points", "program_id"} & set(vals):
            return super().write(vals)
        if "program_id" in vals:
            self._refuse_other_program(vals["program_id"])
        before = {card: card.points for card in self}
        result = super(LoyaltyCard, self._without_cause()).write(vals)
        if "program_id" in vals:
            self._reopen_ledger()
        else:
            self._mirror(before)
        return result

    def unlink(self):
        if self:  # core deletes the useless cards of every order, mostly none
            self._close_ledger()
        return super().unlink()

    # ------------------------------------------------------------ ledger

    def _without_cause(self):
        """Return the cards without the cause in their context, which is of one write only."""
        if PARTS not in self.env.context and CAUSE not in self.env.context:
            return self
        return self.with_context(**{PARTS: None, CAUSE: None})

    def _mirror(self, before):
        """Let the ledger follow a change of points that was just made.

        :param dict before: points of each card until then
        """
        if isinstance(self.env.context.get(MERGE), Merge):
            return
        cards = self.filtered(lambda card: card.sudo().program_id.loyalty_has_ledger)
        postings = [posting for card in cards for posting in card._prepare_postings(before[card])]
        if postings:
            self.env["loyalty.ledger"]._buffer(postings)

    def _prepare_postings(self, before):
        """Return what the change of this card since it had ``before`` points is made of.

        The parts are those of the context; what they do not explain is an adjustment.
        """
        parts = self.env.context.get(PARTS)
        parts = parts if isinstance(parts, Parts) else ()
        change = float_round(self.points - before, 4)
        if change < 0 and any(part["kind"] == "redeem" for part in parts):
            self._refuse_overdraft(parts)
        postings = [
            {**part, "card_id": self.id} for part in parts if float_round(part["points"], 4)
        ]
        rest = float_round(change - sum(part["points"] for part in postings), 4)
        if rest:
            cause = self.env.context.get(CAUSE)
            cause = cause if isinstance(cause, Cause) else {"kind": "adjust"}
            postings.append({**cause, "card_id": self.id, "points": rest})
        return sorted(postings, key=lambda posting: posting["points"] < 0)

    def _refuse_overdraft(self, parts):
        """Refuse to redeem points that the card does not have, or that others keep.

        :param parts: of the change; what their orders keep themselves does not count
        """
        sudo = self.sudo()
        orders = {part["origin_id"] for part in parts if part["origin_model"] == "sale.order"}
        held = sudo.loyalty_held and sudo._loyalty_held_now(but=orders).get(self.id, 0.0)
        if sudo.currency_id.compare_amounts(sudo.points, held) < 0:
            raise UserError(
                self.env._(
                    "The card %(code)s does not have enough points for this reward: "
                    "%(missing)s are missing.",
                    code=sudo.code,
                    missing=sudo._format_points(held - sudo.points),
                )
            )

    def _refuse_other_program(self, program_id):
        """Refuse to move cards that have a history: its points and tiers are of their program."""
        cards = self.sudo().filtered(lambda card: card.program_id.id != program_id)
        if not cards:
            return
        self.env["loyalty.ledger"].sudo()._flush_buffer()
        domain = [("card_id", "in", cards.ids)]
        entry = self.env["loyalty.ledger.entry"].sudo().search(domain, limit=1)
        ranked = cards.filtered(lambda card: card.loyalty_tier_id or card.loyalty_tier_moves)
        for card in (entry.card_id | ranked)[:1]:
            raise UserError(
                self.env._(
                    "The card %(code)s has entries or a tier of %(program)s, so it stays there. "
                    "Give the member a card of the other program, and adjust the points.",
                    code=card.code,
                    program=card.program_id.name,
                )
            )

    def _reopen_ledger(self):
        """Let the ledger follow cards that moved to another program.

        :return: dict of card id → points of its opening entry
        """
        return self.sudo().program_id._open_ledger(self)

    def _close_ledger(self):
        """Post the closing entries of cards that are about to be deleted."""
        ledger = self.env["loyalty.ledger"].sudo()
        ledger._flush_buffer()
        cards = self.sudo().filtered(
            lambda card: card.points and card.program_id.loyalty_has_ledger
        )
        ledger._cancel_pending(self)
        ledger._post(
            [{"card_id": card.id, "kind": "close", "points": -card.points} for card in cards],
            move=True,
        )
