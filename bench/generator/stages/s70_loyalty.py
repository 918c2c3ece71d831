"""Loyalty cards of the bigger customers, with core's own history."""

from __future__ import annotations

from ..context import Context
from ..engine import Stage


class Loyalty(Stage):
    """One point program of the main company; a card for the biggest two fifths of the customers."""

    name = "loyalty"
    needs = {
        "loyalty_program": (),
        "loyalty_card": ("points",),
        "loyalty_history": ("issued", "used"),
        "bench_duplicate": (),
    }
    tables = ("loyalty_card", "loyalty_history")

    def run(self, ctx: Context) -> None:
        """Create the program by Odoo, cards and history by SQL; points are the history's sum."""
        env = ctx.env
        program = env["loyalty.program"].create(
            {
                "name": "Bench points",
                "program_type": "loyalty",
                "applies_on": "both",
                "trigger": "auto",
                "rule_ids": [(0, 0, {"reward_point_amount": 1, "reward_point_mode": "money"})],
                "reward_ids": [(0, 0, {"required_points": 200, "discount": 10})],
            }
        )
        env.flush_all()
        cards = ctx.size.loyalty_cards
        params = {
            "card": ctx.reserve("loyalty_card", cards),
            "history": ctx.reserve("loyalty_history", 2 * cards),
            "cards": cards,
            "program": program.id,
            "company": program.company_id.id or None,
            "as_of": ctx.as_of,
        }
        ctx.plan(
            "bench_card",
            """SELECT row_number() OVER (ORDER BY c.since, c.rank) AS no, c.partner_id,
                      c.since + interval '11 hours' AS since,
                      10 + floor(4000 * pg_temp.u(c.i, 'points') ^ 4)::int AS earned,
                      CASE WHEN pg_temp.u(c.i, 'spent') < 0.4 THEN 5 ELSE 0 END AS used
                 FROM bench_customer c WHERE c.rank < %(cards)s""",
            params,
        )
        ctx.insert(
            "loyalty_card",
            {
                "id": "%(card)s + c.no",
                "program_id": "%(program)s",
                "company_id": "%(company)s",
                "partner_id": "c.partner_id",
                "points": "c.earned - c.used",
                "code": "'044b-' || lpad(to_hex(c.no), 8, '0') || '-' "
                "|| substr(md5(c.no::text), 1, 4)",
                "active": "true",
            },
            "bench_card c ORDER BY c.no",
            params,
            stamp="c.since",
        )
        for number, issued, used, when in (
            (1, "c.earned", "0", "c.since"),
            (2, "0", "c.used", "LEAST(c.since + interval '90 days', %(as_of)s::timestamp)"),
        ):
            ctx.insert(
                "loyalty_history",
                {
                    "id": f"%(history)s + 2 * c.no - {2 - number}",
                    "card_id": "%(card)s + c.no",
                    "description": "'Earlier points'" if number == 1 else "'Reward'",
                    "issued": issued,
                    "used": used,
                },
                f"bench_card c WHERE {issued} + {used} > 0 ORDER BY c.no",
                params,
                stamp=when,
            )
