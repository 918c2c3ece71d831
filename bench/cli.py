"""The command line: `python -m bench --database NAME`; see README.md."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from . import databases
from .generator.sizes import AS_OF, SIZES
from .runner.case import all_cases
from .runner.machine import shape
from .runner.report import Outcome, table, write_baseline
from .runner.run import run_case
from .runner.stats import growth
from .runner.worker import WorkerError, working


def parser() -> argparse.ArgumentParser:
    """Return the options."""
    out = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    out.add_argument("--database", required=True, help="with the addons, without generated data")
    out.add_argument("--plain-database", help="the same without our addons")
    out.add_argument("--size", default="S,M", help="tiny, S, M, L; several with commas")
    out.add_argument("--case", default="", help="names of cases, with commas; all by default")
    out.add_argument("--runs", type=int, default=3, help="runs of each variant (median counts)")
    out.add_argument("--seed", type=int, default=1)
    out.add_argument("--as-of", type=date.fromisoformat, default=AS_OF, help="last day of history")
    out.add_argument("--json", type=Path, help="write all figures to this file")
    out.add_argument(
        "--without", default="", help="stages of the data that no case of this run needs"
    )
    out.add_argument("--keep", action="store_true", help="keep the filled databases for next time")
    out.add_argument("--only-data", action="store_true", help="fill databases (kept), run nothing")
    out.add_argument(
        "--update-baseline", action="store_true", help="keep these figures as baseline"
    )
    out.add_argument("--strict", action="store_true", help="a missed goal fails too")
    out.add_argument("--list", action="store_true", help="list the cases and end")
    return out


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench; returns 1 when results differ (or a goal is missed, with --strict)."""
    options = parser().parse_args(arguments)
    cases = all_cases()
    names = [name for name in options.case.split(",") if name] or list(cases)
    sizes = [size for size in options.size.split(",") if size]
    wrong = [name for name in names if name not in cases] + [s for s in sizes if s not in SIZES]
    if wrong:
        print(f"No such case or size: {', '.join(wrong)}. Cases: {', '.join(cases)}.")
        return 2
    if options.list:
        for name, case in cases.items():
            print(f"{name:<24}{case.title}")
        return 0
    outcomes: list[Outcome] = []
    data: dict[str, Any] = {}
    machine = shape()
    plain = any(cases[name].plain for name in names) and options.plain_database
    for size in sizes:
        with ExitStack() as stack:
            sources = [options.database, *([plain] if plain else [])]
            filled = [
                stack.enter_context(_filled(source, size, options, data)) for source in sources
            ]
            if options.only_data:
                continue
            with working(filled[0]) as worker:
                machine |= worker.call("machine")
            for name in names:
                print(f"{size}: {name} …", flush=True)
                outcomes.append(
                    run_case(
                        cases[name], size, filled[0], filled[1] if plain else None, options.runs
                    )
                )
    _fit_growth(outcomes)
    if outcomes:
        print(
            f"\n{', '.join(f'{k} {v}' for k, v in machine.items())}; median of {options.runs} runs"
        )
        print(f"seed {options.seed}, history until {options.as_of}; * = a sample, scaled up\n")
        print(table(outcomes, cases))
    if options.json:
        _write_json(options.json, machine, data, outcomes)
    if options.update_baseline:
        for outcome in outcomes:
            if not outcome.failed and not outcome.skipped:
                write_baseline(cases[outcome.case], outcome, machine)
    return _status(outcomes, options.strict)


@contextmanager
def _filled(
    source: str, size: str, options: argparse.Namespace, data: dict[str, Any]
) -> Iterator[str]:
    """Give a copy of `source` filled with the size's data; drop it afterwards unless kept."""
    name = f"{source}_{size.lower()}"
    if not databases.exists(name):
        databases.clone(source, name)
    kept = options.keep or options.only_data
    try:
        print(f"{name}: data of size {size}", flush=True)
        started = time.time()
        with working(name) as worker:
            without = [stage for stage in options.without.split(",") if stage]
            data[name] = worker.call("generate", size, options.seed, options.as_of, without)
        print(f"  {'in all':<12} {'':>12}      {time.time() - started:>8.1f} s", flush=True)
        yield name
    except WorkerError:
        # half filled: of no use to anybody
        kept = False
        raise
    finally:
        if not kept:
            databases.drop(name)


def _fit_growth(outcomes: Sequence[Outcome]) -> None:
    """Fit the growth of each case over the sizes of this run, shown with the largest."""
    for name in {outcome.case for outcome in outcomes}:
        of_case = [o for o in outcomes if o.case == name and "ours" in o.runs]
        points = {o.figures()["scale"]: o.figures()["ours"] for o in of_case}
        if of_case:
            of_case[-1].growth = growth(points)


def _write_json(
    path: Path, machine: dict[str, Any], data: dict[str, Any], outcomes: Sequence[Outcome]
) -> None:
    rows = [
        {
            "case": o.case,
            "size": o.size,
            "figures": o.kept(),
            "seconds": {name: [run["seconds"] for run in runs] for name, runs in o.runs.items()},
            "skipped": o.skipped,
            "failed": o.failed,
        }
        for o in outcomes
    ]
    text = json.dumps({"machine": machine, "data": data, "cases": rows}, indent=2)
    path.write_text(text + "\n")


def _status(outcomes: Sequence[Outcome], strict: bool) -> int:
    """Return the exit status."""
    cases = all_cases()
    if any(outcome.failed for outcome in outcomes):
        return 1
    missed = any(
        met is False
        for outcome in outcomes
        if not outcome.skipped
        for _goal, met in outcome.verdicts(cases[outcome.case].goals)
    )
    return 1 if strict and missed else 0
