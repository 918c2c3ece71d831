from odoo import api, models
from odoo.tools import SQL

#: what of each entry is not settled by lots yet: above zero to bring, below zero to take
DUE = """
    SELECT entry.id, entry.card_id, entry.reverses_id, entry.expires_on,
           entry.points - coalesce(lots.initial, 0) + coalesce(used.points, 0) AS points
      FROM loyalty_ledger_entry entry
      LEFT JOIN LATERAL (SELECT sum(lot.initial) AS initial FROM loyalty_ledger_lot lot
                          WHERE lot.entry_id = entry.id) lots ON true
      LEFT JOIN LATERAL (SELECT sum(use.points) AS points FROM loyalty_ledger_allocation use
                          WHERE use.entry_id = entry.id) used ON true
     WHERE entry.id = ANY(%s)
"""

#: An amount that is due, and what lots hold, lie end to end on one line for each card (or entry);
#: where a piece of one overlaps a piece of the other, the one is settled by the other.
OVERLAP = """
    least(due.upto, lot.upto) - greatest(due.upto - due.points, lot.upto - lot.points)
"""
MEET = """
    due.upto - due.points < lot.upto AND lot.upto - lot.points < due.upto
"""

GIVE_BACK = """
    WITH due AS (
        SELECT due.id, due.card_id, due.reverses_id, due.points,
               sum(due.points) OVER (PARTITION BY due.card_id, due.reverses_id ORDER BY due.id)
                   AS upto
          FROM (%(due)s) due WHERE due.points > 0
    ),
    used AS (
        SELECT coalesce(entry.reverses_id, entry.id) AS entry_id, use.lot_id,
               sum(use.points) AS points
          FROM loyalty_ledger_entry entry
          JOIN loyalty_ledger_allocation use ON use.entry_id = entry.id
         WHERE entry.id IN (SELECT reverses_id FROM due)
            OR entry.reverses_id IN (SELECT reverses_id FROM due)
         GROUP BY 1, 2 HAVING sum(use.points) > 0
         UNION ALL
        SELECT lot.entry_id, lot.id, -lot.remaining FROM loyalty_ledger_lot lot
         WHERE lot.entry_id IN (SELECT reverses_id FROM due) AND lot.remaining < 0
    ),
    lot AS (
        SELECT lot.id, lot.card_id, used.entry_id, used.points,
               sum(used.points) OVER (
                   PARTITION BY lot.card_id, used.entry_id
                   ORDER BY lot.remaining < 0 DESC, lot.expires_on DESC NULLS FIRST, lot.id DESC
               ) AS upto
          FROM used JOIN loyalty_ledger_lot lot ON lot.id = used.lot_id
    ),
    part AS (
        SELECT due.id AS entry_id, lot.id AS lot_id, -(%(overlap)s) AS points
          FROM due JOIN lot ON lot.card_id = due.card_id AND lot.entry_id = due.reverses_id
                           AND %(meet)s
    ),
    settled AS (
        UPDATE loyalty_ledger_lot lot SET remaining = lot.remaining - moved.points
          FROM (SELECT lot_id, sum(points) AS points FROM part GROUP BY lot_id) moved
         WHERE lot.id = moved.lot_id
    )
    INSERT INTO loyalty_ledger_allocation (entry_id, lot_id, points)
    SELECT entry_id, lot_id, points FROM part
"""

BRING = """
    WITH due AS (
        SELECT due.id, due.card_id, due.expires_on, due.points,
               sum(due.points) OVER (PARTITION BY due.card_id ORDER BY due.id) AS upto
          FROM (%(due)s) due WHERE due.points > 0
    ),
    lot AS (
        SELECT debt.id, debt.card_id, -debt.remaining AS points,
               sum(-debt.remaining) OVER (PARTITION BY debt.card_id ORDER BY debt.id) AS upto
          FROM loyalty_ledger_lot debt
         WHERE debt.card_id IN (SELECT card_id FROM due) AND debt.remaining < 0
    ),
    part AS (
        SELECT due.id AS entry_id, lot.id AS lot_id, -(%(overlap)s) AS points
          FROM due JOIN lot ON lot.card_id = due.card_id AND %(meet)s
    ),
    repaid AS (
        UPDATE loyalty_ledger_lot lot SET remaining = lot.remaining - moved.points
          FROM (SELECT lot_id, sum(points) AS points FROM part GROUP BY lot_id) moved
         WHERE lot.id = moved.lot_id
    ),
    noted AS (
        INSERT INTO loyalty_ledger_allocation (entry_id, lot_id, points)
        SELECT entry_id, lot_id, points FROM part
        RETURNING entry_id, points
    )
    INSERT INTO loyalty_ledger_lot (card_id, entry_id, initial, remaining, expires_on)
    SELECT due.card_id, due.id, due.points + coalesce(gone.points, 0),
           due.points + coalesce(gone.points, 0), due.expires_on
      FROM due
      LEFT JOIN (SELECT entry_id, sum(points) AS points FROM noted GROUP BY entry_id) gone
        ON gone.entry_id = due.id
     WHERE due.points + coalesce(gone.points, 0) > 0
     ORDER BY due.id
"""

TAKE = """
    WITH due AS (
        SELECT due.id, due.card_id, due.reverses_id, -due.points AS points,
               sum(-due.points) OVER (PARTITION BY due.card_id, %(owner)s ORDER BY due.id) AS upto
          FROM (%(due)s) due WHERE due.points < 0
    ),
    lot AS (
        SELECT lot.id, lot.card_id, lot.entry_id, lot.remaining AS points,
               sum(lot.remaining) OVER (PARTITION BY lot.card_id, %(of)s
                                        ORDER BY lot.expires_on, lot.id) AS upto
          FROM loyalty_ledger_lot lot
         WHERE lot.card_id IN (SELECT card_id FROM due) AND lot.remaining > 0 AND %(which)s
    ),
    part AS (
        SELECT due.id AS entry_id, lot.id AS lot_id, %(overlap)s AS points
          FROM due JOIN lot ON lot.card_id = due.card_id AND %(same)s AND %(meet)s
    ),
    taken AS (
        UPDATE loyalty_ledger_lot lot SET remaining = lot.remaining - moved.points
          FROM (SELECT lot_id, sum(points) AS points FROM part GROUP BY lot_id) moved
         WHERE lot.id = moved.lot_id
    ),
    noted AS (
        INSERT INTO loyalty_ledger_allocation (entry_id, lot_id, points)
        SELECT entry_id, lot_id, points FROM part
        RETURNING entry_id, points
    )
    INSERT INTO loyalty_ledger_lot (card_id, entry_id, initial, remaining)
    SELECT due.card_id, due.id, coalesce(gone.points, 0) - due.points,
           coalesce(gone.points, 0) - due.points
      FROM due
      LEFT JOIN (SELECT entry_id, sum(points) AS points FROM noted GROUP BY entry_id) gone
        ON gone.entry_id = due.id
     WHERE %(debts)s AND due.points > coalesce(gone.points, 0)
     ORDER BY due.id
"""

OFFSET = """
    WITH entry AS (
        SELECT DISTINCT ON (card_id) card_id, id FROM loyalty_ledger_entry
         WHERE id = ANY(%(entries)s) ORDER BY card_id, id DESC
    ),
    due AS (
        SELECT debt.id, debt.card_id, entry.id AS entry_id, -debt.remaining AS points,
               sum(-debt.remaining) OVER (PARTITION BY debt.card_id ORDER BY debt.id) AS upto
          FROM loyalty_ledger_lot debt JOIN entry ON entry.card_id = debt.card_id
         WHERE debt.remaining < 0
    ),
    lot AS (
        SELECT lot.id, lot.card_id, lot.remaining AS points,
               sum(lot.remaining) OVER (PARTITION BY lot.card_id ORDER BY lot.expires_on, lot.id)
                   AS upto
          FROM loyalty_ledger_lot lot
         WHERE lot.card_id IN (SELECT card_id FROM due) AND lot.remaining > 0
    ),
    part AS (
        SELECT due.entry_id, due.id AS debt_id, lot.id AS lot_id, %(overlap)s AS points
          FROM due JOIN lot ON lot.card_id = due.card_id AND %(meet)s
    ),
    move AS (
        SELECT entry_id, lot_id, points FROM part
         UNION ALL
        SELECT entry_id, debt_id, -points FROM part
    ),
    settled AS (
        UPDATE loyalty_ledger_lot lot SET remaining = lot.remaining - moved.points
          FROM (SELECT lot_id, sum(points) AS points FROM move GROUP BY lot_id) moved
         WHERE lot.id = moved.lot_id
    )
    INSERT INTO loyalty_ledger_allocation (entry_id, lot_id, points)
    SELECT entry_id, lot_id, points FROM move
"""


class LoyaltyLedger(models.AbstractModel):
    """How entries are settled by lots, each step one statement for all entries of a round."""

    _inherit = "loyalty.ledger"

    @api.model
    def _settle(self, statement, entries, **parts):
        """Run one of the statements above on these entries (ids)."""
        if entries:
            parts = {name: SQL(part) for name, part in parts.items()}
            due = SQL(DUE, entries)
            self.env.cr.execute(
                SQL(statement, due=due, overlap=SQL(OVERLAP), meet=SQL(MEET), **parts)
            )

    @api.model
    def _return_to_lots(self, entries):
        """Give points back to the lots that the reversed entries used: the expiry stays as it was.

        A debt of the reversed entry is undone first, then the lots that expire last; what can no
        longer be given back (a debt repaid since) becomes a new lot by :meth:`_credit`.
        """
        self._settle(GIVE_BACK, entries)
        if entries:
            self._offset(entries)

    @api.model
    def _credit(self, entries):
        """Repay debts of the cards, the oldest first, and make lots of the rest."""
        self._settle(BRING, entries)

    @api.model
    def _take_own(self, entries):
        """Take back an earning from the lots it made, as far as they are not spent."""
        self._settle(
            TAKE,
            entries,
            owner="due.reverses_id",
            of="lot.entry_id",
            which="lot.entry_id IN (SELECT reverses_id FROM due)",
            same="lot.entry_id = due.reverses_id",
            debts="false",
        )

    @api.model
    def _debit(self, entries):
        """Take points from the lots that expire soonest; what no lot covers becomes a debt."""
        self._settle(TAKE, entries, owner="1", of="1", which="true", same="true", debts="true")

    @api.model
    def _offset(self, entries):
        """Repay debts from open lots of the same card, in the name of these entries (ids).

        Needed where lots come back or move in while a debt is there.
        """
        self.env.cr.execute(SQL(OFFSET, entries=entries, overlap=SQL(OVERLAP), meet=SQL(MEET)))
