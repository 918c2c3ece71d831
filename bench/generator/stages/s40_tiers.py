"""Resellers: companies with a tier."""

from __future__ import annotations

from ..context import Context
from ..curves import scramble
from ..engine import Stage


class Tiers(Stage):
    """Every fifth of the biggest companies sells for us: 10 % top tier, 30 % middle, 60 % entry."""

    name = "tiers"
    needs = {"res_partner": ("grade_id",), "res_partner_grade": ()}
    tables = ("res_partner",)

    def run(self, ctx: Context) -> None:
        """Give the tiers that are there (lowest sequence = best)."""
        grades = ctx.env["res.partner.grade"].search([], order="sequence, id")
        weighted = "partner_weight" in grades._fields
        ctx.plan(
            "bench_reseller",
            """SELECT r AS number, c.partner_id, c.i, c.country,
                      CASE WHEN r < %(count)s * 0.1 THEN 0 WHEN r < %(count)s * 0.4 THEN 1
                           ELSE 2 END AS tier,
                      LEAST(%(as_of)s::date, c.since + 30 + pg_temp.pick(c.i, 'joined', 400))
                          AS joined
                 FROM generate_series(0, %(count)s - 1) AS r
                 JOIN bench_customer c ON c.rank = r * 5""",
            {"count": ctx.size.resellers, "as_of": ctx.as_of},
        )
        ctx.cr.execute("CREATE INDEX ON bench_reseller (number)")
        tiers = [grades[min(n, len(grades) - 1)] for n in range(3)]
        there = ctx.columns("res_partner")
        values = {
            "grade_id": "(%(ids)s::int[])[1 + r.tier]",
            "grade_sequence": "(%(sequences)s::int[])[1 + r.tier]",
            "partner_weight": "(%(weights)s::int[])[1 + r.tier]",
            "date_partnership": "r.joined",
        }
        chosen = ", ".join(f"{name} = {sql}" for name, sql in values.items() if name in there)
        ctx.cr.execute(
            f"UPDATE res_partner p SET {chosen} FROM bench_reseller r WHERE p.id = r.partner_id",
            {
                "ids": [tier.id for tier in tiers],
                "sequences": [tier.sequence for tier in tiers],
                "weights": [tier.partner_weight if weighted else 0 for tier in tiers],
            },
        )
        ctx.rows["tiers"] = ctx.cr.rowcount


def customer_of(ctx: Context, alias: str) -> str:
    """Return SQL for the number (i) of the customer with rank `alias`.rank."""
    companies, persons = ctx.size.companies, ctx.size.persons
    c_times, c_shift, _ = scramble(companies)
    p_times, p_shift, _ = scramble(persons)
    return (
        f"CASE WHEN {alias}.rank < {companies} "
        f"THEN 1 + mod({alias}.rank * {c_times} + {c_shift}, {companies}) "
        f"ELSE {companies} + 1 "
        f"+ mod(({alias}.rank - {companies}) * {p_times} + {p_shift}, {persons}) END"
    )
