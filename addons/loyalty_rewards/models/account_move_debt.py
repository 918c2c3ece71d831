"""Missing points of programs that take them from the amount of the refund."""

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tools import float_round

from .account_move import ASSUMED, Assumed

#: what of a line only the suite sets, as superuser
OWN = frozenset(("loyalty_debt_card_id", "loyalty_debt_points"))


class AccountMove(models.Model):
    """A credit note gives back less when points earned on what it refunds were spent.

    Just before it is posted, a line for each card that would fall below zero takes the value of
    what is missing. Posting it takes the points back at once, and repays what the line paid for.
    """

    _inherit = "account.move"

    def _post(self, soft=True):
        refunds = self.filtered(
            lambda move: move.move_type == "out_refund" and move.state != "posted"
        )
        # an event tells once that it was posted; posted again, points follow at once
        again = refunds.filtered("posted_before")
        refunds = refunds._loyalty_with_policy()._loyalty_posted_now(soft)
        refunds._loyalty_take_missing()
        posted = super()._post(soft=soft)
        # at once, so that the next credit note finds what this one leaves
        (posted & (again | refunds))._loyalty_settle()
        (posted & refunds)._loyalty_repay()
        return posted

    def button_draft(self):
        """Let points follow credit notes that are drafts again, and so refund nothing for now."""
        refunds = self.filtered(lambda move: move.move_type == "out_refund")
        undone = refunds.filtered(lambda move: move.state == "posted").sudo()
        result = super().button_draft()
        lines = refunds._loyalty_debt_lines()
        if lines:
            lines._loyalty_undo_repaid()
            lines.with_context(dynamic_unlink=True).unlink()
        if undone:
            orders = undone.line_ids.sale_line_ids.order_id
            undone.env["loyalty.ledger"]._restore(orders, undone.reversed_entry_id)
        return result

    def _loyalty_with_policy(self):
        """Return these moves if any program takes missing points from refunds, else none."""
        programs = self.env["loyalty.program"].sudo().with_context(active_test=False)
        if not self or not programs.search_count([("loyalty_refund_debt", "=", "refund")], limit=1):
            return self.browse()
        return self

    def _loyalty_posted_now(self, soft):
        """Return those of these moves that core posts now: if ``soft``, none of later days."""
        today = fields.Date.context_today(self)
        return self.filtered(lambda move: not (soft and move.date and move.date > today))

    def _loyalty_take_missing(self):
        """Add lines for the points that would be missing once these credit notes are posted.

        Each gets what it would if they were posted one after the other: what a former one takes
        back is gone for the next one, and what its line repays is there again.
        """
        self._loyalty_debt_lines().unlink()
        former, stakes, repaid = self.browse(), {}, {}
        for refund in self:
            room, commands = refund.amount_total, []
            for card, points in refund._loyalty_missing(former, stakes, repaid).items():
                values = refund._prepare_loyalty_debt_line(card, points, room)
                if values:
                    room += values["price_unit"]
                    repaid[card] = repaid.get(card, 0.0) + values["loyalty_debt_points"]
                    commands.append(Command.create(values))
            if commands:
                refund.sudo().write({"invoice_line_ids": commands})
            former |= refund

    def _loyalty_missing(self, former, stakes, repaid):
        """Return {card: points it would lack}, as if this credit note were posted.

        At most what refunds of the same documents take back, less what their lines have taken:
        older debts are not collected here.

        :param former: credit notes that are posted before it in the same call
        :param dict stakes: cause → what is at stake by them (a ``Stake``); what is found is added
        :param dict repaid: card → points that their lines repay
        """
        assumed = self.sudo().with_context(**{ASSUMED: Assumed((former | self).ids)})
        orders = assumed.line_ids.sale_line_ids.order_id
        invoices = assumed | assumed.reversed_entry_id
        own = assumed.env["loyalty.ledger"]._loyalty_at_stake(orders, invoices)
        stakes.update((stake.cause, stake) for stake in own)
        others = (orders.invoice_ids | invoices.reversal_move_ids) - assumed
        lines = others.filtered(lambda move: move._loyalty_counts())._loyalty_debt_lines()
        missing = {}
        for card in {stake.card.id: stake.card for stake in own}.values():
            if card.program_id.loyalty_refund_debt != "refund":
                continue
            plain = card.with_context(**{ASSUMED: None})
            excess = sum(stake.excess for stake in stakes.values() if stake.card == card)
            refunded = sum(stake.refunded for stake in own if stake.card == card)
            taken = sum(
                line.loyalty_debt_points
                for line in lines
                if line.loyalty_debt_card_id._stays() == card
            )
            points = min(excess - card.points - repaid.get(plain, 0.0), refunded - taken)
            if round(points, 4) > 0:
                missing[plain] = round(points, 4)
        return missing

    def _prepare_loyalty_debt_line(self, card, points, room):
        """Return the values of the line for the missing points of a card, or None.

        :param float room: what the credit note gives back, in its currency; never less than 0 is
        """
        program = card.program_id
        value = program.currency_id._convert(
            program.loyalty_point_value,
            self.currency_id,
            self.company_id,
            self.invoice_date or fields.Date.context_today(self),
            round=False,
        )
        amount = self.currency_id.round(points * value)
        if amount > room:
            amount = room
            points = float_round(room / value, precision_digits=4, rounding_method="DOWN")
        if amount <= 0 or points <= 0:
            return None
        return {
            "name": self.env._(
                "%(points)s of card %(code)s that were spent already",
                points=card._format_points(points),
                code=card.code,
            ),
            "quantity": 1,
            "price_unit": -amount,
            "tax_ids": [Command.clear()],
            "loyalty_debt_card_id": card.id,
            "loyalty_debt_points": points,
        }

    def _loyalty_debt_lines(self):
        """Return the lines that take the value of missing points."""
        return self.invoice_line_ids.filtered("loyalty_debt_card_id")

    def _loyalty_settle(self):
        """Let points follow these credit notes now, not when their events are consumed."""
        if self:
            sudo = self.sudo()
            sudo.env["loyalty.ledger"]._follow_refunds(sudo.line_ids.sale_line_ids.order_id)
            sudo.env["loyalty.earning.rule"]._take_back(sudo | sudo.reversed_entry_id)

    def _loyalty_repay(self):
        """Repay what the lines of these credit notes have paid for."""
        lines = self._loyalty_debt_lines().sudo()
        if lines:
            postings = [line._prepare_loyalty_repaid() for line in lines]
            lines.env["loyalty.ledger"]._post(postings, move=True)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    loyalty_debt_card_id = fields.Many2one(
        "loyalty.card",
        string="Missing Points of Card",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )
    loyalty_debt_points = fields.Float(
        string="Missing Points", digits=(16, 4), readonly=True, copy=False
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse lines that somebody says take missing points; no default makes one either."""
        self._refuse_loyalty_debt(*({name for name in vals if vals[name]} for vals in vals_list))
        defaults = {f"default_{name}" for name in OWN} & set(self.env.context)
        if not defaults:
            return super().create(vals_list)
        kept = {name: value for name, value in self.env.context.items() if name not in defaults}
        clean = self.with_env(self.env(context=kept))
        return super(AccountMoveLine, clean).create(vals_list).with_env(self.env)

    def write(self, vals):
        """Refuse that somebody says which missing points a line takes."""
        self._refuse_loyalty_debt(set(vals))
        return super().write(vals)

    def _refuse_loyalty_debt(self, *given):
        """Refuse names of fields that nobody but the suite sets: points follow from them."""
        if not self.env.su and any(OWN & names for names in given):
            raise AccessError(
                self.env._("Which missing points a line takes follows from its credit note.")
            )

    def _prepare_loyalty_repaid(self):
        """Return the posting that repays the points this line took the value of."""
        self.ensure_one()
        return {
            "card_id": self.loyalty_debt_card_id.id,
            "kind": "adjust",
            "points": self.loyalty_debt_points,
            "origin_model": "account.move",
            "origin_id": self.move_id.id,
            "reason": self.env._("Taken from the refund"),
            "key": f"{self._name},{self.id},debt",
        }

    def _loyalty_undo_repaid(self):
        """Take back what these lines repaid, because their credit note is a draft again."""
        ledger = self.env["loyalty.ledger"].sudo()
        entries = self.env["loyalty.ledger.entry"].sudo()
        repaid = entries.search([("key", "in", [f"{self._name},{id_},debt" for id_ in self.ids])])
        ledger._post(
            [
                {
                    "card_id": entry.card_id.id,
                    "kind": "reverse",
                    "points": -entry.points,
                    "reverses_id": entry.id,
                    "origin_model": entry.origin_model,
                    "origin_id": entry.origin_id,
                    "key": f"{entry.key},undone",
                }
                for entry in repaid
                if entry.card_id
            ],
            move=True,
        )
