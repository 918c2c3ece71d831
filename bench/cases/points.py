"""Points: many earnings, spending from cards with many lots."""

from __future__ import annotations

import statistics
import time
from typing import Any

from bench.runner.case import Case, Goal, Probe

BATCH = 10_000
#: core moves points card by card: a sample of that, scaled up
SAMPLE = 200
LOTS = 1000

ENTRIES = """
    INSERT INTO loyalty_ledger_entry (card_id, card_code, program_id, partner_id, company_id, kind,
           points, status_points, state, key, user_id, recorded_at, posted_at)
    SELECT card.id, card.code, card.program_id, card.partner_id, card.company_id, %(kind)s,
           row.points, 0, 'posted', row.key, 2, now(), now()
      FROM bench_row row JOIN loyalty_card card ON card.id = row.card_id
     ORDER BY row.line
    RETURNING id, card_id, points, partner_id, company_id, key"""
TELL = """
    INSERT INTO relationship_interaction (company_id, partner_id, contact_id, kind_id, occurred_at,
           recorded_at, source, external_ref, res_model, res_id, payload, summary)
    SELECT coalesce(made.company_id, %(company)s), made.partner_id, made.partner_id, kind.id, now(),
           now(), 'odoo', 'loyalty.ledger.entry,' || made.id, 'loyalty.card', made.card_id,
           jsonb_build_object('points', made.points), made.points::text
      FROM made JOIN relationship_interaction_kind kind ON kind.code = %(told)s
    RETURNING id, kind_id"""
TODO = """
    INSERT INTO relationship_interaction_todo (interaction_id, consumer_id)
    SELECT told.id, consumer.id
      FROM told
      JOIN (relationship_interaction_consumer consumer
            LEFT JOIN relationship_interaction_consumer_kind_rel r ON r.consumer_id = consumer.id)
        ON consumer.active AND coalesce(r.kind_id, told.kind_id) = told.kind_id"""
# One statement: entries, a lot each, the balances, what is told of it.
ACCRUE = f"""
    WITH made AS ({ENTRIES}),
    lot AS (INSERT INTO loyalty_ledger_lot (card_id, entry_id, initial, remaining)
            SELECT card_id, id, points, points FROM made ORDER BY id),
    told AS ({TELL}),
    todo AS ({TODO})
    UPDATE loyalty_card card SET points = coalesce(card.points, 0) + change.points
      FROM (SELECT card_id, sum(points) AS points FROM made GROUP BY card_id) change
     WHERE card.id = change.card_id"""
# One window over the open lots of the cards: what of each an entry takes.
REDEEM = f"""
    WITH made AS ({ENTRIES}),
    open AS (
        SELECT lot.id, made.id AS entry_id, lot.remaining, -made.points AS wanted,
               sum(lot.remaining) OVER (PARTITION BY lot.card_id
                                        ORDER BY expires_on, lot.id) AS upto
          FROM loyalty_ledger_lot lot JOIN made USING (card_id) WHERE lot.remaining > 0
    ),
    part AS (
        SELECT id, entry_id, least(remaining, wanted - (upto - remaining)) AS points
          FROM open WHERE upto - remaining < wanted
    ),
    taken AS (UPDATE loyalty_ledger_lot lot SET remaining = lot.remaining - part.points
                FROM part WHERE part.id = lot.id),
    used AS (INSERT INTO loyalty_ledger_allocation (entry_id, lot_id, points)
             SELECT entry_id, id, points FROM part),
    told AS ({TELL}),
    todo AS ({TODO})
    UPDATE loyalty_card card SET points = coalesce(card.points, 0) + made.points
      FROM made WHERE made.card_id = card.id"""


def program(env: Any) -> Any:
    """Return a new loyalty program without rules."""
    made = env["loyalty.program"].create(
        {"name": "Bench of points", "program_type": "loyalty", "applies_on": "both"}
    )
    made.rule_ids.unlink()
    return made


def cards(env: Any, of: Any, number: int, start: int = 0) -> Any:
    """Return new cards of a program, numbered from ``start``, of customers one after the other."""
    partners = env["res.partner"].search([], order="id", limit=number).ids
    return env["loyalty.card"].create(
        [
            {
                "program_id": of.id,
                "partner_id": partners[n % len(partners)],
                "code": f"bench-{of.id}-{start + n:08d}",
            }
            for n in range(number)
        ]
    )


def numbers(records: Any) -> dict[int, str]:
    """Return {id: number} of cards; the numbers are the same in every run."""
    return {card.id: card.code.rpartition("-")[2] for card in records}


def by_sql(env: Any, statement: str, rows: list[tuple[int, float, str]], kind: str) -> None:
    """Run one of the statements on rows (card, signed points, key)."""
    env.cr.execute(
        "CREATE TEMP TABLE bench_row (line serial, card_id int, points numeric(16, 4), key text)"
        " ON COMMIT DROP"
    )
    env.cr.execute(
        "INSERT INTO bench_row (card_id, points, key) SELECT * FROM unnest(%s, %s::numeric[], %s)",
        [[row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]],
    )
    told = {"earn": "points_earned", "redeem": "points_redeemed"}[kind]
    env.cr.execute(statement, {"kind": kind, "told": told, "company": env.company.id})
    env.cr.execute("DROP TABLE bench_row")
    env.invalidate_all()


class Accrue(Case):
    """Five earnings on each card, as another system sends them."""

    name = "accrue"
    title = "earnings by the API in batches of 10,000, five on each card"
    goals = (
        Goal("ordinary/ours", ">=", 15, ("S", "M", "L")),
        Goal("ours/limit", "<=", 4, ("S", "M", "L")),
        Goal("growth", "<=", 1.1),
    )
    plain = True

    def units(self) -> int:
        return self.by_size(200, 10_000, 50_000, 100_000)

    def setup(self, env: Any) -> None:
        """Make the cards."""
        made = cards(env, program(env), self.units() // 5)
        self.codes = numbers(made)
        self.rows = [
            (card_id, (n % 7 + 1) * 2.5, f"{card_id}-{n}")
            for n in range(5)
            for card_id in self.codes
        ]

    def ours(self, env: Any, probe: Probe) -> Any:
        """Post them by the API."""
        for start in range(0, len(self.rows), BATCH):
            env["loyalty.card"].accrue(
                [
                    {"card_id": card, "points": points, "key": key}
                    for card, points, key in self.rows[start : start + BATCH]
                ]
            )

    def ordinary(self, env: Any, probe: Probe) -> Any:
        """Add to each card and write core's history, one by one, as core does."""
        done = min(len(self.rows), SAMPLE)
        probe.share = done / len(self.rows)
        for card_id, points, key in self.rows[:done]:
            card = env["loyalty.card"].browse(card_id)
            card.points += points
            env["loyalty.history"].create(
                {"card_id": card_id, "description": key, "issued": points, "used": 0}
            )
            env.cr.flush()
        return [card_id for card_id, _points, _key in self.rows[:done]]

    def limit(self, env: Any, probe: Probe) -> Any:
        """Write all of it by one statement."""
        by_sql(env, ACCRUE, self.rows, "earn")

    compared = ("ours", "limit")

    def result(self, env: Any, outcome: Any) -> dict[str, Any]:
        """Return balance, entries and lots of each card."""
        return points_of(env, self.codes)


def points_of(env: Any, codes: dict[int, str]) -> dict[str, Any]:
    """Return {code: [balance, entries, what lots hold]}; of plain Odoo only the balance."""
    env.flush_all()
    if "loyalty.ledger" not in env.registry:
        env.cr.execute("SELECT id, points FROM loyalty_card WHERE id = ANY(%s)", [list(codes)])
        return {codes[card]: [float(points or 0)] for card, points in env.cr.fetchall()}
    env.cr.execute(
        """
        SELECT card.id, card.points, entries.sum, lots.sum, lots.count
          FROM loyalty_card card
          LEFT JOIN LATERAL (SELECT sum(points) FROM loyalty_ledger_entry
                              WHERE card_id = card.id) entries ON true
          LEFT JOIN LATERAL (SELECT sum(remaining), count(*) FILTER (WHERE remaining > 0)
                               FROM loyalty_ledger_lot WHERE card_id = card.id) lots ON true
         WHERE card.id = ANY(%s)
        """,
        [list(codes)],
    )
    return {codes[row[0]]: [float(value or 0) for value in row[1:]] for row in env.cr.fetchall()}


class Redeem(Case):
    """Each card has 1,000 open lots that expire on different days; half of the points are spent."""

    name = "redeem"
    title = "spend 500 of 1,000 open lots of each card"
    needs = ("loyalty.ledger",)
    goals = (
        Goal("ours/limit", "<=", 4, ("S", "M", "L")),
        Goal("with spent/without", "<=", 1.1),
        Goal("growth", "<=", 1.1),
    )

    def units(self) -> int:
        return self.by_size(2, 20, 100, 500)

    def setup(self, env: Any) -> None:
        """Make the cards with their lots, and as many beside that have 1,000 spent lots more."""
        number = self.units()
        made = cards(env, program(env), 2 * number)
        self.plain, self.rich = made[:number], made[number:]
        self.codes = numbers(self.plain)
        fill(env, made.ids, LOTS, 1)
        fill(env, self.rich.ids, LOTS, 0)
        env.cr.execute("ANALYZE loyalty_ledger_lot, loyalty_ledger_entry")
        env.invalidate_all()

    def rows(self, records: Any) -> list[tuple[int, float, str]]:
        return [(card.id, -LOTS / 2 - 0.5, f"spend-{card.id}") for card in records]

    def spend(self, env: Any, records: Any) -> None:
        """Redeem on these cards by the API."""
        env["loyalty.card"].redeem(
            [
                {"card_id": card, "points": -points, "key": key}
                for card, points, key in self.rows(records)
            ]
        )

    def ours(self, env: Any, probe: Probe) -> Any:
        """Redeem by the API."""
        self.spend(env, self.plain)

    def limit(self, env: Any, probe: Probe) -> Any:
        """Redeem by one statement."""
        by_sql(env, REDEEM, self.rows(self.plain), "redeem")

    def result(self, env: Any, outcome: Any) -> dict[str, Any]:
        """Return balance, entries and lots of each card."""
        return points_of(env, self.codes)

    def extras(self, env: Any, outcome: Any) -> dict[str, float]:
        """Compare cards that have 1,000 spent lots with others, in turns."""
        times: dict[str, list[float]] = {"with": [], "without": []}
        fresh = cards(env, self.plain.program_id, len(self.plain), 2 * len(self.plain))
        fill(env, fresh.ids, LOTS, 1)
        for turn in range(6):
            for kind, records in (("with", self.rich), ("without", fresh)):
                savepoint = env.cr.savepoint()
                started = time.perf_counter()
                self.spend(env, records)
                env.cr.flush()
                if turn:  # the first reads into the caches
                    times[kind].append(time.perf_counter() - started)
                savepoint.close(rollback=True)
                env.invalidate_all()
        medians = {kind: statistics.median(values) for kind, values in times.items()}
        return {"with spent/without": medians["with"] / medians["without"]}


def fill(env: Any, card_ids: list[int], number: int, remaining: int) -> None:
    """Give cards lots of one point, open or spent, each expiring on another day."""
    env.flush_all()
    env.cr.execute(
        """
        WITH made AS (
            INSERT INTO loyalty_ledger_entry (card_id, card_code, program_id, partner_id,
                   company_id, kind, points, status_points, state, key, recorded_at, posted_at,
                   expires_on)
            SELECT card.id, card.code, card.program_id, card.partner_id, card.company_id, 'earn',
                   1, 0, 'posted', card.id || '-' || n || '-' || %(open)s, now(), now(),
                   current_date + 30 + n
              FROM loyalty_card card, generate_series(1, %(number)s) n
             WHERE card.id = ANY(%(cards)s)
            RETURNING id, card_id, expires_on
        ),
        lot AS (
            INSERT INTO loyalty_ledger_lot (card_id, entry_id, initial, remaining, expires_on)
            SELECT card_id, id, 1, %(open)s, expires_on FROM made ORDER BY id
        )
        UPDATE loyalty_card SET points = coalesce(points, 0) + %(number)s * %(open)s
         WHERE id = ANY(%(cards)s)
        """,
        {"cards": card_ids, "number": number, "open": remaining},
    )
    env.invalidate_all()
