"""How each public method of relationship_crm is called, and what it answers to whom."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from api_client import Api
from schema_dump import query


class Ids:
    """Ids of what the served clone holds, by name."""

    def __init__(self, served):
        self.served, self.api = served, Api(served)

    def __getitem__(self, name):
        return self.served.ids[name]

    def first(self, table):
        """The id of some row of a table, as a list."""
        return [row[0] for row in query(self.served.database, f"SELECT min(id) FROM {table}")]

    def made(self, model, **vals):
        """The ids of a new record (of a wizard) of the manager."""
        return self.api.ok("manager", "create", model, vals_list=[vals])


@dataclass(frozen=True)
class Call:
    """One method: a call that a manager may make, and what others get.

    :param parameters: name → value, or a function of `Ids` that gives it
    :param ids: function of `Ids` that gives the records; None for a method of the model
    :param status: what the manager gets
    :param check: function of (answer, `Ids`) that says whether the manager's answer is right
    :param abroad: the same for a manager of another company who is not refused
    :param integration: an integration may call it too
    :param strict: who may not is told so (403) before anything else is looked at
    :param writes: it changes something when it succeeds
    """

    parameters: dict[str, Any] = field(default_factory=dict)
    ids: Callable[[Ids], list[int]] | None = None
    status: int = 200
    check: Callable[[Any, Ids], bool] | None = None
    abroad: Callable[[Any, Ids], bool] = lambda answer, ids: False
    integration: bool = False
    strict: bool = True
    writes: bool = False
    writes_abroad: bool = False
    optional: tuple[str, ...] = ()

    def arguments(self, ids: Ids) -> dict[str, Any]:
        """The body of the call."""
        given = {k: v(ids) if callable(v) else v for k, v in self.parameters.items()}
        return {"ids": self.ids(ids), **given} if self.ids else given


CALLS = {
    ("relationship.identity", "action_confirm"): Call(ids=lambda ids: [ids["key"]], writes=True),
    ("relationship.identity", "resolve"): Call(
        {
            "keys": [
                {"email": "ann@customer-zero.example"},
                {"card": "CARD-1"},
                {"email": "no@x.io"},
            ]
        },
        integration=True,
        check=lambda answer, ids: (
            [row["contact_id"] for row in answer] == [ids["contact"], ids["contact"], False]
        ),
        abroad=lambda answer, ids: not any(row["contact_id"] for row in answer),
    ),
    ("relationship.interaction.log", "action_log"): Call(
        ids=lambda ids: ids.made(
            "relationship.interaction.log", partner_id=ids["contact"], summary="Called"
        ),
        writes=True,
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
    ("relationship.queue", "action_retry"): Call(
        ids=lambda ids: ids.first("relationship_queue"), writes=True
    ),
    ("relationship.overview", "get_overview"): Call(
        check=lambda answer, ids: {"customers"} <= {step["code"] for step in answer},
        abroad=lambda answer, ids: True,
    ),
}
#: public by Odoo's own naming and of no use from outside
INTERNAL: set[tuple[str, str]] = set()
