from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .loyalty_card_api import PREFIX
from .loyalty_ledger_hold import HOLD_MINUTES

RESERVE = {"card_id": True, "points": True, "key": True}
RELEASE = {"card_id": True, "key": True}
#: a hold is for a purchase in the making, not for ever
MAX_MINUTES = 24 * 60


class LoyaltyCard(models.Model):
    """Points that another system keeps for a purchase in the making."""

    _inherit = "loyalty.card"

    @api.model
    def reserve(self, postings, minutes=HOLD_MINUTES):
        """Keep points of cards for a while, so that nobody else spends them meanwhile.

        ``redeem`` with ``hold`` (the key of the reserve) spends them and ends the hold.

        :param list postings: at most 10,000 dicts with ``card_id`` (int), ``points`` (number above
            zero) and ``key`` (text; the same key again changes nothing and gives the first result)
        :param int minutes: how long, 1 to 1440
        :return: list in the same order of dicts ``key``, ``points``, ``until`` (UTC), ``repeated``
            (bool) and ``available`` (of the card now)
        :raise UserError: a card has not enough available points; nothing is kept then
        :raise ValidationError: something is not understood, or a key was used for something else
        """
        cards = self._api_cards(postings, RESERVE)
        if isinstance(minutes, bool) or not isinstance(minutes, int):
            minutes = 0
        if not 0 < minutes <= MAX_MINUTES:
            raise ValidationError(
                self.env._("minutes must be a whole number from 1 to %s.", MAX_MINUTES)
            )
        until = fields.Datetime.now() + timedelta(minutes=minutes)
        with self.env.cr.savepoint():
            return cards._api_reserve(postings, until)

    @api.model
    def release(self, postings):
        """End holds that :meth:`reserve` made; the points can be spent by anybody again.

        :param list postings: dicts with ``card_id`` and ``key`` of the reserve; one that is over
            or was released before is left alone
        :return: number of holds that ended now
        :raise ValidationError: something is not understood
        """
        self._api_cards(postings, RELEASE)
        holds = self._api_holds(postings)
        asked = {(posting["card_id"], PREFIX + posting["key"]) for posting in postings}
        holds = holds.filtered(lambda hold: (hold.card_id.id, hold.key) in asked)
        number = len(holds.filtered(lambda hold: not hold.is_over))
        holds.unlink()
        return number

    # ------------------------------------------------------------ how

    @api.model
    def _api_holds(self, postings, name="key"):
        """Return the holds with these keys of the caller."""
        keys = [PREFIX + posting[name] for posting in postings if posting.get(name)]
        return self.env["loyalty.ledger.hold"].sudo().search([("key", "in", keys)])

    def _api_reserve(self, postings, until):
        """Make the holds that are new, refuse what the cards do not have; return the results."""
        self.env["loyalty.ledger"].sudo()._flush_buffer()
        self._bump()
        known = {hold.key: hold for hold in self._api_holds(postings)}
        new = [posting for posting in postings if PREFIX + posting["key"] not in known]
        made = (
            self.env["loyalty.ledger.hold"]
            .sudo()
            .create(
                [
                    {
                        "card_id": posting["card_id"],
                        "points": posting["points"],
                        "key": PREFIX + posting["key"],
                        "until": until,
                    }
                    for posting in new
                ]
            )
        )
        made.card_id._api_refuse_held()
        fresh = {hold.key for hold in made}
        known.update((hold.key, hold) for hold in made)
        return [
            known[PREFIX + posting["key"]]._api_hold_result(
                posting, PREFIX + posting["key"] not in fresh
            )
            for posting in postings
        ]

    def _api_refuse_held(self):
        """Refuse when more of a card is on hold, or was spent, than it has."""
        held = self._loyalty_held_now()
        for card in self.sudo():
            missing = round(held.get(card.id, 0.0) - card.points, 4)
            if missing > 0:
                raise UserError(
                    self.env._(
                        "The card %(code)s does not have enough points: %(missing)s are missing.",
                        code=card.code,
                        missing=card._format_points(missing),
                    )
                )


class LoyaltyLedgerHold(models.Model):
    _inherit = "loyalty.ledger.hold"

    def _api_hold_result(self, posting, repeated):
        """Return what the API says of a hold, under the caller's key."""
        self.ensure_one()
        if (self.card_id.id, self.points) != (posting["card_id"], posting["points"]):
            raise ValidationError(
                self.env._("The key %s was used for another posting.", posting["key"])
            )
        return {
            "key": posting["key"],
            "points": self.points,
            "until": fields.Datetime.to_string(self.until),
            "repeated": repeated,
            "available": self.card_id.loyalty_available,
        }
