"""Points by the API: many postings in one call, each with a key that names its cause.

A caller who is no trusted system moves no more than one person may by hand (see
``loyalty_card_adjust``): beyond that each of these methods raises a ``UserError``.
"""

from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.relationship_crm.lib.windows import start_of_day

from ..lib import postings as postings_lib

#: what the callers' keys are stored with, so that they never meet those of this database
PREFIX = "api,"
ACCRUE = {
    "card_id": True,
    "points": True,
    "key": True,
    "reason": False,
    "available_on": False,
    "expires_on": False,
}
REDEEM = {"card_id": True, "points": True, "key": True, "reason": False, "hold": False}
REVERSE = {"entry_id": True, "points": False, "key": True, "reason": False}
TRANSFER = {
    "card_id": True,
    "to_card_id": True,
    "points": True,
    "key": True,
    "reason": False,
}


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    # ------------------------------------------------------------ public

    @api.model
    def accrue(self, postings):
        """Give points to cards.

        :param list postings: at most 10,000 dicts with ``card_id`` (int), ``points`` (number above
            zero, at most four decimals), ``key`` (text, names the cause; the same key again changes
            nothing and gives the first result), ``reason`` (text, optional), ``available_on``
            (``YYYY-MM-DD``, optional: pending until then), ``expires_on`` (optional, last day)
        :return: list in the same order of dicts ``key``, ``entry_id``, ``state`` (``pending`` or
            ``posted``), ``points`` (signed), ``repeated`` (bool), ``balance`` (of the card now)
        :raise ValidationError: something is not understood, or a key was used for something else
        :raise AccessError: a card that the caller may not change
        """
        cards = self._api_cards(postings, ACCRUE)
        today = fields.Date.to_string(fields.Date.context_today(self))
        for posting in postings:
            if (posting.get("expires_on") or today) < today:
                raise ValidationError(self.env._("Points cannot expire before they are given."))
        return cards._api_post(
            [
                {
                    **posting,
                    "kind": "earn",
                    "state": "pending"
                    if (posting.get("available_on") or today) > today
                    else "posted",
                }
                for posting in postings
            ]
        )

    @api.model
    def redeem(self, postings):
        """Spend points of cards, never more than a card has available.

        :param list postings: as for :meth:`accrue`, without the days; ``points`` above zero;
            ``hold`` (optional): the key of a :meth:`reserve` that ends with this
        :return: as :meth:`accrue`
        :raise UserError: a card has not enough points; nothing is posted then
        """
        cards = self._api_cards(postings, REDEEM)
        rows = [{**posting, "kind": "redeem", "points": -posting["points"]} for posting in postings]
        with self.env.cr.savepoint():
            asked = {(posting["card_id"], PREFIX + (posting.get("hold") or "")) for posting in rows}
            holds = self._api_holds(postings, "hold")
            holds.filtered(lambda hold: (hold.card_id.id, hold.key) in asked).unlink()
            return cards._api_post(rows, refuse=True)

    @api.model
    def reverse(self, postings):
        """Take entries back: redeemed points return with their expiry, earned ones are taken.

        :param list postings: dicts with ``entry_id`` (int), ``points`` (optional; default: all that
            was not taken back yet), ``key``, ``reason``. A pending entry is cancelled as a whole.
        :return: as :meth:`accrue`; for a cancelled pending entry that entry itself
        :raise ValidationError: more than is left, or an entry that takes back another
        """
        self._api_check(postings, REVERSE)
        entries = self.env["loyalty.ledger.entry"].sudo()
        entries = entries.browse(posting["entry_id"] for posting in postings).exists()
        if len(entries) < len({posting["entry_id"] for posting in postings}):
            raise ValidationError(self.env._("There is no such entry."))
        cards = self._api_allowed(entries.card_id.ids)
        if entries.filtered(lambda entry: entry.card_id not in cards.sudo()):
            raise AccessError(self.env._("You may not change the points of these cards."))
        # those that were cancelled before give the first result again
        waiting = entries.filtered(lambda entry: entry.state != "posted")
        cards._api_cancel(waiting)
        rows = self._api_reversals(
            [posting for posting in postings if posting["entry_id"] not in waiting.ids], entries
        )
        done = {row["key"]: row for row in cards._api_post(rows)} if rows else {}
        by_id = {entry.id: entry for entry in entries}
        return [
            done.get(posting["key"]) or by_id[posting["entry_id"]]._api_result(posting["key"])
            for posting in postings
        ]

    @api.model
    def transfer(self, postings):
        """Move points between cards of one program; they keep their expiry.

        :param list postings: dicts with ``card_id`` (from), ``to_card_id``, ``points``, ``key``,
            ``reason``
        :return: as :meth:`accrue`, of the card that gives
        :raise UserError: a card has not enough points; nothing is posted then
        """
        cards = self._api_cards(postings, TRANSFER)
        for posting in postings:
            one, other = cards.browse(posting["card_id"]), cards.browse(posting["to_card_id"])
            if one == other or one.program_id != other.program_id:
                raise ValidationError(
                    self.env._("Points move between two cards of the same program.")
                )
        outs = [
            {
                "card_id": posting["card_id"],
                "kind": "transfer",
                "points": -posting["points"],
                "key": posting["key"],
                "reason": posting.get("reason"),
                "origin_model": "loyalty.card",
                "origin_id": posting["to_card_id"],
            }
            for posting in postings
        ]
        with self.env.cr.savepoint():
            done = cards._api_post(outs, refuse=True)
            moves = [
                (posting["to_card_id"], row["entry_id"])
                for posting, row in zip(postings, done, strict=True)
                if not row["repeated"]
            ]
            self.env["loyalty.ledger"].sudo()._fill_from(moves)
            self._api_refuse_by_hand(card_id for card_id, _entry in moves)
        return done

    def statement(self, date_from=False, date_to=False, limit=500):
        """Return what happened on these cards, of what the caller may read of the ledger.

        Days begin in the time zone of the card's company, else of the current one.

        :param date_from: first day, ``YYYY-MM-DD``; False: from the beginning
        :param date_to: last day; False: until now
        :param int limit: entries a card at most, the newest ones, up to 10,000
        :return: list of dicts with ``card_id``, ``code``, ``balance``, ``pending`` and
            ``entries``: list, the oldest first, of dicts ``id``, ``key``, ``date``, ``kind``,
            ``state``, ``points``, ``reason``, ``available_on``, ``expires_on``, ``reverses_id``
        :raise ValidationError: days or limit that are not understood
        :raise AccessError: the caller may read no ledger at all
        """
        self._api_check_statement(date_from, date_to, limit)
        cards = self._filtered_access("read")
        self.env["loyalty.ledger"].sudo()._flush_buffer()
        return [card._api_statement(date_from, date_to, limit) for card in cards]

    # ------------------------------------------------------------ input

    @api.model
    def _api_check(self, postings, known):
        """Refuse postings that are not understood, naming the first mistake and its place."""
        if not isinstance(postings, list) or len(postings) > postings_lib.MAX_POSTINGS:
            raise ValidationError(
                self.env._("Give a list of at most %s postings.", postings_lib.MAX_POSTINGS)
            )
        for index, posting in enumerate(postings):
            for wrong in postings_lib.mistakes(posting, known):
                raise ValidationError(
                    self.env._("Posting %(index)s: %(wrong)s.", index=index, wrong=wrong)
                )
        if len({posting["key"] for posting in postings}) < len(postings):
            raise ValidationError(self.env._("Each posting needs a key of its own."))

    @api.model
    def _api_check_statement(self, date_from, date_to, limit):
        wrong = postings_lib.day_mistake("date_from", date_from) or postings_lib.day_mistake(
            "date_to", date_to
        )
        if not wrong and (
            isinstance(limit, bool) or not isinstance(limit, int) or not 0 < limit <= 10000
        ):
            wrong = "limit must be a whole number from 1 to 10000"
        if wrong:
            raise ValidationError(wrong)

    @api.model
    def _api_cards(self, postings, known):
        """Check postings; return the cards they name, all of which the caller may change."""
        self._api_check(postings, known)
        ids = {
            posting[name]
            for posting in postings
            for name in ("card_id", "to_card_id")
            if name in known
        }
        cards = self._api_allowed(list(ids))
        if len(cards) < len(ids):
            raise AccessError(self.env._("You may not change the points of these cards."))
        return cards

    @api.model
    def _api_allowed(self, ids):
        """Return those of the cards that have a ledger and that the caller may change now."""
        self.check_access("write")
        cards = self.browse(sorted(ids)).exists()._filtered_access("write")
        return cards.filtered(
            lambda card: (
                card.sudo().loyalty_has_ledger
                and card.sudo().company_id.id in (False, *self.env.companies.ids)
            )
        )

    # ------------------------------------------------------------ post

    def _api_post(self, rows, refuse=False):
        """Post rows with the callers' keys; return a result for each.

        :param bool refuse: whether a card that would fall below zero is refused
        """
        ledger = self.env["loyalty.ledger"].sudo()
        ledger._flush_buffer()
        rows = [{**row, "key": PREFIX + row["key"]} for row in rows]
        before = {card.id: card.points for card in self.sudo()}
        with self.env.cr.savepoint():  # also who catches the refusal leaves nothing behind
            posted = ledger._post(rows, move=True)
            self._api_refuse_by_hand(self._api_posted_cards(posted).ids)
            if refuse:
                self._api_posted_cards(posted)._api_refuse_held()
        ledger._send_reached(self.ids, before)
        return self._api_results(rows, posted)

    @api.model
    def _api_posted_cards(self, posted):
        """Return the cards of what :meth:`_post` of the ledger has just posted."""
        entries = self.env["loyalty.ledger.entry"].sudo()
        return entries.browse(entry_id for entry_id, _balance in posted.values()).card_id

    def _api_results(self, rows, posted):
        """Return the result of each row: of the entry that has its key."""
        balances = {card.id: card.points for card in self.sudo()}
        entries = self.env["loyalty.ledger.entry"].sudo()
        again = [row["key"] for row in rows if row["key"] not in posted]
        known = {entry.key: entry for entry in entries.search([("key", "in", again)])}
        results = []
        for row in rows:
            entry, key = known.get(row["key"]), row["key"].removeprefix(PREFIX)
            if entry and not entry._api_is(row):
                raise ValidationError(self.env._("The key %s was used for another posting.", key))
            results.append(
                entry._api_result(key)
                if entry
                else {
                    "key": key,
                    "entry_id": posted[row["key"]][0],
                    "state": row.get("state") or "posted",
                    "points": row["points"],
                    "repeated": False,
                    "balance": balances[row["card_id"]],
                }
            )
        return results

    @api.model
    def _api_reversals(self, postings, entries):
        """Return the rows that take back posted entries, each as far as it is left."""
        left = entries._points_left()
        by_id = {entry.id: entry for entry in entries}
        known = self.env["loyalty.ledger.entry"].sudo()
        known = {
            entry.key: entry
            for entry in known.search(
                [("key", "in", [PREFIX + posting["key"] for posting in postings])]
            )
        }
        rows = []
        for posting in postings:
            entry, again = by_id[posting["entry_id"]], known.get(PREFIX + posting["key"])
            points = posting.get("points") or (abs(again.points) if again else None)
            if not again:
                points = self._api_reversible(entry, points, abs(left.get(entry, 0)))
                left[entry] = left[entry] - points * (1 if entry.points > 0 else -1)
            rows.append(
                {
                    "card_id": entry.card_id.id,
                    "kind": "reverse",
                    "points": -points if entry.points > 0 else points,
                    "reverses_id": entry.id,
                    "origin_model": entry.origin_model,
                    "origin_id": entry.origin_id,
                    "reason": posting.get("reason"),
                    "key": posting["key"],
                }
            )
        return rows

    @api.model
    def _api_reversible(self, entry, points, left):
        """Return how many points to take back of an entry, or refuse."""
        if entry.state != "posted" or entry.kind not in ("earn", "redeem", "adjust", "expire"):
            raise ValidationError(self.env._("This entry cannot be taken back."))
        if not left or (points or 0) > left:
            raise ValidationError(
                self.env._("Only %s points of this entry are left to take back.", f"{left:g}")
            )
        return points or left

    def _api_statement(self, date_from, date_to, limit):
        """Return the statement of one card: of the entries, those that the caller may read."""
        self.ensure_one()
        domain = Domain("card_id", "=", self.id) & self._api_days(date_from, date_to)
        entries = self.env["loyalty.ledger.entry"]
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT id, key, recorded_at AS date, kind, state, points, reason, available_on,
                       expires_on, reverses_id
                  FROM loyalty_ledger_entry WHERE id IN %s ORDER BY id
                """,
                entries._search(domain, order="id DESC", limit=limit).subselect(),
            )
        )
        return {
            "card_id": self.id,
            "code": self.code,
            "balance": self.points,
            "pending": self.loyalty_pending,
            "entries": rows,
        }

    def _api_days(self, date_from, date_to):
        """Return the domain of the entries of some days (texts or False), the last one included."""
        zone = ZoneInfo((self.sudo().company_id or self.env.company)._relationship_tz())
        domain = Domain.TRUE
        if date_from:
            begin = start_of_day(fields.Date.to_date(date_from), zone)
            domain &= Domain("recorded_at", ">=", begin)
        if date_to:
            end = start_of_day(fields.Date.add(fields.Date.to_date(date_to), days=1), zone)
            domain &= Domain("recorded_at", "<", end)
        return domain
