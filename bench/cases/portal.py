"""What the partner's list of deals reads, with 5,000 of them, beside core's list of orders."""

from __future__ import annotations

from typing import Any

from bench.runner.case import Case, Goal, Probe

DEALS = 5_000
PAGE = 80

#: 5,000 registrations of one partner, in every state, three years back.
MANY = """
    INSERT INTO prm_deal (name, company_id, partner_id, customer_name, customer_domain, domain_key,
           amount, currency_id, state, source, submit_no, submitted_on, decided_on, decision_due,
           create_uid, write_uid, create_date, write_date)
    SELECT 'B' || lpad(n::text, 6, '0'), %(company)s, %(partner)s, 'Customer ' || n,
           'c' || n || '.example', 'c' || n || '.example', n * 10, %(currency)s,
           (ARRAY['in_review', 'info_needed', 'approved', 'won', 'lost', 'expired', 'rejected',
                  'withdrawn'])[1 + mod(n, 8)],
           'portal', nextval('prm_deal_submit_no_seq'), moment, moment, moment, 1, 1, moment, moment
      FROM (SELECT n, %(as_of)s::timestamp - n * interval '5 hours' AS moment
              FROM generate_series(1, %(deals)s) AS n) AS made"""

FOUND = """
      FROM prm_deal
     WHERE partner_id = %(partner)s AND customer_name ILIKE %(text)s
       AND (%(states)s::text[] IS NULL OR state = ANY(%(states)s))"""
A_PAGE = "ORDER BY submitted_on DESC, id DESC LIMIT %(page)s OFFSET %(offset)s"
#: what a partner is told is under review
UNDECIDED = ["submitted", "in_review", "info_needed"]


class Portal(Case):
    """The first page, a search, a filter and a later page, in turns, as a person of the partner.

    The ordinary way is what core's page of orders reads of as many records: it counts, searches and
    reads what the page shows. Neither draws the page. Caches of records are empty before each
    request, as in a request.
    """

    name = "portal"
    title = f"page of a partner with {DEALS:,} deals"
    needs = ("prm.deal", "prm.member")
    goals = (
        Goal("p95 ours/ordinary", "<=", 1.5),
        Goal("growth", "<=", 0.3),
    )
    #: core shows other documents
    compared = ("ours", "limit")
    warm = True

    def units(self) -> int:
        return self.by_size(8, 80, 80, 80)

    def scale(self) -> float:
        """Growth is against the data: the work stays the same."""
        return float(self.note["rows"]["res_partner"])

    def setup(self, env: Any) -> None:
        """Give the partner with the most orders a portal user and 5,000 deals."""
        base = self.note["bases"]["res_partner"]
        company = env.ref("base.main_company")
        [(partner, _count)] = env["sale.order"]._read_group(
            [("partner_id", ">", base), ("company_id", "=", company.id), ("state", "=", "sale")],
            ["partner_id"], ["__count"], order="__count desc, partner_id", limit=1,
        )  # fmt: skip
        partner = partner.commercial_partner_id
        if not partner.grade_id:
            partner.grade_id = env["res.partner.grade"].create({"name": "Bench"})
        person = env["res.partner"].create({"name": "Bench Person", "parent_id": partner.id})
        self.user = (
            env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "login": "bench_portal",
                    "partner_id": person.id,
                    "group_ids": [(6, 0, env.ref("base.group_portal").ids)],
                    "company_id": company.id,
                    "company_ids": [(6, 0, company.ids)],
                }
            )
        )
        env["prm.member"]._make_members(self.user)
        values = {
            "company": company.id,
            "partner": partner.id,
            "currency": company.currency_id.id,
            "as_of": self.note["as_of"],
            "deals": DEALS,
        }
        env.flush_all()
        env.cr.execute(MANY, values)
        env.cr.execute("ANALYZE prm_deal")
        env.invalidate_all()
        self.partner = partner

    def _requests(self) -> list[dict[str, Any]]:
        return [
            {},
            {"search": "Customer 49", "search_in": "customer"},
            {"state": "in_review"},
            {"offset": 40 * PAGE},
        ]

    def ours(self, env: Any, probe: Probe) -> Any:
        """Count the partner's deals and read a page of them."""
        deals = env(user=self.user, context={"lang": "en_US"})["prm.deal"]
        shown = 0
        for n in range(self.units()):
            asked = dict(self._requests()[n % 4])
            offset = asked.pop("offset", 0)
            env.invalidate_all()
            with probe.lap():
                deals._portal_count(**asked)
                shown += len(deals._portal_list(**asked, offset=offset, limit=PAGE))
        return shown

    def limit(self, env: Any, probe: Probe) -> Any:
        """Count and read the same pages by SQL."""
        shown = 0
        for n in range(self.units()):
            asked = self._requests()[n % 4]
            values = {
                "partner": self.partner.id,
                "text": f"%{asked.get('search', '')}%",
                "states": UNDECIDED if "state" in asked else None,
                "offset": asked.get("offset", 0),
                "page": PAGE,
            }
            with probe.lap():
                env.cr.execute(f"SELECT count(*) {FOUND}", values)
                env.cr.execute(f"SELECT * {FOUND} {A_PAGE}", values)
                shown += len(env.cr.fetchall())
        return shown

    def ordinary(self, env: Any, probe: Probe) -> Any:
        """Count the company's orders and read a page of them, as core's portal does."""
        orders = env(user=self.user, context={"lang": "en_US"})["sale.order"]
        domain = [("partner_id", "child_of", self.partner.ids), ("state", "=", "sale")]
        shown = 0
        for _n in range(self.units()):
            env.invalidate_all()
            with probe.lap():
                orders.search_count(domain)
                page = orders.search(domain, order="date_order desc", limit=PAGE)
                for order in page.sudo():
                    order._portal_ensure_token()
                    order.get_portal_url()
                    shown += bool(order.name and order.date_order and order.currency_id.symbol)
                    shown += bool(order.amount_total)
        return shown

    def result(self, env: Any, outcome: Any) -> dict[str, Any]:
        """Return how much was shown."""
        return {"shown": outcome}
