"""Pages of a partner with 5,000 deals and 400 orders, beside core's page of orders."""

from __future__ import annotations

from typing import Any

from bench.runner.case import Case, Goal, Probe
from bench.runner.serve import Server

DEALS, ORDERS = 5_000, 400
LOGIN = PASSWORD = "bench_portal_pages"

#: 5,000 registrations of one partner, in every state, three years back.
MANY = """
    INSERT INTO prm_deal (name, company_id, partner_id, customer_name, customer_domain, domain_key,
           amount, currency_id, state, source, submit_no, submitted_on, decided_on, decision_due,
           expected_close, create_uid, write_uid, create_date, write_date)
    SELECT 'B' || lpad(n::text, 6, '0'), %(company)s, %(partner)s, 'Customer ' || n,
           'c' || n || '.example', 'c' || n || '.example', n * 10, %(currency)s,
           (ARRAY['in_review', 'info_needed', 'approved', 'won', 'lost', 'expired', 'rejected',
                  'withdrawn'])[1 + mod(n, 8)],
           'portal', nextval('prm_deal_submit_no_seq'), moment, moment, moment, moment::date + 60,
           1, 1, moment, moment
      FROM (SELECT n, %(as_of)s::timestamp - n * interval '5 hours' AS moment
              FROM generate_series(1, %(deals)s) AS n) AS made"""
#: the same order again and again, on other days; core gives them tokens when they are first shown
AGAIN = """
    INSERT INTO sale_order (name, partner_id, partner_invoice_id, partner_shipping_id, date_order,
           access_token, {columns})
    SELECT 'P' || lpad(n::text, 6, '0'), %(partner)s, %(partner)s, %(partner)s,
           %(as_of)s::timestamp - n * interval '5 hours', gen_random_uuid(), {columns}
      FROM sale_order, generate_series(1, %(orders)s) AS n WHERE id = %(order)s"""


class Pages(Case):
    """Two worker processes serve sixteen people who ask for pages at once.

    The pages are whole ones, drawn and sent. Partner, deals and orders are committed: the copy of
    the database is thrown away in the end.
    """

    needs = ("prm.deal", "prm.member")
    goals = (
        Goal("p95 ours/ordinary", "<=", 1.5, ("S", "M", "L")),
        Goal("growth", "<=", 0.3),
    )
    warm = True
    #: the server of this process
    server: Server | None = None

    def units(self) -> int:
        return self.by_size(32, 96, 96, 96)

    def scale(self) -> float:
        """Growth is against the data: the work stays the same."""
        return float(self.note["rows"]["res_partner"])

    def setup(self, env: Any) -> None:
        """Give a partner in a program a portal user, 5,000 deals and 400 orders; serve."""
        if Pages.server is None:
            with env.registry.cursor() as cr:
                if not env(cr=cr)["res.users"].search_count([("login", "=", LOGIN)]):
                    self._fill(env(cr=cr))
            Pages.server = Server(env.cr.dbname, LOGIN, PASSWORD)

    def _fill(self, env: Any) -> None:
        company = env.ref("base.main_company")
        enrollment = env["prm.enrollment"].search(
            [("state", "=", "active"), ("company_id", "=", company.id),
             ("partner_id.grade_id", "!=", False)], order="id", limit=1,
        )  # fmt: skip
        partner = enrollment.partner_id
        person = env["res.partner"].create({"name": "Bench Person", "parent_id": partner.id})
        user = (
            env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "login": LOGIN,
                    "password": PASSWORD,
                    "partner_id": person.id,
                    "group_ids": [(6, 0, env.ref("base.group_portal").ids)],
                    "company_id": company.id,
                    "company_ids": [(6, 0, company.ids)],
                }
            )
        )
        env["prm.member"]._make_members(user)
        env["prm.member"].search([("user_id", "=", user.id)]).write(
            {"role_sales": True, "role_admin": True}
        )
        order = env["sale.order"].search(
            [("state", "=", "sale"), ("company_id", "=", company.id)], order="id", limit=1
        )
        values = {
            "company": company.id,
            "partner": partner.id,
            "currency": company.currency_id.id,
            "as_of": self.note["as_of"],
            "deals": DEALS,
            "orders": ORDERS,
            "order": order.id,
        }
        env.flush_all()
        env.cr.execute(MANY, values)
        own = {"id", "name", "partner_id", "partner_invoice_id", "partner_shipping_id",
               "date_order", "access_token"}  # fmt: skip
        env.cr.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'sale_order'"
            " AND table_schema = 'public' AND is_generated = 'NEVER'"
        )
        columns = [f'"{name}"' for (name,) in env.cr.fetchall() if name not in own]
        env.cr.execute(AGAIN.format(columns=", ".join(columns)), values)
        env.cr.execute("ANALYZE prm_deal, sale_order")

    def ask(self, paths: list[str], sign: str, probe: Probe) -> int:
        """Ask for these pages in turns until the work is done."""
        assert Pages.server
        return Pages.server.ask([paths[n % len(paths)] for n in range(self.units())], sign, probe)

    def ordinary(self, env: Any, probe: Probe) -> Any:
        """Core's page of orders: the first and later ones."""
        pages = ["", "/page/2", "/page/3", "/page/4"]
        return self.ask([f"/my/orders{page}" for page in pages], "/my/orders/", probe)

    def result(self, env: Any, outcome: Any) -> dict[str, Any]:
        """Return how many pages came; what each must hold is checked as it comes."""
        return {"pages": outcome}


class Portal(Pages):
    """The list of deals: the first page, a search, a filter, a later page."""

    name = "portal"
    title = f"list of a partner's {DEALS:,} deals, 2 workers, 16 people at once"

    def ours(self, env: Any, probe: Probe) -> Any:
        pages = [
            "",
            "?search=Customer+49&search_in=customer",
            "?filterby=in_review",
            "/page/40",
        ]
        return self.ask([f"/my/deals{page}" for page in pages], "/my/deals/", probe)


class PortalHome(Pages):
    """The partner's own page: programs, progress, deals by state."""

    name = "portal_home"
    title = "page of a partner's standing, 2 workers, 16 people at once"

    def ours(self, env: Any, probe: Probe) -> Any:
        return self.ask(["/my/partner"], "/my/deals", probe)
