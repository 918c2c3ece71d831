"""Companies, currencies and rates, salespeople: what the other stages point at."""

from __future__ import annotations

from .. import words
from ..context import Context
from ..curves import month_starts
from ..engine import Stage

# name, currency, country; number 0 is the company that is there
COMPANIES = (("", "USD", "US"), ("Bench Europe", "EUR", "DE"), ("Bench Việt Nam", "VND", "VN"))
SALESPEOPLE = 8


class Ground(Stage):
    """Three companies with charts of accounts, six currencies with monthly rates, eight users."""

    name = "ground"
    bulk = False
    needs = {
        "account_move": (),
        "sale_order": (),
        "crm_lead": (),
        "res_partner": ("commercial_partner_id", "phone_sanitized"),
    }
    tables = ("res_company", "account_account", "account_journal", "res_currency_rate", "res_users")

    def run(self, ctx: Context) -> None:
        """Create them by Odoo itself: few rows with many consequences."""
        self._currencies(ctx)
        self._companies(ctx)
        self._pricelists(ctx)
        self._salespeople(ctx)
        ctx.env.flush_all()
        self._plan(ctx)

    def _currencies(self, ctx: Context) -> None:
        env = ctx.env
        currencies = env["res.currency"].with_context(active_test=False)
        currencies = currencies.search([("name", "in", list(words.RATES))])
        currencies.action_unarchive()
        months = month_starts(ctx.start, ctx.as_of)
        env["res.currency.rate"].search([("currency_id", "in", currencies.ids)]).unlink()
        env["res.currency.rate"].create(
            [
                {
                    "currency_id": currency.id,
                    "name": day,
                    "company_id": False,
                    # a slow swing of ±4 %, out of step between currencies, none for the dollar
                    "rate": round(
                        words.RATES[currency.name]
                        * (1 + (currency.name != "USD") * 0.04 * _swing(number + currency.id)),
                        6,
                    ),
                }
                for currency in currencies
                for number, day in enumerate(months)
            ]
        )

    def _companies(self, ctx: Context) -> None:
        # a company's country would install that country's localisation, and commit
        env = ctx.env(context={**ctx.env.context, "chart_template_load": True})
        main = env.ref("base.main_company")
        companies = [main]
        for name, currency, country in COMPANIES[1:]:
            company = env["res.company"].create(
                {
                    "name": name,
                    "currency_id": env.ref(f"base.{currency}").id,
                    "country_id": env.ref(f"base.{country.lower()}").id,
                }
            )
            env["account.chart.template"].try_loading(
                main.chart_template or "generic_coa", company, install_demo=False
            )
            # the generic chart sets the dollar
            company.currency_id = env.ref(f"base.{currency}")
            companies.append(company)
        ctx.shared["companies"] = [company.id for company in companies]
        env.ref("base.user_admin").company_ids = [(4, company.id) for company in companies]

    def _pricelists(self, ctx: Context) -> None:
        """Create a pricelist for each currency: an order takes its currency from there."""
        ctx.env["product.pricelist"].create(
            [
                {
                    "name": f"Bench {name}",
                    "currency_id": ctx.env.ref(f"base.{name}").id,
                    "company_id": False,
                    "sequence": 90,
                }
                for name in words.RATES
            ]
        )

    def _salespeople(self, ctx: Context) -> None:
        env = ctx.env
        users = env["res.users"].create(
            [
                {
                    "name": f"Bench Seller {number + 1}",
                    "login": f"bench_seller_{number + 1}",
                    "email": f"seller{number + 1}@bench.example.com",
                    "company_ids": [(6, 0, ctx.shared["companies"])],
                    "company_id": ctx.shared["companies"][0],
                    "group_ids": [(4, env.ref("sales_team.group_sale_salesman").id)],
                }
                for number in range(SALESPEOPLE)
            ]
        )
        ctx.shared["users"] = users.ids

    def _plan(self, ctx: Context) -> None:
        """Keep, as small tables, what each country, company and month means in ids."""
        ctx.plan(
            "bench_country",
            """SELECT v.number, c.id AS country_id, v.company, cur.id AS currency_id,
                      v.dial, v.national, v.vat, v.cities
                 FROM unnest(%(numbers)s::int[], %(codes)s::text[], %(companies)s::int[],
                             %(currencies)s::text[], %(dials)s::text[], %(nationals)s::text[],
                             %(vats)s::text[], %(cities)s::text[])
                      AS v(number, code, company, currency, dial, national, vat, cities)
                 JOIN res_country c ON c.code = v.code
                 JOIN res_currency cur ON cur.name = v.currency""",
            {
                "numbers": list(range(len(words.COUNTRIES))),
                "codes": [c.code for c in words.COUNTRIES],
                "companies": [c.company for c in words.COUNTRIES],
                "currencies": [c.currency for c in words.COUNTRIES],
                "dials": [c.dial for c in words.COUNTRIES],
                "nationals": [c.national for c in words.COUNTRIES],
                "vats": [c.vat for c in words.COUNTRIES],
                "cities": ["|".join(c.cities) for c in words.COUNTRIES],
            },
        )
        ctx.plan(
            "bench_company",
            """SELECT v.number - 1 AS number, c.id AS company_id, c.currency_id,
                      (SELECT country_id FROM res_partner p WHERE p.id = c.partner_id)
                          AS country_id,
                      c.account_sale_tax_id AS tax_id, t.amount AS tax, t.tax_group_id,
                      inv.id AS invoice_line_tax, inv.account_id AS tax_account_id,
                      ref.id AS refund_line_tax, ref.account_id AS refund_tax_account_id,
                      sale.id AS sale_journal_id, sale.code AS sale_code,
                      sale.default_account_id AS income_account_id,
                      bank.id AS bank_journal_id, bank.code AS bank_code,
                      bank.default_account_id AS bank_account_id,
                      receivable.id AS receivable_account_id
                 FROM unnest(%(ids)s::int[]) WITH ORDINALITY AS v(id, number)
                 JOIN res_company c ON c.id = v.id
                 LEFT JOIN account_tax t ON t.id = c.account_sale_tax_id
                 LEFT JOIN account_tax_repartition_line inv ON inv.tax_id = t.id
                      AND inv.document_type = 'invoice' AND inv.repartition_type = 'tax'
                 LEFT JOIN account_tax_repartition_line ref ON ref.tax_id = t.id
                      AND ref.document_type = 'refund' AND ref.repartition_type = 'tax'
                 CROSS JOIN LATERAL (SELECT * FROM account_journal j WHERE j.company_id = c.id
                      AND j.type = 'sale' AND j.active ORDER BY j.sequence, j.id LIMIT 1) sale
                 CROSS JOIN LATERAL (SELECT * FROM account_journal j WHERE j.company_id = c.id
                      AND j.type = 'bank' AND j.active ORDER BY j.sequence, j.id LIMIT 1) bank
                 CROSS JOIN LATERAL (SELECT (d.json_value)::int AS id FROM ir_default d
                      JOIN ir_model_fields f ON f.id = d.field_id
                      WHERE f.model = 'res.partner'
                        AND f.name = 'property_account_receivable_id'
                        AND d.company_id = c.id) receivable""",
            {"ids": ctx.shared["companies"]},
        )
        ctx.plan(
            "bench_rate",
            """SELECT currency_id, name AS month, rate FROM res_currency_rate
                WHERE company_id IS NULL""",
        )


def _swing(month: int) -> float:
    """Return a value in [−1, 1] that rises and falls over 14 months."""
    at = month % 14
    return (at if at <= 7 else 14 - at) / 3.5 - 1.0
