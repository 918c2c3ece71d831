"""What customers need, and what people agreed to."""

from __future__ import annotations

from ..context import Context
from ..engine import Stage
from .s40_tiers import customer_of

TOPICS = ("Shorter delivery", "Spare parts", "Training", "Leasing", "Service contract", "Samples")
PURPOSES = ("marketing", "survey", "profiling", "loyalty")


class Needs(Stage):
    """One for every tenth customer, the big ones more often; half are met or lost by now."""

    name = "needs"
    needs = {"relationship_need": ("topic", "state"), "bench_duplicate": ()}
    tables = ("relationship_need",)

    def run(self, ctx: Context) -> None:
        """Write the needs by the day on which they were told."""
        count = max(ctx.size.customers // 10, 5)
        closed = "h.fate >= 0.5 AND h.day + 60 <= %(as_of)s"
        ctx.insert(
            "relationship_need",
            {
                "id": "%(base)s + h.n",
                "topic": "(%(topics)s::text[])[1 + pg_temp.pick(h.n, 'topic', %(kinds)s)]",
                "partner_id": "c.partner_id",
                "company_id": "co.company_id",
                "user_id": "(%(users)s::int[])[1 + pg_temp.pick(c.o, 'seller', %(sellers)s)]",
                "kind": "CASE WHEN pg_temp.u(h.n, 'preference') < 0.3 THEN 'preference' "
                "ELSE 'need' END",
                "importance": "pg_temp.pick(h.n, 'importance', 4)::text",
                "source": "'visit'",
                "state": f"CASE WHEN {closed} THEN CASE WHEN h.fate < 0.85 THEN 'met' "
                "ELSE 'lost' END ELSE 'open' END",
                "confirmed_on": "GREATEST(h.day, c.since)",
                "review_on": "GREATEST(h.day, c.since) + 180",
                "closed_on": f"CASE WHEN {closed} THEN GREATEST(h.day, c.since) + 60 END",
            },
            f"""(SELECT n, pg_temp.zipf(n, 'needs', %(customers)s) AS rank,
                        pg_temp.sales_day((n - 0.5) / %(count)s) AS day,
                        pg_temp.u(n, 'need fate') AS fate
                   FROM generate_series(1::bigint, %(count)s) AS n OFFSET 0) h
                JOIN bench_customer c ON c.i = {customer_of(ctx, "h")}
                JOIN bench_country k ON k.number = c.country
                JOIN bench_company co ON co.number = k.company
                ORDER BY h.n""",
            {
                "base": ctx.reserve("relationship_need", count),
                "count": count,
                "customers": ctx.size.customers,
                "topics": list(TOPICS),
                "kinds": len(TOPICS),
                "users": ctx.shared["users"],
                "sellers": len(ctx.shared["users"]),
                "as_of": ctx.as_of,
            },
            stamp="h.day + interval '10 hours'",
        )


class Consents(Stage):
    """A word from one person in four; one in six of them changed their mind later."""

    name = "consents"
    needs = {"relationship_consent": ("contact_id", "purpose", "state"), "bench_duplicate": ()}
    tables = ("relationship_consent",)

    def run(self, ctx: Context) -> None:
        """Write what private persons and contacts said, the later word after the first."""
        ctx.plan(
            "bench_word",
            """SELECT row_number() OVER (ORDER BY day, id) AS no, w.*
                 FROM (SELECT p.id, said.number,
                              LEAST(%(as_of)s::date, p.create_date::date
                                  + pg_temp.pick(p.id - %(base)s, 'said', 300)
                                  + 200 * (said.number - 1)) AS day,
                              (%(purposes)s::text[])[1 + pg_temp.pick(p.id - %(base)s, 'purpose',
                                  %(kinds)s)] AS purpose,
                              CASE WHEN said.number = 2 THEN 'withdrawn'
                                   WHEN pg_temp.u(p.id - %(base)s, 'yes') < 0.8 THEN 'granted'
                                   ELSE 'refused' END AS state,
                              CASE WHEN pg_temp.u(p.id - %(base)s, 'every channel') < 0.6 THEN NULL
                                   ELSE (ARRAY['email', 'phone', 'sms'])[1 + pg_temp.pick(
                                       p.id - %(base)s, 'said channel', 3)] END AS channel
                         FROM res_partner p
                         JOIN generate_series(1, 2) AS said(number) ON said.number = 1
                              OR pg_temp.u(p.id - %(base)s, 'yes') < 0.8 / 6
                        WHERE p.id BETWEEN %(base)s + 1 AND %(base)s + %(partners)s
                          AND NOT p.is_company AND pg_temp.u(p.id - %(base)s, 'asked') < 0.25) w""",
            {
                "base": ctx.bases["res_partner"],
                "partners": ctx.size.partners,
                "purposes": list(PURPOSES),
                "kinds": len(PURPOSES),
                "as_of": ctx.as_of,
            },
        )
        ctx.cr.execute("SELECT count(*) FROM bench_word")
        params = {"base": ctx.reserve("relationship_consent", ctx.cr.fetchone()[0])}
        ctx.insert(
            "relationship_consent",
            {
                "id": "%(base)s + w.no",
                "contact_id": "w.id",
                "purpose": "w.purpose",
                "channel": "w.channel",
                "state": "w.state",
                "date": "w.day + interval '11 hours'",
                "source": "'web form'",
            },
            "bench_word w ORDER BY w.no",
            params,
            stamp="w.day + interval '11 hours'",
        )
