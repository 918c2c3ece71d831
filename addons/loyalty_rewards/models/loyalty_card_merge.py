from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class LoyaltyCard(models.Model):
    """Cards of merged customers: core empties one and archives it, the other one stays.

    What was posted to the emptied card stays there, as history does. It counts for the member who
    has the card that stays: for the tier, for the limits of earning rules, for the limit of what
    one person adjusts. What comes to the emptied card later, as by a refund of an old order, moves
    on to the card that stays.
    """

    _name = "loyalty.card"
    _inherit = ["loyalty.card", "relationship.worked.out"]
    _worked_out = frozenset(("loyalty_merged_into_id",))

    loyalty_merged_into_id = fields.Many2one(
        "loyalty.card",
        string="Merged Into",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="The card that stayed when customers were merged. What counts for a tier or for a "
        "limit counts there.",
    )

    def write(self, vals):
        """Refuse to open a card again that was merged into another."""
        if vals.get("active") and (merged := self.sudo().filtered("loyalty_merged_into_id")):
            raise UserError(
                self.env._(
                    "The card %(code)s was merged into %(other)s and stays archived.",
                    code=merged[0].code,
                    other=merged[0].loyalty_merged_into_id.code,
                )
            )
        return super().write(vals)

    def _stays(self):
        """Return the cards that stay: instead of one that was merged, that which it went into."""
        return self.browse(
            dict.fromkeys(card.loyalty_merged_into_id.id or card.id for card in self.sudo())
        )

    def _with_merged(self):
        """Return these cards with those that were merged into them."""
        cards = self.sudo().with_context(active_test=False)
        return self | cards.search([("loyalty_merged_into_id", "in", self.ids)]).with_env(self.env)

    def _note_merged(self, target):
        """Note that these cards, and what was merged into them before, were merged into another."""
        self._with_merged().write({"loyalty_merged_into_id": target.id})


class LoyaltyLedger(models.AbstractModel):
    _inherit = "loyalty.ledger"

    @api.model
    def _forward(self, card_ids):
        """Move what these cards hold on to those that they were merged into, with its expiry.

        :param card_ids: set of ids; cards that were not merged are left alone
        """
        if not card_ids:
            return
        rows = self.env.execute_query(
            SQL(
                "SELECT id, loyalty_merged_into_id, points FROM loyalty_card"
                " WHERE id = ANY(%s) AND loyalty_merged_into_id IS NOT NULL AND points <> 0"
                " ORDER BY id",
                list(card_ids),
            )
        )
        if rows:
            cards = self.env["loyalty.card"]
            self._move_balances(
                [(cards.browse(card), cards.browse(into), points) for card, into, points in rows],
                move=True,
            )
            self._forget()
