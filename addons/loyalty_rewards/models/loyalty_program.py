from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

#: programs whose cards have a ledger: those that belong to somebody (core's is_nominative), and
#: gift cards
COVERED = """
    (program.applies_on = 'both' OR program.program_type = 'gift_card'
     OR (program.program_type IN ('ewallet', 'loyalty') AND program.applies_on = 'future'))
"""


class LoyaltyProgram(models.Model):
    """Programs say who earns: orders by core's rules, or events by ours."""

    _inherit = "loyalty.program"

    loyalty_earn_by = fields.Selection(
        [("order", "Orders, when confirmed"), ("event", "Events, by earning rules")],
        string="Points Are Earned by",
        default="order",
        help="Orders: the conditional rules below give points when an order is confirmed. Events: "
        "they give none; earning rules do, for whatever they listen to.",
    )
    loyalty_to_company = fields.Boolean(
        string="Points Go to the Company",
        default=True,
        help="Points that a contact of a company earns by events go to the card of the company, "
        "otherwise to a card of their own.",
    )
    loyalty_has_ledger = fields.Boolean(
        string="Has a Ledger", compute="_compute_loyalty_has_ledger"
    )

    @api.depends("is_nominative", "program_type")
    def _compute_loyalty_has_ledger(self):
        for program in self:
            program.loyalty_has_ledger = (
                program.is_nominative or program.program_type == "gift_card"
            )

    def _loyalty_earns_by_events(self):
        """Whether core's rules give nothing for this program; a wallet is still topped up."""
        self.ensure_one()
        return self.loyalty_earn_by == "event" and not self.is_payment_program

    @api.constrains("loyalty_earn_by", "program_type", "applies_on")
    def _check_loyalty_earn_by(self):
        for program in self:
            if program.loyalty_earn_by == "event" and not program.is_nominative:
                raise ValidationError(
                    self.env._(
                        "Only a program whose points belong to a customer can earn by events."
                    )
                )

    def write(self, vals):
        result = super().write(vals)
        if {"program_type", "applies_on"} & set(vals):
            self._open_ledger()
        return result

    @api.model
    def _covered(self):
        """Return the condition, on the table alias ``program``, of programs with a ledger."""
        return SQL(COVERED)

    def _open_ledger(self, cards=None):
        """Post what the cards of these programs hold beyond their entries as opening balance.

        Cards outside the ledger are left alone; a card that is in order gets no entry.

        :param cards: only these; default all
        :return: dict of card id → points of its opening entry
        """
        self.env["loyalty.ledger"].sudo()._flush_buffer()
        self.env["loyalty.card"].flush_model()
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT card.id, coalesce(card.points, 0) - coalesce(sum(entry.points), 0)
                  FROM loyalty_card card
                  JOIN loyalty_program program ON program.id = card.program_id AND %s
                  LEFT JOIN loyalty_ledger_entry entry
                    ON entry.card_id = card.id AND entry.state = 'posted'
                 WHERE program.id = ANY(%s) AND (%s OR card.id = ANY(%s))
                 GROUP BY card.id
                HAVING coalesce(card.points, 0) <> coalesce(sum(entry.points), 0)
                 ORDER BY card.id
                """,
                self._covered(),
                self.ids,
                cards is None,
                (cards.ids if cards is not None else []),
            )
        )
        self.env["loyalty.ledger"].sudo()._post(
            [{"card_id": card, "kind": "open", "points": points} for card, points in rows]
        )
        return {card: float(points) for card, points in rows}
