"""Runs one case at one size: its variants in turn, each the asked number of times."""

from __future__ import annotations

from contextlib import ExitStack

from .case import Case
from .report import Outcome
from .worker import WorkerError, working


def turns(variants: list[str], runs: int) -> list[str]:
    """Return the order of all runs: every round starts with another variant, the first with ours.

    So a machine that slows down or speeds up meanwhile does it to all alike.

    >>> turns(["ours", "ordinary", "limit"], 2)
    ['ours', 'ordinary', 'limit', 'ordinary', 'limit', 'ours']
    """
    order = []
    for number in range(runs):
        at = number % len(variants)
        order += variants[at:] + variants[:at]
    return order


def run_case(
    case: type[Case], size: str, database: str, plain_database: str | None, runs: int
) -> Outcome:
    """Run a case and compare the results.

    :param database: filled database with our addons
    :param plain_database: filled database without them, for cases that compare with it
    """
    outcome = Outcome(case.name, size)
    if case.plain and not plain_database:
        outcome.skipped = "needs --plain-database"
        return outcome
    try:
        with ExitStack() as stack:
            ours = stack.enter_context(working(database))
            lacking = ours.call("missing", case.name)
            if lacking:
                outcome.skipped = f"no {', '.join(lacking)}"
                return outcome
            ordinary = ours
            if case.plain and plain_database:
                ordinary = stack.enter_context(working(plain_database))
            for variant in case.variants() if case.warm else []:
                worker = ordinary if variant == "ordinary" else ours
                worker.call("run", case.name, size, variant)
            for variant in turns(case.variants(), runs * case.rounds):
                worker = ordinary if variant == "ordinary" else ours
                done = worker.call("run", case.name, size, variant)
                outcome.runs.setdefault(variant, []).append(done)
        outcome.failed = outcome.compare(case.compared)
    except WorkerError as error:
        outcome.failed = str(error).strip()
    return outcome
