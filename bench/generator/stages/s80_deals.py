"""Deal registrations of resellers, with their claims on customers."""

from __future__ import annotations

from ..context import Context
from ..curves import scramble
from ..engine import Stage

# Deals come in blocks of twenty: nine approved for nine customers; six refused, each for a
# customer that an approved one of the block holds; three undecided; one draft; one undecided that
# waits behind another. Seven of ten customers are companies in the base, the rest are unknown.
DEAL = """
    SELECT d.*, r.partner_id, k.country_id, c.is_company,
           pg_temp.company_name(d.salt) || ' ' || pg_temp.legal_form(d.country) AS customer_name,
           pg_temp.domain(d.salt, d.country) AS domain,
           CASE WHEN pg_temp.u(d.salt, 'has vat') < 0.9 THEN pg_temp.digits(k.vat, d.salt, 'vat')
           END AS vat, x.code, co.company_id, co.currency_id,
           CASE WHEN d.known AND pg_temp.u(d.salt, 'has vat') < 0.9 AND k.vat <> ''
                     AND NOT EXISTS (SELECT FROM bench_customer e
                                     WHERE e.o = d.salt AND e.i <> d.salt)
                THEN c.partner_id END AS customer_id
      FROM (SELECT e.*, CASE WHEN e.known THEN e.place ELSE %(partners)s + e.place END AS salt,
                   CASE WHEN e.known THEN pg_temp.country(e.place)
                        ELSE pg_temp.country(%(partners)s + e.place) END AS country
              FROM (SELECT no, kind, day, hour, owner,
                           -- never the reseller of the deal that has the customer
                           mod(owner * 7 + (1 + mod(kind, %(resellers)s - 1)) * (no <> owner)::int,
                               %(resellers)s) AS reseller,
                           pg_temp.u(owner, 'deal known') < 0.7 AS known,
                           1 + mod(owner * {times} + {shift}, %(companies)s) AS place
                      FROM (SELECT no, mod(no, 20) AS kind,
                                   pg_temp.sales_day((no - 19.5) / %(deals)s) AS day,
                                   pg_temp.pick(no, 'deal hour', 12) AS hour,
                                   CASE WHEN mod(no, 20) BETWEEN 9 AND 14 THEN no - 9
                                        WHEN mod(no, 20) = 19 THEN no - 2 ELSE no END AS owner
                              FROM generate_series(20::bigint, %(deals)s + 19) AS no OFFSET 0) f
                    OFFSET 0) e OFFSET 0) d
      JOIN bench_reseller r ON r.number = d.reseller
      JOIN bench_country k ON k.number = d.country
      JOIN res_country x ON x.id = k.country_id
      JOIN bench_customer c ON c.i = d.place
      JOIN bench_company co ON co.number = k.company"""

#: a deal with a company that is not in the base waits: approving it would bring the company in
STATE = (
    "CASE WHEN d.kind = 18 THEN 'draft' WHEN d.kind >= 15 OR d.customer_id IS NULL "
    "THEN 'in_review' WHEN d.kind < 9 THEN 'approved' ELSE 'rejected' END"
)


class Deals(Stage):
    """Registrations in all states, the leads and protections of approved ones, claim keys."""

    name = "deals"
    needs = {
        "prm_deal": ("submit_no", "vat_key", "domain_key", "verdict", "origin_key"),
        "prm_claim_key": ("key", "kind", "company_id", "seq"),
        "prm_deal_claim": ("deal_id", "key_id", "company_id"),
        "prm_deal_protection": ("deal_id", "customer_id", "date_from", "date_until", "live"),
        "bench_reseller": (),
    }
    tables = ("prm_deal", "prm_deal_claim", "prm_claim_key", "prm_deal_protection", "crm_lead")

    def run(self, ctx: Context) -> None:
        """Plan the deals, then write leads, deals, keys and claims."""
        times, shift, _ = scramble(ctx.size.companies - ctx.size.duplicate_companies)
        params: dict[str, object] = {
            "deals": ctx.size.deals,
            "partners": ctx.size.partners,
            "resellers": ctx.size.resellers,
            "companies": ctx.size.companies - ctx.size.duplicate_companies,
            "deal": ctx.reserve("prm_deal", ctx.size.deals),
            "lead": ctx.reserve("crm_lead", ctx.size.deals),
            "team": ctx.env.ref("sales_team.team_sales_department").id,
            "stage": ctx.env["crm.stage"].search([("is_won", "=", False)], limit=1).id,
            "users": ctx.shared["users"],
            "sellers": len(ctx.shared["users"]),
        }
        ctx.plan(
            "bench_deal",
            f"""SELECT d.*, row_number() OVER (ORDER BY no) AS n, {STATE} AS state,
                       round((500 * (1 + pg_temp.u(no, 'deal amount') ^ 5 * 300))::numeric, 0)
                           AS amount,
                       CASE WHEN vat IS NULL THEN '' WHEN starts_with(vat, code) THEN vat
                            ELSE code || vat END AS vat_key
                  FROM ({DEAL.format(times=times, shift=shift)}) d ORDER BY no""",
            params,
        )
        ctx.cr.execute("SELECT nextval('prm_deal_submit_no_seq')")
        params["submit"] = ctx.cr.fetchone()[0]
        ctx.cr.execute("SELECT setval('prm_deal_submit_no_seq', %(submit)s + %(deals)s)", params)
        self._insert_leads(ctx, params)
        self._insert_deals(ctx, params)
        self._insert_claims(ctx, params)
        self._insert_protections(ctx, params)

    def _insert_leads(self, ctx: Context, params: dict[str, object]) -> None:
        ctx.insert(
            "crm_lead",
            {
                "id": "%(lead)s + d.n",
                "name": "d.customer_name || ' (registered)'",
                "type": "'opportunity'",
                "active": "true",
                "won_status": "'pending'",
                "stage_id": "%(stage)s",
                "probability": "30",
                "automated_probability": "30",
                "partner_id": "d.customer_id",
                "partner_name": "d.customer_name",
                "website": "d.domain",
                "relationship_domain": "d.domain",
                "country_id": "d.country_id",
                "expected_revenue": "d.amount",
                "prorated_revenue": "round(d.amount * 0.3, 2)",
                "priority": "'1'",
                "company_id": "d.company_id",
                "team_id": "%(team)s",
                "user_id": "(%(users)s::int[])"
                "[1 + pg_temp.pick(d.reseller, 'seller', %(sellers)s)]",
                "partner_assigned_id": "d.partner_id",
                "date_partner_assign": "d.day",
                "date_open": "d.day + interval '10 hours'",
                "date_last_stage_update": "d.day + interval '10 hours'",
            },
            "bench_deal d WHERE d.state = 'approved' ORDER BY d.n",
            params,
            stamp="d.day + interval '10 hours'",
        )

    def _insert_deals(self, ctx: Context, params: dict[str, object]) -> None:
        decided = "d.state IN ('approved', 'rejected')"
        submitted = "d.state <> 'draft'"
        ctx.insert(
            "prm_deal",
            {
                "id": "%(deal)s + d.n",
                "name": "'BENCH/' || lpad(d.n::text, 6, '0')",
                "company_id": "d.company_id",
                "partner_id": "d.partner_id",
                "customer_name": "d.customer_name",
                "customer_vat": "d.vat",
                "customer_domain": "d.domain",
                "customer_country_id": "d.country_id",
                "customer_id": "CASE WHEN d.customer_id <> d.partner_id THEN d.customer_id END",
                "vat_key": "d.vat_key",
                "domain_key": "d.domain",
                "amount": "d.amount",
                "currency_id": "d.currency_id",
                "expected_close": "d.day + 90",
                "state": "d.state",
                "source": "CASE WHEN pg_temp.u(d.n, 'source') < 0.7 THEN 'portal' ELSE 'staff' END",
                "origin_key": "'bench:' || d.n",
                "verdict": f"CASE WHEN {submitted} THEN CASE WHEN d.kind = 19 OR (d.kind BETWEEN 9 "
                "AND 14 AND d.state = 'in_review') THEN 'other_partner' ELSE 'clear' END END",
                "submit_no": f"CASE WHEN {submitted} THEN %(submit)s + d.n END",
                "submitted_on": f"CASE WHEN {submitted} THEN d.day + interval '9 hours' END",
                "submitted_by": f"CASE WHEN {submitted} THEN 1 END",
                "decided_on": f"CASE WHEN {decided} THEN d.day + interval '34 hours' END",
                "decided_by": "CASE WHEN d.state = 'approved' THEN 1 END",
                "reject_reason": "CASE WHEN d.state = 'rejected' "
                "THEN 'This customer can''t be registered.' END",
                "lead_id": "CASE WHEN d.state = 'approved' THEN %(lead)s + d.n END",
                "protected_from": "CASE WHEN d.state = 'approved' THEN d.day END",
                "protected_until": "CASE WHEN d.state = 'approved' THEN d.day + 3649 END",
            },
            "bench_deal d ORDER BY d.n",
            params,
            stamp="d.day + interval '9 hours'",
        )

    def _insert_claims(self, ctx: Context, params: dict[str, object]) -> None:
        """Write a key for each fact that names a customer, and the claims on it."""
        # numbered by number of deal, so that ids do not depend on the plan of the query
        ctx.plan(
            "bench_claim",
            """SELECT *, dense_rank() OVER (ORDER BY first_n, key) AS key_no FROM (
                   SELECT f.*, min(n) OVER (PARTITION BY key) AS first_n,
                          count(*) OVER (PARTITION BY key) AS claims
                     FROM (SELECT d.n, d.state, d.partner_id, d.company_id, f.kind, d.day,
                                  d.company_id || ':' || f.kind || ':' || f.value AS key
                             FROM bench_deal d
                             CROSS JOIN LATERAL (VALUES ('vat', d.vat_key), ('domain', d.domain),
                                  ('customer', CASE WHEN d.customer_id <> d.partner_id
                                                    THEN d.customer_id::text END))
                                  AS f(kind, value)
                            WHERE d.state <> 'draft' AND f.value <> '') f) g""",
            params,
        )
        ctx.cr.execute("SELECT count(DISTINCT key_no), count(*) FROM bench_claim")
        keys, claims = ctx.cr.fetchone()
        params["key"] = ctx.reserve("prm_claim_key", keys)
        params["claim"] = ctx.reserve("prm_deal_claim", claims)
        ctx.insert(
            "prm_claim_key",
            {
                "id": "%(key)s + c.key_no",
                "key": "c.key",
                "kind": "c.kind",
                "company_id": "c.company_id",
                "seq": "c.claims",
            },
            "(SELECT DISTINCT ON (key_no) * FROM bench_claim ORDER BY key_no, n) c",
            params,
            stamp="c.day + interval '9 hours'",
        )
        ctx.insert(
            "prm_deal_claim",
            {
                "id": "%(claim)s + row_number() OVER (ORDER BY c.n, c.kind)",
                "deal_id": "%(deal)s + c.n",
                "key_id": "%(key)s + c.key_no",
                "company_id": "c.company_id",
            },
            "bench_claim c",
            params,
            stamp="c.day + interval '9 hours'",
        )

    def _insert_protections(self, ctx: Context, params: dict[str, object]) -> None:
        """Protect the customers of approved deals for ten years: on whatever day a case runs."""
        params["protection"] = ctx.reserve("prm_deal_protection", ctx.size.deals)
        ctx.insert(
            "prm_deal_protection",
            {
                "id": "%(protection)s + d.n",
                "deal_id": "%(deal)s + d.n",
                "company_id": "d.company_id",
                "customer_id": "d.customer_id",
                "date_from": "d.day",
                "date_until": "d.day + 3650",
                "live": "true",
            },
            "(SELECT DISTINCT ON (company_id, customer_id) * FROM bench_deal"
            " WHERE state = 'approved' ORDER BY company_id, customer_id, n) d",
            params,
            stamp="d.day + interval '34 hours'",
        )
