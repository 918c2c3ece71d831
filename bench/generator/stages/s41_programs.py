"""Partner programs, and the resellers enrolled in them."""

from __future__ import annotations

from ..context import Context
from ..engine import Stage

# Four of five enrollments are active; the others wait, are stopped or are over.
STATES = (
    "(ARRAY['applied', 'onboarding', 'suspended', 'ended'])[1 + pg_temp.pick(r.i, 'state of', 4)]"
)


class Programs(Stage):
    """Every reseller is in one program with the company of its country; one in fifty distributes.

    Resellers below the best tier buy through a distributor of the same company, where there is one.
    """

    name = "programs"
    bulk = False
    needs = {
        "prm_program": ("kind",),
        "prm_enrollment": ("partner_id", "program_id", "company_id", "state", "grade_id"),
        "bench_reseller": (),
    }
    tables = ("prm_program", "prm_enrollment")

    def run(self, ctx: Context) -> None:
        """Create the programs by Odoo and the enrollments by SQL."""
        programs = ctx.env["prm.program"].create(
            [
                {
                    "name": f"Bench {kind}s",
                    "kind": kind,
                    "sequence": 90 + number,
                    "company_ids": [(5,)],
                    "user_id": ctx.shared["users"][number],
                }
                for number, kind in enumerate(("reseller", "distributor"))
            ]
        )
        ctx.env.flush_all()
        params = {
            "base": ctx.reserve("prm_enrollment", ctx.size.resellers),
            "programs": programs.ids,
            "users": ctx.shared["users"],
            "sellers": len(ctx.shared["users"]),
        }
        ctx.plan(
            "bench_enrollment",
            f"""SELECT row_number() OVER (ORDER BY r.joined, r.number) AS no, r.partner_id,
                       r.joined, r.i, r.tier, mod(r.number, 50) = 0 AS distributes, co.company_id,
                       CASE WHEN pg_temp.u(r.i, 'enrolled') < 0.8 THEN 'active' ELSE {STATES} END
                           AS state
                  FROM bench_reseller r
                  JOIN bench_country k ON k.number = r.country
                  JOIN bench_company co ON co.number = k.company""",
        )
        self._insert(ctx, params)

    def _insert(self, ctx: Context, params: dict[str, object]) -> None:
        came = "e.state NOT IN ('applied', 'onboarding')"
        ctx.insert(
            "prm_enrollment",
            {
                "id": "%(base)s + e.no",
                "partner_id": "e.partner_id",
                "program_id": "(%(programs)s::int[])[1 + e.distributes::int]",
                "company_id": "e.company_id",
                "state": "e.state",
                "grade_id": f"CASE WHEN {came} THEN p.grade_id END",
                "grade_since": f"CASE WHEN {came} THEN e.joined END",
                "manager_id": "(%(users)s::int[])[1 + pg_temp.pick(e.i, 'manager', %(sellers)s)]",
                "parent_id": "CASE WHEN e.tier > 0 AND NOT e.distributes THEN %(base)s + above.no "
                "END",
                "applied_on": "e.joined - 30",
                "onboarding_on": "CASE WHEN e.state <> 'applied' THEN e.joined - 20 END",
                "active_on": f"CASE WHEN {came} THEN e.joined END",
                "suspended_on": "CASE WHEN e.state = 'suspended' THEN e.joined + 1 END",
                "ended_on": "CASE WHEN e.state = 'ended' THEN e.joined + 1 END",
                "reason": "CASE WHEN e.state IN ('suspended', 'ended') THEN 'Bench' END",
            },
            """bench_enrollment e
               JOIN res_partner p ON p.id = e.partner_id
               LEFT JOIN (SELECT company_id, min(no) AS no FROM bench_enrollment
                           WHERE distributes AND state = 'active' GROUP BY 1) above
                 ON above.company_id = e.company_id AND above.no <> e.no
               ORDER BY e.no""",
            params,
            stamp="e.joined - 30 + interval '9 hours'",
        )
