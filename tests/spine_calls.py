"""How each public method of relationship_crm is called, and what it answers to whom."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from api_client import Api
from schema_dump import query

NUMBERS = itertools.count(1)
EVENT = {
    "kind": "call",
    "source": "shop",
    "external_ref": "spine",
    "occurred_at": "2026-03-01 10:00:00",
    "keys": {"email": "ann@customer-zero.example"},
}


class Ids:
    """Ids of what the served clone holds, by name."""

    def __init__(self, served):
        self.served, self.api = served, Api(served)

    def __getitem__(self, name):
        return self.served.ids[name]

    def first(self, table):
        """The id of some row of a table, as a list."""
        [[found]] = query(self.served.database, f"SELECT min(id) FROM {table}")
        assert found, f"{table} is empty"
        return [found]

    def made(self, model, **vals):
        """The ids of a new record of the manager."""
        return self.api.ok("manager", "create", model, vals_list=[vals])

    def any(self, model):
        """The id of some record that the manager sees, as a list."""
        found = self.api.ok("manager", "search", model, domain=[], limit=1)
        assert found, f"no {model}"
        return found

    def pending(self):
        """The ids of a new event that waits for a contact."""
        return self.made_by_event(f"pending:{next(NUMBERS)}")

    def made_by_event(self, ref):
        """Send an event of somebody unknown; the ids of what waits."""
        event = EVENT | {"external_ref": ref, "keys": {"card": ref}}
        self.api.ok("integration", "ingest", "relationship.interaction", events=[event])
        waiting = ("relationship.interaction.pending", [["external_ref", "=", ref]])
        found = self.api.ok("manager", "search", waiting[0], domain=waiting[1])
        self.api.ok("manager", "write", waiting[0], ids=found, vals={"contact_id": self["contact"]})
        return found

    def company(self):
        """The id of a new company that only the first company knows, as a customer."""
        known = {"is_company": True, "company_id": self["home"]}
        return self.made("res.partner", name="One More", **known)[0]

    def enrollment(self, *steps):
        """The ids of a new enrollment that took these steps."""
        found = self.made("prm.enrollment", partner_id=self.company(), program_id=self["program"])
        for step in steps:
            self.api.ok("manager", f"action_{step}", "prm.enrollment", ids=found)
        return found

    def simulation(self, *steps):
        """The ids of a new simulation of a program with a tier and a partner, after these steps."""
        [program] = self.made("prm.program", name="Tried")
        self.made("res.partner.grade", name="First", prm_program_id=program)
        partner = self.made("prm.enrollment", partner_id=self.company(), program_id=program)
        self.api.ok("manager", "action_activate", "prm.enrollment", ids=partner)
        found = self.made("prm.simulation", name="Draft", program_id=program)
        for step in steps:
            self.api.ok("manager", f"action_{step}", "prm.simulation", ids=found)
        return found

    def simulated(self):
        """The ids of the lines of a new simulation."""
        domain = [["simulation_id", "in", self.simulation("run")]]
        return self.api.ok("manager", "search", "prm.simulation.line", domain=domain)

    def need(self, *steps):
        """The ids of a new need that took these steps."""
        found = self.made("relationship.need", topic="Parts", partner_id=self["customer"])
        for step in steps:
            self.api.ok("manager", f"action_{step}", "relationship.need", ids=found)
        return found

    def case(self, *steps):
        """The ids of a new case that took these steps."""
        found = self.made(
            "relationship.case", name="Broken", contact_id=self["contact"], resolution="Mended"
        )
        for step in steps:
            self.api.ok("manager", f"action_{step}", "relationship.case", ids=found)
        return found


@dataclass(frozen=True)
class Call:
    """One method: a call that a manager may make, and what others get.

    :param parameters: name → value, or a function of `Ids` that gives it
    :param ids: function of `Ids` that gives the records; None for a method of the model
    :param status: what the manager gets
    :param check: function of (answer, `Ids`) that says whether the manager's answer is right
    :param abroad: the same for a manager of another company who is not refused
    :param integration: an integration may call it too
    :param writes: it changes something when it succeeds
    :param writes_abroad: also when a manager of another company calls it
    :param foreign: a method on a model of Odoo: an employee who may read the record may call it
    """

    parameters: dict[str, Any] = field(default_factory=dict)
    ids: Callable[[Ids], list[int]] | None = None
    status: int = 200
    check: Callable[[Any, Ids], bool] | None = None
    abroad: Callable[[Any, Ids], bool] = lambda answer, ids: False
    integration: bool = False
    writes: bool = False
    writes_abroad: bool = False
    foreign: bool = False

    def arguments(self, ids: Ids) -> dict[str, Any]:
        """The body of the call."""
        given = {k: v(ids) if callable(v) else v for k, v in self.parameters.items()}
        return {"ids": self.ids(ids), **given} if self.ids else given


def on(name, **more):
    """A method of one of the records that are there."""
    return Call(ids=lambda ids: [ids[name]], **more)


def everybody(answer, ids):
    """The answer holds nothing of any company."""
    return True


CALLS = {
    ("crm.lead", "action_relationship_needs"): on("lead", foreign=True),
    ("prm.enrollment", "action_activate"): Call(ids=lambda ids: ids.enrollment(), writes=True),
    ("prm.enrollment", "action_end"): Call(ids=lambda ids: ids.enrollment()),
    ("prm.enrollment", "action_onboard"): Call(ids=lambda ids: ids.enrollment(), writes=True),
    ("prm.enrollment", "action_open_partner"): on("enrollment"),
    ("prm.enrollment", "benefit"): on(
        "enrollment", parameters={"code": "protection_days", "date": "2026-03-01"}
    ),
    ("prm.enrollment", "tier_progress"): on(
        "enrollment", check=lambda answer, ids: answer[0]["enrollment_id"] == ids["enrollment"]
    ),
    ("prm.enrollment", "action_suspend"): Call(ids=lambda ids: ids.enrollment("activate")),
    ("prm.enrollment.reason", "action_confirm"): Call(
        ids=lambda ids: ids.made(
            "prm.enrollment.reason",
            enrollment_ids=[[6, 0, ids.enrollment()]],
            state="ended",
            reason="Over",
        ),
        writes=True,
        abroad=everybody,
    ),
    ("prm.program", "action_view_enrollments"): on("program"),
    ("prm.program", "action_view_simulations"): on("program"),
    ("prm.simulation", "action_load_rules"): Call(ids=lambda ids: ids.simulation(), writes=True),
    ("prm.simulation", "action_publish"): Call(ids=lambda ids: ids.simulation("run"), writes=True),
    ("prm.simulation", "action_run"): Call(ids=lambda ids: ids.simulation(), writes=True),
    ("prm.simulation", "action_take_back"): Call(
        ids=lambda ids: ids.simulation("run", "publish"), writes=True
    ),
    ("prm.simulation", "action_view_differing"): Call(ids=lambda ids: ids.simulation("run")),
    ("prm.simulation", "action_view_lines"): Call(ids=lambda ids: ids.simulation("run")),
    ("prm.simulation.line", "action_open_enrollment"): Call(ids=lambda ids: ids.simulated()),
    ("prm.report", "action_open_record"): Call(ids=lambda ids: ids.any("prm.report")),
    ("relationship.case", "action_contact"): Call(ids=lambda ids: ids.case(), writes=True),
    ("relationship.case", "action_start"): Call(ids=lambda ids: ids.case("contact"), writes=True),
    ("relationship.case", "action_verify"): Call(
        ids=lambda ids: ids.case("contact", "start"), writes=True
    ),
    ("relationship.case", "action_close"): Call(
        ids=lambda ids: ids.case("contact", "start", "verify"), writes=True
    ),
    ("relationship.case", "action_reopen"): Call(
        ids=lambda ids: ids.case("contact", "start", "verify", "close"), writes=True
    ),
    ("relationship.identity", "action_confirm"): on("key", writes=True),
    ("relationship.identity", "resolve"): Call(
        {"keys": [{"email": "ann@customer-zero.example"}, {"card": "CARD-1"}, {"email": "x@y.io"}]},
        integration=True,
        check=lambda answer, ids: (
            [row["contact_id"] for row in answer] == [ids["contact"], ids["contact"], False]
        ),
        abroad=lambda answer, ids: not any(row["contact_id"] for row in answer),
    ),
    ("relationship.interaction", "action_open_document"): on("interaction"),
    ("relationship.interaction.log", "action_log"): Call(
        ids=lambda ids: ids.made(
            "relationship.interaction.log", partner_id=ids["contact"], summary="Called"
        ),
        writes=True,
    ),
    # a manager may send, but for no source that is not theirs
    ("relationship.interaction", "ingest"): Call(
        {"events": [EVENT]},
        integration=True,
        check=lambda answer, ids: answer["errors"][0]["field"] == "source",
        abroad=lambda answer, ids: answer["created"] == 0,
    ),
    ("relationship.interaction.pending", "action_assign"): Call(
        ids=lambda ids: ids.pending(), writes=True
    ),
    ("relationship.interaction.pending", "action_retry"): Call(
        ids=lambda ids: ids.pending(), writes=True
    ),
    ("relationship.interaction.todo", "action_retry"): Call(
        ids=lambda ids: ids.first("relationship_interaction_todo"), writes=True
    ),
    ("relationship.metric", "compute"): Call(
        {
            "codes": ["revenue_invoiced"],
            "partner_ids": lambda ids: [ids["customer"]],
            "date_from": "2026-01-01",
            "date_to": "2026-07-01",
        },
        check=lambda answer, ids: [row["partner_id"] for row in answer] == [ids["customer"]],
        abroad=lambda answer, ids: answer == [],
    ),
    ("relationship.metric", "action_try"): Call(
        ids=lambda ids: ids.any("relationship.metric"), abroad=everybody
    ),
    ("relationship.metric.preview", "action_refresh"): Call(
        ids=lambda ids: ids.made(
            "relationship.metric.preview", metric_id=ids.any("relationship.metric")[0]
        ),
        writes=True,
        abroad=everybody,
    ),
    ("relationship.need", "action_confirm"): Call(ids=lambda ids: ids.need(), writes=True),
    ("relationship.need", "action_lost"): Call(ids=lambda ids: ids.need(), writes=True),
    ("relationship.need", "action_met"): Call(ids=lambda ids: ids.need(), writes=True),
    ("relationship.need", "action_reopen"): Call(ids=lambda ids: ids.need("met"), writes=True),
    ("relationship.overview", "get_overview"): Call(
        check=lambda answer, ids: {"customers"} <= {step["code"] for step in answer},
        abroad=everybody,
    ),
    ("relationship.profile", "action_open_partner"): on("profile"),
    # work on contacts waits for all companies at once
    ("relationship.queue", "action_retry"): Call(
        ids=lambda ids: ids.first("relationship_queue"),
        writes=True,
        abroad=everybody,
        writes_abroad=True,
    ),
    ("relationship.report", "action_open_record"): Call(
        ids=lambda ids: ids.any("relationship.report")
    ),
    ("relationship.segment", "action_preview"): on("rule"),
    ("relationship.segment", "action_refresh"): on("rule", writes=True),
    ("relationship.segment", "action_view_customers"): on("segment"),
    ("relationship.segment", "action_view_sizes"): on("segment"),
    ("relationship.segment.add", "action_add"): Call(
        ids=lambda ids: ids.made(
            "relationship.segment.add",
            segment_id=ids["segment"],
            profile_ids=[[6, 0, [ids["profile"]]]],
        ),
        writes=True,
    ),
    ("relationship.segment.member", "action_leave"): Call(
        ids=lambda ids: ids.made(
            "relationship.segment.member", segment_id=ids["segment"], partner_id=ids.company()
        ),
        writes=True,
    ),
    ("relationship.view360", "get_summary"): Call(
        {"partner_id": lambda ids: ids["contact"]},
        check=lambda answer, ids: answer["partner"]["id"] == ids["customer"],
    ),
    ("relationship.view360", "get_sections"): Call(
        {"partner_id": lambda ids: ids["contact"]},
        check=lambda answer, ids: "needs" in {section["code"] for section in answer},
    ),
    ("relationship.view360", "get_charts"): Call({"partner_id": lambda ids: ids["contact"]}),
    ("relationship.view360", "get_timeline"): Call(
        {"partner_id": lambda ids: ids["contact"]},
        check=lambda answer, ids: ids["interaction"] in {row["id"] for row in answer["rows"]},
    ),
    ("relationship.view360", "get_timeline_filters"): Call(abroad=everybody),
    ("relationship.webhook", "action_new_secret"): on("webhook", writes=True),
    ("relationship.webhook", "action_open_deliveries"): on("webhook"),
    ("relationship.webhook", "action_replay_failed"): on("webhook", writes=True),
    ("relationship.webhook.delivery", "action_replay"): on("delivery", writes=True),
    ("res.partner", "action_prm_enrollments"): on("customer", foreign=True),
    ("res.partner", "action_relationship_360"): on("customer", foreign=True),
    ("res.partner", "action_relationship_needs"): on("customer", foreign=True),
    ("res.partner", "action_relationship_profile"): on("customer", foreign=True),
    ("sale.order", "action_relationship_needs"): on("order", foreign=True),
}
#: public by Odoo's own naming and of no use from outside: the model is a part of others
INTERNAL: set[tuple[str, str]] = {("relationship.need.shown", "action_relationship_needs")}
