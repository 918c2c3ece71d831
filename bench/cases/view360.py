"""The 360 view of a customer with a long history, beside the form of the contact."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

from lxml import etree

from bench.runner.case import Case, Goal, Probe

LONG, SHORT = 50_000, 500
ADDONS = ("relationship_crm", "partner_portal", "loyalty_rewards", "survey_feedback")

# History of one customer: every kind in turn, one row every twenty minutes back from the last day.
HISTORY = """
    INSERT INTO relationship_interaction (company_id, partner_id, contact_id, kind_id, channel,
           occurred_at, recorded_at, source, external_ref, summary)
    SELECT %(company)s, %(partner)s, (%(contacts)s::int[])[1 + mod(n, %(people)s)],
           (%(kinds)s::int[])[1 + mod(n, %(kind_count)s)], 'email',
           %(as_of)s::date - n * interval '20 minutes', %(as_of)s::date, 'history',
           %(partner)s || ':' || n, 'Row ' || n
      FROM generate_series(1, %(rows)s) AS n"""


class View360(Case):
    """Summary and first page of the timeline, as a user opens the page of their own customer.

    The ordinary way reads what the form of the contact shows, our fields left out. Caches of
    records are empty before each request, as in a request.
    """

    name = "view360"
    title = f"360 view of a customer with {LONG:,} interactions"
    needs = ("relationship.view360", "relationship.interaction", "relationship.profile")
    goals = (
        Goal("ours/ordinary", "<=", 2, ("S", "M", "L")),
        Goal("ours p95 ms", "<=", 300),
        Goal("long/short history", "<=", 1.2, ("S", "M", "L")),
        Goal("growth", "<=", 0.3),
    )
    warm = True

    def units(self) -> int:
        return self.by_size(5, 40, 40, 40)

    def scale(self) -> float:
        """Growth is against the data: the work stays the same."""
        return float(self.note["rows"]["res_partner"])

    def setup(self, env: Any) -> None:
        """Give two customers of one user their histories, and one of them orders and profile."""
        groups = ("relationship_crm.group_user", "sales_team.group_sale_salesman")
        self.user = (
            env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": "Bench Reader",
                    "login": "bench_reader",
                    "group_ids": [(6, 0, [env.ref(group).id for group in groups])],
                    "company_id": env.ref("base.main_company").id,
                }
            )
        )
        base = self.note["bases"]["res_partner"]
        biggest = env["sale.order"]._read_group(
            [("partner_id", ">", base), ("company_id", "=", self.user.company_id.id)],
            ["partner_id"], ["__count"], order="__count desc, partner_id", limit=2,
        )  # fmt: skip
        self.partners = [partner for partner, _count in biggest]
        kinds = env["relationship.interaction.kind"].search([]).ids
        for partner, rows in zip(self.partners, (LONG, SHORT), strict=True):
            partner.user_id = self.user
            env.flush_all()
            people = partner.child_ids.ids or partner.ids
            values = {
                "company": self.user.company_id.id,
                "partner": partner.id,
                "contacts": people,
                "people": len(people),
                "kinds": kinds,
                "kind_count": len(kinds),
                "as_of": self.note["as_of"],
                "rows": rows,
            }
            env.cr.execute(HISTORY, values)
        self.form = _specification(self._as_user(env), "res.partner")

    def _as_user(self, env: Any) -> Any:
        return env(user=self.user, context={"lang": "en_US"})

    def _page(self, env: Any, partner: Any) -> tuple[Any, Any]:
        """What the page asks for before it shows something."""
        view = self._as_user(env)["relationship.view360"]
        return view.get_summary(partner.id), view.get_timeline(partner.id)

    def ours(self, env: Any, probe: Probe) -> Any:
        """Open the page again and again."""
        for _n in range(self.units()):
            env.invalidate_all()
            with probe.lap():
                page = self._page(env, self.partners[0])
        return page[0]["partner"], len(page[1]["rows"])

    def ordinary(self, env: Any, probe: Probe) -> Any:
        """Read the form of the contact again and again."""
        for _n in range(self.units()):
            env.invalidate_all()
            with probe.lap():
                partner = self._as_user(env)["res.partner"].browse(self.partners[0].id)
                [values] = partner.web_read(self.form)
        return values, 40

    def result(self, env: Any, outcome: Any) -> dict[str, Any]:
        """Return what both show."""
        who, rows = outcome
        return {name: who[name] for name in ("id", "email", "phone", "is_company")} | {"rows": rows}

    def extras(self, env: Any, outcome: Any) -> dict[str, float]:
        """Compare the page of the long history with that of the short one, in turns."""
        seconds: tuple[list[float], list[float]] = ([], [])
        for n in range(2 * self.units()):
            env.invalidate_all()
            started = time.perf_counter()
            self._page(env, self.partners[n % 2])
            seconds[n % 2].append(time.perf_counter() - started)
        return {"long/short history": median(seconds[0]) / median(seconds[1])}


def _specification(env: Any, model: str) -> dict[str, Any]:
    """Return what the web client asks for to show the form: its fields, without those of ours."""
    arch = env[model].get_view(view_type="form")["arch"]
    return _fields_below(env[model], etree.fromstring(arch))


def _fields_below(model: Any, node: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in node:
        if child.tag == "field" and child.get("name") in model._fields:
            field = model._fields[child.get("name")]
            if field._module in ADDONS:
                continue
            inner: dict[str, Any] = {}
            if field.type == "many2one":
                inner = {"fields": {"display_name": {}}}
            elif field.relational:
                lines: dict[str, Any] = {}
                for view in child:
                    lines = lines or _fields_below(model.env[field.comodel_name], view)
                inner = {"fields": lines or {"display_name": {}}, "limit": 40}
            found[field.name] = inner
        else:
            found |= _fields_below(model, child)
    return found
