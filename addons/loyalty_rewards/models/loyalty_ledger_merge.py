from odoo import api, models
from odoo.tools import SQL

MOVE_LOTS = """
    WITH pair AS (
        SELECT * FROM unnest(%(sources)s, %(outs)s, %(targets)s, %(ins)s)
                   AS pair(source, out_id, target, in_id)
    ),
    moved AS (
        SELECT lot.id, lot.remaining, lot.expires_on,
               coalesce(lot.rule_id, entry.rule_id) AS rule_id,
               pair.*
          FROM loyalty_ledger_lot lot JOIN pair ON pair.source = lot.card_id
          JOIN loyalty_ledger_entry entry ON entry.id = lot.entry_id
         WHERE lot.remaining <> 0
    ),
    noted AS (
        INSERT INTO loyalty_ledger_allocation (entry_id, lot_id, points)
        SELECT out_id, id, remaining FROM moved
    ),
    emptied AS (
        UPDATE loyalty_ledger_lot lot SET remaining = 0 FROM moved WHERE moved.id = lot.id
    )
    INSERT INTO loyalty_ledger_lot (card_id, entry_id, initial, remaining, expires_on, rule_id)
    SELECT target, in_id, remaining, remaining, expires_on, rule_id FROM moved ORDER BY id
"""


class LoyaltyLedger(models.AbstractModel):
    """Merging of customers: lots move to the card that stays, with their expiry."""

    _inherit = "loyalty.ledger"

    @api.model
    def _merge_cards(self, before):
        """Follow core's merge of cards, which has happened already.

        :param dict before: points of each card of the merged customers until then
        """
        self._write_down()
        pairs = list(self._merged_pairs(before))
        if not pairs:
            return
        self._move_pending({source.id: target.id for source, target in pairs})
        self._move_balances(
            [(source, target, before[source]) for source, target in pairs if before[source]]
        )
        for target in {target.id: target for _source, target in pairs}.values():
            sources = target.union(*(source for source, into in pairs if into == target)) - target
            sources._note_merged(target)
        self._forget()
        self.env["loyalty.tier"]._merge_tiers(pairs)

    @api.model
    def _move_balances(self, moves, move=False):
        """Post the entries that move what cards hold to other cards, and move the lots.

        :param list moves: (card, card that gets its points, points)
        :param bool move: whether the points of the cards are still to be changed
        """
        rows = []
        for source, target, points in moves:
            rows.append(self._prepare_merge(len(rows), source, -points, target))
            rows.append(self._prepare_merge(len(rows), target, points, source))
        inserted = self._insert_entries(rows, move) if rows else []
        if inserted:
            self._move_lots(inserted[::2], inserted[1::2])

    @api.model
    def _merged_pairs(self, before):
        """Yield (card that core emptied, card that stays) of each program."""
        programs = {}
        for card in before:
            programs.setdefault(card.program_id, []).append(card)
        for cards in programs.values():
            stays = min((card for card in cards if card.active), key=lambda card: card.id)
            yield from ((card, stays) for card in cards if not card.active)

    @api.model
    def _prepare_merge(self, seq, card, points, other):
        """Return the entry of one side of a merge."""
        return self._prepare_row(
            seq,
            {
                "card_id": card.id,
                "kind": "merge",
                "points": points,
                "origin_model": "loyalty.card",
                "origin_id": other.id,
            },
        )

    @api.model
    def _move_pending(self, targets):
        """Let pending points wait for the card that stays: {emptied card id: its id}."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE loyalty_ledger_entry entry
                   SET card_id = card.id, card_code = card.code, partner_id = card.partner_id
                  FROM unnest(%s, %s) AS pair(source, target)
                  JOIN loyalty_card card ON card.id = pair.target
                 WHERE entry.card_id = pair.source AND entry.state = 'pending'
                """,
                list(targets),
                list(targets.values()),
            )
        )

    @api.model
    def _move_lots(self, outs, ins):
        """Move what remains in the lots of cards to other cards.

        :param list outs: entries (dicts) that empty a card
        :param list ins: the entries that fill another with it, in the same order
        """
        self.env.cr.execute(
            SQL(
                MOVE_LOTS,
                sources=[row["card_id"] for row in outs],
                outs=[row["id"] for row in outs],
                targets=[row["card_id"] for row in ins],
                ins=[row["id"] for row in ins],
            )
        )
        self._offset([row["id"] for row in ins])

    @api.model
    def _fill_from(self, moves):
        """Post what other cards gave: lots that last as those do which the giving entries used.

        :param list moves: (card id, id of the entry that took the points from another card)
        """
        if not moves:
            return
        outs = self.env["loyalty.ledger.entry"].browse(out for _card, out in moves)
        rows = [
            self._prepare_row(
                seq,
                {
                    "card_id": card,
                    "kind": "transfer",
                    "points": -out.points,
                    # no caller's key begins like this: theirs are stored with a prefix
                    "key": f"in,{out.key}",
                    "reason": out.reason,
                    "origin_model": "loyalty.card",
                    "origin_id": out.card_id.id,
                },
            )
            for seq, ((card, _out), out) in enumerate(zip(moves, outs, strict=True))
        ]
        inserted = self._insert_entries(rows, True)
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO loyalty_ledger_lot (card_id, entry_id, initial, remaining, expires_on,
                                                rule_id)
                SELECT pair.card, pair.in_id, sum(use.points), sum(use.points), lot.expires_on,
                       coalesce(lot.rule_id, entry.rule_id)
                  FROM unnest(%s, %s, %s) AS pair(card, out_id, in_id)
                  JOIN loyalty_ledger_allocation use ON use.entry_id = pair.out_id
                  JOIN loyalty_ledger_lot lot ON lot.id = use.lot_id
                  JOIN loyalty_ledger_entry entry ON entry.id = lot.entry_id
                 GROUP BY pair.card, pair.in_id, lot.expires_on, 6
                 ORDER BY pair.in_id, lot.expires_on, 6
                """,
                [row["card_id"] for row in inserted],
                outs.ids,
                [row["id"] for row in inserted],
            )
        )
        self._offset([row["id"] for row in inserted])
        self._forget()
