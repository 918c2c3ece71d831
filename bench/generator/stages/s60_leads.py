"""Leads and opportunities in all stages, some assigned to resellers."""

from __future__ import annotations

from ..context import Context
from ..engine import Stage
from .s40_tiers import customer_of

# `outcome` decides: won, lost or in one of the open stages.
LEAD = """
    SELECT n.no, n.day, n.outcome, c.partner_id, c.o, k.country_id, k.dial,
           pg_temp.u(n.no, 'known') < 0.6 AS known, n.no * 5 + 3 AS salt,
           pg_temp.company_name(c.o) || ' ' || pg_temp.legal_form(c.country) AS company_name,
           pg_temp.first_name(n.no, c.country) || ' ' || pg_temp.last_name(n.no, c.country)
               AS person,
           'l' || to_hex(n.no * 31) || '@' || pg_temp.domain(c.o, c.country) AS mail,
           pg_temp.domain(c.o, c.country) AS domain,
           pg_temp.digits(k.national, 7 * n.no, 'phone') AS number,
           round((200 * (1 + pg_temp.u(n.no, 'revenue') ^ 6 * 400))::numeric, 0) AS revenue,
           k.company, co.company_id,
           CASE WHEN outcome < 0.30 THEN 'won' WHEN outcome < 0.65 THEN 'lost' ELSE 'pending' END
               AS result,
           1 + pg_temp.pick(n.no, 'close lag', 90) AS lag,
           r.partner_id AS reseller_id
      FROM (SELECT no, pg_temp.sales_day((no - 0.5) / %(leads)s) AS day,
                   pg_temp.u(no, 'outcome') AS outcome,
                   -- those we know in name only are among the companies too
                   pg_temp.zipf(no, 'lead of', %(companies)s) AS rank
              FROM generate_series(1::bigint, %(leads)s) AS no OFFSET 0) n
      JOIN bench_customer c ON c.i = {customer}
      JOIN bench_country k ON k.number = c.country
      JOIN bench_company co ON co.number = k.company
      LEFT JOIN {resellers} r ON r.number = CASE WHEN pg_temp.u(n.no, 'assigned') < 0.3
           THEN pg_temp.zipf(n.no, 'assignee', %(resellers)s) END"""

CLOSED = "l.day + l.lag <= %(as_of)s"


class Leads(Stage):
    """30 % won, 35 % lost, the rest spread over the open stages; three in ten with a reseller."""

    name = "leads"
    needs = {"crm_lead": ("email_domain_criterion", "won_status"), "bench_duplicate": ()}
    tables = ("crm_lead",)

    def run(self, ctx: Context) -> None:
        """Write the leads."""
        env = ctx.env
        stages = env["crm.stage"].search([])
        won = stages.filtered("is_won")[:1]
        pending = (stages - won)[:3]
        lost = env["crm.lost.reason"].search([], limit=3)
        resellers = (
            "bench_reseller"
            if ctx.columns("bench_reseller")
            else ("(SELECT NULL::int AS number, NULL::int AS partner_id)")
        )
        params = {
            "base": ctx.reserve("crm_lead", ctx.size.leads),
            "leads": ctx.size.leads,
            "companies": ctx.size.companies,
            "resellers": ctx.size.resellers,
            "as_of": ctx.as_of,
            "won": won.id,
            "pending": pending.ids,
            "pendings": len(pending),
            "lost": lost.ids or [None],
            "losts": len(lost) or 1,
            "team": env.ref("sales_team.team_sales_department").id,
            "users": ctx.shared["users"],
            "sellers": len(ctx.shared["users"]),
        }
        # a decision that would lie in the future is not taken yet
        ctx.plan(
            "bench_lead",
            f"""SELECT l.*, CASE WHEN {CLOSED} THEN result ELSE 'pending' END AS status
                  FROM ({LEAD.format(customer=customer_of(ctx, "n"), resellers=resellers)}) l""",
            params,
        )
        self._insert(ctx, params)

    def _insert(self, ctx: Context, params: dict[str, object]) -> None:
        probability = (
            "CASE l.status WHEN 'won' THEN 100 WHEN 'lost' THEN 0 "
            "ELSE 10 + pg_temp.pick(l.no, 'probability', 75) END"
        )
        ctx.insert(
            "crm_lead",
            {
                "id": "%(base)s + l.no",
                "name": "CASE WHEN l.known THEN 'Order of ' ELSE 'Enquiry by ' END "
                "|| l.company_name",
                "type": "CASE WHEN l.known OR l.status = 'won' THEN 'opportunity' ELSE 'lead' END",
                "active": "l.status <> 'lost'",
                "won_status": "l.status",
                "stage_id": "CASE l.status WHEN 'won' THEN %(won)s ELSE "
                "(%(pending)s::int[])[1 + pg_temp.pick(l.no, 'stage', %(pendings)s)] END",
                "lost_reason_id": "CASE WHEN l.status = 'lost' THEN "
                "(%(lost)s::int[])[1 + pg_temp.pick(l.no, 'reason', %(losts)s)] END",
                "probability": probability,
                "automated_probability": probability,
                "partner_id": "CASE WHEN l.known THEN l.partner_id END",
                "partner_name": "l.company_name",
                "contact_name": "l.person",
                "email_from": "CASE WHEN l.known THEN p.email ELSE l.mail END",
                "email_normalized": "CASE WHEN l.known THEN p.email_normalized ELSE l.mail END",
                "email_domain_criterion": "CASE WHEN NOT l.known OR p.email > '' "
                "THEN '@' || l.domain END",
                "relationship_domain": "CASE WHEN NOT l.known OR p.email > '' THEN l.domain END",
                "email_state": "CASE WHEN NOT l.known OR p.email > '' THEN 'correct' END",
                "phone": "CASE WHEN l.known THEN p.phone ELSE pg_temp.phone(l.dial, l.number) END",
                "phone_sanitized": "CASE WHEN l.known THEN p.phone_sanitized "
                "ELSE '+' || l.dial || l.number END",
                "phone_state": "'correct'",
                "country_id": "l.country_id",
                "expected_revenue": "l.revenue",
                "prorated_revenue": f"round(l.revenue * ({probability}) / 100.0, 2)",
                "recurring_revenue_monthly": "0",
                "recurring_revenue_monthly_prorated": "0",
                "recurring_revenue_prorated": "0",
                "priority": "pg_temp.pick(l.no, 'priority', 4)::text",
                "company_id": "l.company_id",
                "team_id": "%(team)s",
                "user_id": "(%(users)s::int[])[1 + pg_temp.pick(l.no, 'seller', %(sellers)s)]",
                "date_open": "l.day + interval '10 hours'",
                "date_last_stage_update": "l.day + interval '10 hours'",
                "date_closed": "CASE WHEN l.status <> 'pending' "
                "THEN l.day + l.lag + interval '15 hours' END",
                "day_open": "0",
                "day_close": "CASE WHEN l.status <> 'pending' THEN l.lag ELSE 0 END",
                "date_deadline": "l.day + 90",
                "partner_assigned_id": "l.reseller_id",
                "date_partner_assign": "CASE WHEN l.reseller_id > 0 THEN l.day END",
            },
            "bench_lead l JOIN res_partner p ON p.id = l.partner_id ORDER BY l.no",
            params,
            stamp="l.day + interval '9 hours'",
        )
