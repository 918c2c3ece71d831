"""How each public method of relationship_crm is called, and what it answers to whom."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from spine_ids import EVENT, Ids


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
    ("prm.enrollment", "action_approve_stop"): Call(ids=lambda ids: ids.stopping(), writes=True),
    ("prm.enrollment", "action_refuse_stop"): Call(ids=lambda ids: ids.stopping(), writes=True),
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
    ("prm.enrollment", "action_print_scorecard"): on("enrollment"),
    ("prm.enrollment", "action_review"): Call(
        ids=lambda ids: ids.enrollment("activate"), writes=True
    ),
    ("prm.enrollment", "action_scorecard_pack"): on("enrollment", writes=True),
    ("prm.enrollment", "action_view_grace"): on("enrollment"),
    ("prm.enrollment", "action_view_plans"): on("enrollment"),
    ("prm.enrollment", "action_view_targets"): on("enrollment"),
    ("prm.enrollment", "scorecard"): on(
        "enrollment", check=lambda answer, ids: answer[0]["enrollment_id"] == ids["enrollment"]
    ),
    ("prm.enrollment", "scorecard_html"): on(
        "enrollment", check=lambda answer, ids: "<" in answer and "Target Attained" in answer
    ),
    ("prm.enrollment.reason", "action_confirm"): Call(
        ids=lambda ids: ids.made(
            "prm.enrollment.reason",
            enrollment_ids=[[6, 0, ids.enrollment()]],
            state="ended",
            reason="Over",
        ),
        writes=True,
    ),
    ("prm.plan", "action_agree"): Call(ids=lambda ids: ids.plan(), writes=True),
    ("prm.plan", "action_cancel"): Call(ids=lambda ids: ids.plan("agree"), writes=True),
    ("prm.plan", "action_done"): Call(ids=lambda ids: ids.plan("agree"), writes=True),
    ("prm.plan", "action_draft"): Call(ids=lambda ids: ids.plan("agree"), writes=True),
    ("prm.plan", "action_view_lines"): Call(ids=lambda ids: ids.plan()),
    ("prm.plan.line", "action_done"): Call(ids=lambda ids: ids.planned(), writes=True),
    ("prm.program", "action_view_enrollments"): on("program"),
    ("prm.program", "action_view_simulations"): on("program"),
    ("prm.program", "action_view_reviews"): on("program"),
    ("prm.review", "action_approve"): Call(ids=lambda ids: ids.review("compute"), writes=True),
    ("prm.review", "action_cancel"): Call(ids=lambda ids: ids.review("compute"), writes=True),
    ("prm.review", "action_compute"): Call(ids=lambda ids: ids.review(), writes=True),
    ("prm.review", "action_view_lines"): Call(ids=lambda ids: ids.review("compute")),
    ("prm.review.line", "action_ask_appeal"): Call(ids=lambda ids: ids.reviewed("approve")),
    ("prm.review.line", "action_ask_change"): Call(ids=lambda ids: ids.reviewed()),
    ("prm.review.line", "action_ask_grant"): Call(ids=lambda ids: ids.reviewed("approve")),
    ("prm.review.line", "action_ask_keep"): Call(ids=lambda ids: ids.reviewed("approve")),
    ("prm.review.line", "action_ask_refuse"): Call(ids=lambda ids: ids.reviewed("approve")),
    # the end of a grace can't be waited for: served_people.py made one that is over
    ("prm.review.line", "action_lower"): on("due", writes=True),
    ("prm.review.line", "action_told"): Call(ids=lambda ids: ids.reviewed("approve"), writes=True),
    ("prm.review.reason", "action_confirm"): Call(
        ids=lambda ids: ids.made(
            "prm.review.reason",
            line_ids=[[6, 0, ids.reviewed("approve")]],
            action="keep",
            reason="New in the market",
        ),
        writes=True,
    ),
    # printed in the background, which does not run here: served_people.py made one with a document
    ("prm.scorecard.pack", "action_download"): on("pack"),
    ("prm.scorecard.pack", "action_print"): Call(ids=lambda ids: ids.pack(), writes=True),
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
    ("prm.target", "action_refresh"): Call(ids=lambda ids: ids.target(), writes=True),
    ("prm.target", "action_view_months"): Call(ids=lambda ids: ids.target()),
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
    ("relationship.overview", "get_contribution"): Call(
        check=lambda answer, ids: answer["total"] > 0 and answer["routes"],
        abroad=lambda answer, ids: answer is False,
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
