"""Customers, their people, and planted duplicates."""

from __future__ import annotations

from .. import words
from ..context import Context
from ..curves import scramble
from ..engine import Stage
from ..functions import _array


class Partners(Stage):
    """Companies (30 %), private persons (20 %) and contacts of the companies (50 %).

    Rows are numbered: companies first, then persons, then contacts. The last 4 % of companies and
    of persons are second cards of earlier ones, spoilt in one of four ways; `bench_duplicate`
    keeps the truth. Rank (how big a customer is) is a fixed shuffle of the number.
    """

    name = "partners"
    needs = {"res_partner": ()}
    tables = ("res_partner", "bench_duplicate")

    def run(self, ctx: Context) -> None:
        """Write the partners and the truth about the duplicates."""
        base = ctx.reserve("res_partner", ctx.size.partners)
        params = self._params(ctx, base)
        self._plan_customers(ctx, params)
        self._insert_customers(ctx)
        self._insert_contacts(ctx, params)
        self._truth(ctx)

    def _params(self, ctx: Context, base: int) -> dict[str, object]:
        size = ctx.size
        _, c_shift, c_inverse = scramble(size.companies)
        _, p_shift, p_inverse = scramble(size.persons)
        return {
            "base": base,
            "companies": size.companies,
            "customers": size.customers,
            "partners": size.partners,
            "persons": size.persons,
            "old_companies": size.companies - size.duplicate_companies,
            "old_persons": size.persons - size.duplicate_persons,
            "c_shift": c_shift,
            "c_inverse": c_inverse,
            "p_shift": p_shift,
            "p_inverse": p_inverse,
            "start": ctx.start,
            "as_of": ctx.as_of,
        }

    def _plan_customers(self, ctx: Context, params: dict[str, object]) -> None:
        """Number the customers: i (from 1), o (the row it is a card of), rank (from 0), country."""
        ctx.plan(
            "bench_customer",
            """WITH numbered AS (
                   SELECT i, i <= %(companies)s AS is_company,
                          CASE WHEN i <= %(old_companies)s THEN i
                               WHEN i <= %(companies)s
                               THEN 1 + pg_temp.pick(i, 'original', %(old_companies)s)
                               WHEN i <= %(companies)s + %(old_persons)s THEN i
                               ELSE %(companies)s + 1
                                    + pg_temp.pick(i, 'original', %(old_persons)s) END AS o,
                          CASE WHEN i <= %(companies)s
                               THEN mod(mod((i - 1 - %(c_shift)s) * %(c_inverse)s,
                                    %(companies)s) + %(companies)s, %(companies)s)
                               ELSE %(companies)s
                                    + mod(mod((i - %(companies)s - 1 - %(p_shift)s)
                                    * %(p_inverse)s, %(persons)s) + %(persons)s, %(persons)s)
                          END AS rank
                     FROM generate_series(1::bigint, %(customers)s) AS i OFFSET 0)
               SELECT n.i, n.o, n.rank, n.is_company, n.i <> n.o AS is_duplicate,
                      pg_temp.country(n.o) AS country, %(base)s + n.i AS partner_id,
                      pg_temp.pick(n.i, 'spoilt', 4) AS spoilt,
                      -- nobody becomes a customer at a weekend
                      day - GREATEST(date_part('isodow', day)::int - 5, 0) AS since
                 FROM numbered n
                 -- most came early, second cards came later
                 CROSS JOIN LATERAL (SELECT LEAST(%(as_of)s::date, %(start)s::date + CASE
                      WHEN n.i <> n.o THEN 700 + pg_temp.pick(n.i, 'since', 700)
                      ELSE floor(1300 * pg_temp.u(n.i, 'since') ^ 3)::int END) AS day
                      OFFSET 0) came
                ORDER BY n.i""",
            params,
        )
        ctx.cr.execute(
            "CREATE INDEX ON bench_customer (i); CREATE INDEX ON bench_customer (o);"
            "CREATE INDEX ON bench_customer (rank)"
        )

    def _insert_customers(self, ctx: Context) -> None:
        freemail = _array(words.FREEMAIL, "text")
        streets = _array(words.STREETS, "text")
        source = f"""
            (SELECT c.*, k.country_id, k.dial,
                    CASE WHEN NOT c.is_company THEN first || ' ' || last
                         WHEN c.is_duplicate AND spoilt = 0 THEN n.company
                         WHEN c.is_duplicate AND spoilt = 2 THEN upper(n.company || ' ' || form)
                         ELSE n.company || ' ' || form END AS clean,
                    CASE WHEN c.is_duplicate AND spoilt IN (1, 2, 3) THEN NULL
                         WHEN NOT c.is_company THEN NULL
                         WHEN pg_temp.u(o, 'has vat') < 0.9 THEN pg_temp.digits(k.vat, o, 'vat')
                    END AS vat,
                    CASE WHEN c.is_duplicate AND spoilt = 3 THEN i ELSE o END AS phone_of,
                    split_part(k.cities, '|', 1 + pg_temp.pick(o, 'city',
                        1 + length(k.cities) - length(replace(k.cities, '|', '')))) AS city,
                    k.national, n.domain,
                    CASE WHEN c.is_company
                         THEN CASE WHEN c.is_duplicate AND spoilt = 3 THEN 'sales@' ELSE 'info@' END
                              || domain
                         ELSE ascii_first || '.' || to_hex(o) || '@'
                              || {freemail}[1 + pg_temp.pick(o, 'freemail', {len(words.FREEMAIL)})]
                    END AS mail,
                    streets.name AS street
               FROM bench_customer c
               JOIN bench_country k ON k.number = c.country
               CROSS JOIN LATERAL (SELECT pg_temp.company_name(c.o) AS company,
                    pg_temp.legal_form(c.country) AS form, pg_temp.domain(c.o, c.country) AS domain,
                    pg_temp.first_name(c.o, c.country) AS first,
                    pg_temp.last_name(c.o, c.country) AS last,
                    'p' || to_hex(c.o * 31) AS ascii_first OFFSET 0) n
               CROSS JOIN LATERAL (SELECT {streets}[1 + pg_temp.pick(c.o, 'street',
                    {len(words.STREETS)})] AS name) streets
               OFFSET 0) p
            CROSS JOIN LATERAL (SELECT CASE WHEN p.is_duplicate AND p.spoilt = 1
                THEN substr(p.clean, 1, 3) || substr(p.clean, 5) ELSE p.clean END AS name
                OFFSET 0) q
            CROSS JOIN LATERAL (SELECT CASE WHEN p.is_company AND p.is_duplicate AND p.spoilt = 2
                THEN NULL ELSE p.mail END AS email,
                pg_temp.digits(p.national, p.phone_of, 'phone') AS number OFFSET 0) r
            ORDER BY p.i"""
        ctx.insert(
            "res_partner",
            {
                "id": "p.partner_id",
                "name": "q.name",
                "complete_name": "q.name",
                "ref": "'B' || lpad(p.i::text, 7, '0')",
                "is_company": "p.is_company",
                "commercial_partner_id": "p.partner_id",
                "commercial_company_name": "CASE WHEN p.is_company THEN q.name END",
                "type": "'contact'",
                "active": "true",
                "partner_share": "true",
                "lang": "'en_US'",
                "vat": "p.vat",
                "country_id": "p.country_id",
                "city": "p.city",
                "street": "(1 + pg_temp.pick(p.o, 'house', 180)) || ' ' || p.street",
                "zip": "lpad((10000 + pg_temp.pick(p.o, 'zip', 89999))::text, 5, '0')",
                # a person often writes the address in capitals the second time
                "email": "CASE WHEN p.is_duplicate AND p.spoilt = 0 THEN upper(r.email) "
                "ELSE r.email END",
                "email_normalized": "lower(r.email)",
                "phone": "CASE WHEN p.is_duplicate THEN '00' || p.dial || r.number "
                "ELSE pg_temp.phone(p.dial, r.number) END",
                "phone_sanitized": "'+' || p.dial || r.number",
                "website": "CASE WHEN p.is_company AND NOT p.is_duplicate "
                "THEN 'https://www.' || p.domain END",
                "customer_rank": "1",
                "supplier_rank": "0",
                "color": "0",
                "message_bounce": "0",
                "user_id": "(%(users)s::int[])[1 + pg_temp.pick(p.o, 'seller', %(seller_count)s)]",
            },
            source,
            {"users": ctx.shared["users"], "seller_count": len(ctx.shared["users"])},
            stamp="p.since::timestamp + interval '9 hours'",
        )

    def _insert_contacts(self, ctx: Context, params: dict[str, object]) -> None:
        functions = _array(words.FUNCTIONS, "text")
        multiplier, shift, _ = scramble(ctx.size.companies)
        source = f"""
            (SELECT e.i, pg_temp.first_name(e.i, c.country) || ' '
                        || pg_temp.last_name(e.i, c.country) AS name,
                    company.id AS company_id, company.name AS company_name,
                    'c' || to_hex(e.i * 31) || '@' || pg_temp.domain(c.o, c.country) AS mail,
                    company.vat, company.country_id, company.city, company.street, company.zip,
                    company.user_id, company.create_date, k.dial,
                    pg_temp.digits(k.national, e.i, 'phone') AS number
               FROM generate_series(%(customers)s + 1::bigint, %(partners)s) AS e(i)
               -- every company gets people before a big one gets many
               JOIN bench_customer c ON c.i = 1 + CASE
                    WHEN e.i - %(customers)s <= %(companies)s THEN e.i - %(customers)s - 1
                    ELSE mod(pg_temp.zipf(e.i, 'employer', %(companies)s) * {multiplier} + {shift},
                         %(companies)s) END
               JOIN bench_country k ON k.number = c.country
               JOIN res_partner company ON company.id = c.partner_id
               OFFSET 0) p
            ORDER BY p.i"""
        ctx.insert(
            "res_partner",
            {
                "id": "%(base)s + p.i",
                "name": "p.name",
                "complete_name": "p.company_name || ', ' || p.name",
                "ref": "'B' || lpad(p.i::text, 7, '0')",
                "parent_id": "p.company_id",
                "commercial_partner_id": "p.company_id",
                "commercial_company_name": "p.company_name",
                "is_company": "false",
                "type": "'contact'",
                "active": "pg_temp.u(p.i, 'left') > 0.02",
                "partner_share": "true",
                "lang": "'en_US'",
                "function": f"{functions}[1 + pg_temp.pick(p.i, 'function', "
                f"{len(words.FUNCTIONS)})]",
                "vat": "p.vat",
                "country_id": "p.country_id",
                "city": "p.city",
                "street": "p.street",
                "zip": "p.zip",
                "email": "p.mail",
                "email_normalized": "p.mail",
                "phone": "pg_temp.phone(p.dial, p.number)",
                "phone_sanitized": "'+' || p.dial || p.number",
                "customer_rank": "0",
                "supplier_rank": "0",
                "color": "0",
                "message_bounce": "0",
                "user_id": "p.user_id",
            },
            source,
            params,
            stamp="p.create_date",
        )

    def _truth(self, ctx: Context) -> None:
        """Keep which partner is a second card of which, and how it was spoilt."""
        ctx.cr.execute(
            """DROP TABLE IF EXISTS bench_duplicate;
               CREATE TABLE bench_duplicate (
                   partner_id int PRIMARY KEY, original_id int NOT NULL, kind text NOT NULL)"""
        )
        ctx.cr.execute(
            """INSERT INTO bench_duplicate
               SELECT c.partner_id, o.partner_id,
                      CASE WHEN c.is_company THEN 'company: ' ELSE 'person: ' END
                      || (ARRAY['no legal form', 'letter lost', 'capitals, phone only',
                                'other phone'])[1 + c.spoilt]
                 FROM bench_customer c JOIN bench_customer o ON o.i = c.o WHERE c.is_duplicate"""
        )
        ctx.rows["bench_duplicate"] = ctx.cr.rowcount
