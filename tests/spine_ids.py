"""Records of the served clone for calls of its API: what is there, and new ones in any state."""

import itertools

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

    def stopping(self):
        """The ids of a new enrollment that its channel manager asks to suspend."""
        [program] = self.made("prm.program", name="Left", user_id=self["user_channel"])
        found = self.made("prm.enrollment", partner_id=self.company(), program_id=program)
        self.api.ok("manager", "action_activate", "prm.enrollment", ids=found)
        asked = {"enrollment_ids": [[6, 0, found]], "state": "suspended", "reason": "Unpaid"}
        model = "prm.enrollment.reason"
        [wizard] = self.api.ok("channel", "create", model, vals_list=[asked])
        self.api.ok("channel", "action_confirm", model, ids=[wizard])
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

    def review(self, *steps):
        """The ids of a new review of a partner that misses its tier, after these steps.

        Who computes it is not who approves it.
        """
        [program] = self.made("prm.program", name="Reviewed", user_id=self["user_channel"])
        [tier] = self.made("res.partner.grade", name="Missed", prm_program_id=program)
        self.made(
            "relationship.criterion",
            grade_id=tier,
            metric_id=self.metric("sold_revenue_ordered"),
            threshold=1000,
        )
        held = {"program_id": program, "grade_id": tier, "state": "active"}
        self.made("prm.enrollment", partner_id=self.company(), **held)
        found = self.made("prm.review", program_id=program)
        for step in steps:
            login = "channel" if step == "compute" else "manager"
            self.api.ok(login, f"action_{step}", "prm.review", ids=found)
        return found

    def reviewed(self, *steps):
        """The ids of the one line of a new review that was computed and took these steps."""
        domain = [["review_id", "in", self.review("compute", *steps)]]
        return self.api.ok("manager", "search", "prm.review.line", domain=domain)

    def metric(self, code):
        """The id of the metric with this code."""
        domain = [["code", "=", code]]
        return self.api.ok("manager", "search", "relationship.metric", domain=domain)[0]

    def plan(self, *steps):
        """The ids of a new plan with an action, after these steps."""
        found = self.made(
            "prm.plan",
            name="Grow",
            enrollment_id=self["enrollment"],
            contact_id=self["contact"],
            date_from="2026-01-01",
            date_to="2026-12-31",
        )
        self.made("prm.plan.line", plan_id=found[0], name="Train", due_on="2026-06-30")
        for step in steps:
            self.api.ok("manager", f"action_{step}", "prm.plan", ids=found)
        return found

    def planned(self):
        """The ids of the lines of a new plan that both sides agreed on."""
        domain = [["plan_id", "in", self.plan("agree")]]
        return self.api.ok("manager", "search", "prm.plan.line", domain=domain)

    def target(self):
        """The ids of a new target of a new partner."""
        return self.made("prm.target", partner_id=self.company(), goal=1000)

    def pack(self):
        """The ids of a new pack of scorecards that waits for its printing."""
        ids = [self["enrollment"]]
        pack = self.api.ok("manager", "action_scorecard_pack", "prm.enrollment", ids=ids)
        return [pack["res_id"]]
