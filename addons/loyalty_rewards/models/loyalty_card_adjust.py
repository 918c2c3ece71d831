from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, float_compare

LIMIT = "loyalty_adjust_limit"
#: What a user moved by hand: adjustments, opening entries; of who is not trusted also the API, and
#: cancelled pending points. Cards that were merged since count as the one that stays.
BY_HAND = """
    SELECT coalesce(card.loyalty_merged_into_id, card.id), sum(moved.points)
      FROM (
          SELECT card_id, abs(points) AS points FROM loyalty_ledger_entry entry
           WHERE card_id = ANY(%(cards)s) AND user_id = %(user)s AND recorded_at > %(since)s
             AND ((kind IN ('adjust', 'open') AND coalesce(origin_model,
                     'loyalty.ledger.adjustment') = 'loyalty.ledger.adjustment')
                  OR (%(api)s AND (starts_with(key, 'api,') OR starts_with(key, 'in,api,'))))
             AND NOT EXISTS (SELECT FROM loyalty_ledger_adjustment asked
                              WHERE asked.entry_id = entry.id
                                AND asked.approver_id <> asked.user_id)
           UNION ALL
          SELECT card_id, abs(points) FROM loyalty_ledger_entry
           WHERE %(api)s AND card_id = ANY(%(cards)s) AND cancelled_by_id = %(user)s
             AND cancelled_at > %(since)s
      ) moved
      JOIN loyalty_card card ON card.id = moved.card_id
     GROUP BY 1
"""


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    loyalty_adjust_limit = fields.Float(
        string="Adjustments Without Approval up to",
        digits=(16, 4),
        min_display_digits=2,
        default=1000,
        copy=False,
        help="Points that one person may give to or take from a card by hand or by the API within "
        "a day. More needs a second person. 0: every adjustment does. Users of trusted systems "
        "are not limited.",
    )

    _adjust_limit_check = models.Constraint(
        "CHECK (loyalty_adjust_limit >= 0)", "The limit of adjustments is not below zero."
    )

    @api.model_create_multi
    def create(self, vals_list):
        given = self.env.context.get(f"default_{LIMIT}")
        default = {} if given is None else {LIMIT: given}
        self._check_adjust_limit(
            [default | vals for vals in vals_list], self._fields[LIMIT].default(self)
        )
        return super().create(vals_list)

    def write(self, vals):
        self._check_adjust_limit([vals])
        return super().write(vals)

    def _check_adjust_limit(self, vals_list, most=-1):
        """Refuse that others than managers set the limit, or one above ``most``."""
        limits = [vals[LIMIT] for vals in vals_list if LIMIT in vals]
        if any((limit or 0) > most for limit in limits) and not self._may_open_any():
            raise AccessError(
                self.env._("Only managers of Relationships set the limit of adjustments.")
            )

    def _may_open_any(self):
        """Whether the user sets limits, and opens ledgers beyond them."""
        return self.env.su or self.env.user.has_group("relationship_crm.group_manager")

    def _open_ledger(self, cards=None):
        """Only managers open a ledger with more on a card than one person may give."""
        opened = super()._open_ledger(cards)
        if opened and not self._may_open_any():
            for card in self.env["loyalty.card"].browse(opened):
                if card._adjusted_beyond(0):
                    card._refuse_by_hand(card, opened[card.id])
        return opened


class LoyaltyCard(models.Model):
    """Points that people change by hand, up to a limit; above it somebody else approves."""

    _inherit = "loyalty.card"

    def _prepare_postings(self, before):
        """Refuse what one person changes by hand beyond the limit of the program."""
        postings = super()._prepare_postings(before)
        if self.env.su:
            return postings
        by_hand = sum(
            posting["points"]
            for posting in postings
            if posting["kind"] == "adjust" and not posting.get("origin_model")
        )
        if by_hand and self._adjusted_beyond(by_hand):
            self._refuse_by_hand(self, by_hand)
        return postings

    def _reopen_ledger(self):
        """Cards that bring points along from a program without a ledger are given them by hand."""
        opened = super()._reopen_ledger()
        if not self.env.su:
            for card in self.filtered(lambda card: opened.get(card.id)):
                if card._adjusted_beyond(0):
                    self._refuse_by_hand(card, opened[card.id])
        return opened

    def _close_ledger(self):
        """Refuse to delete cards with more on them than one person may take."""
        if not self._api_is_trusted():
            self._refuse_close()
        return super()._close_ledger()

    def _refuse_close(self):
        """Refuse to delete cards with which more would be lost than one person may take by hand.

        What they hold, what they owe, and what still waits for them is lost. Two sessions of one
        person, of which one adjusts a card that the other one deletes, meet on its row.
        """
        self._bump()
        moved = self._by_hand_today()
        for card in self.sudo().filtered("program_id.loyalty_has_ledger"):
            lost = abs(card.points) + card.loyalty_pending
            limit = card.program_id.loyalty_adjust_limit
            if lost and float_compare(lost + moved.get(card.id, 0.0), limit, 4) > 0:
                raise UserError(
                    self.env._(
                        "The card %(code)s has %(points)s, more than one person may take within a "
                        "day. Ask for an adjustment of points first: somebody else approves it. Or "
                        "archive the card: it keeps them.",
                        code=card.code,
                        points=card._format_points(lost),
                    )
                )

    def _adjusted_beyond(self, points):
        """Whether a change by hand, with those of this user of the last 24 hours, passes the limit.

        :param float points: signed
        """
        self.ensure_one()
        limit = self.sudo().program_id.loyalty_adjust_limit
        total = abs(points)
        if float_compare(total, limit, 4) <= 0:
            total += self._by_hand_today().get(self.id, 0.0)
        return float_compare(total, limit, 4) > 0

    def _by_hand_today(self):
        """Return {card id: points} that this user moved by hand in the last 24 hours.

        What other systems post by the API counts as by hand, unless they are trusted; what somebody
        else approved does not.
        """
        ledger = self.env["loyalty.ledger"].sudo()
        ledger._flush_buffer()
        stays = {card.id: card._stays() for card in self}
        rows = self.env.execute_query(
            SQL(
                BY_HAND,
                cards=self.union(*stays.values())._with_merged().ids,
                user=self.env.uid,
                since=fields.Datetime.now() - timedelta(days=1),
                api=not self._api_is_trusted(),
            )
        )
        moved = {card: float(points) for card, points in rows}
        return {card: moved.get(other.id, 0.0) for card, other in stays.items()}

    def _api_is_trusted(self):
        """Whether the caller is a system whose word gives value: no second person is asked."""
        return self.env.su or any(self.env["relationship.interaction.source"]._of_user().values())

    def _api_refuse_by_hand(self, card_ids):
        """Refuse what was just posted to cards when it passes what one person may move by hand.

        :param card_ids: ids of the cards that were posted to
        """
        cards = self.browse(sorted(set(card_ids)))
        if not cards or self._api_is_trusted():
            return
        moved = cards._by_hand_today()
        for card in cards.sudo():
            points = moved.get(card.id, 0.0)
            if float_compare(points, card.program_id.loyalty_adjust_limit, 4) > 0:
                cards._refuse_by_hand(card, points)

    def _api_cancel(self, entries):
        """Cancel pending points of cards, as far as one person may by hand.

        :param entries: as superuser; those that do not wait are left alone
        """
        pending = entries.filtered(lambda entry: entry.state == "pending")
        if not pending:
            return
        with self.env.cr.savepoint():  # also who catches the refusal leaves nothing behind
            # of two who cancel other points of one card, the later one counts those of the former
            pending.card_id._bump()
            self.env["loyalty.ledger"].sudo()._cancel_entries(pending.ids, by_hand=True)
            self._api_refuse_by_hand(pending.card_id.ids)

    def _refuse_by_hand(self, card, points):
        """Say that a second person is needed to move so many points of a card."""
        raise UserError(
            self.env._(
                "%(points)s by hand are more than one person may change within a day. "
                "Ask for an adjustment of points: somebody else approves it.",
                points=card.sudo()._format_points(abs(points)),
            )
        )

    def action_adjust(self):
        """Open a new adjustment of this card."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Adjust Points"),
            "res_model": "loyalty.ledger.adjustment",
            "views": [(False, "form")],
            "context": {"default_card_id": self.id},
        }
