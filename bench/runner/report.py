"""From measurements to figures, verdicts, the table and the baseline file (plain Python)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median
from typing import Any

from .case import Case, Goal
from .stats import difference, percentile

HEADER = (
    "case", "size", "n", "ours s", "A s", "L s", "ours/A", "ours/L", "p95 ms", "p95/A", "growth",
    "MB", "queries ours/A/L",
)  # fmt: skip


@dataclass
class Outcome:
    """All runs of one case at one size."""

    case: str
    size: str
    runs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    skipped: str = ""
    failed: str = ""
    growth: float | None = None

    def figures(self) -> dict[str, float]:
        """Return the medians, ratios and counts that goals and the table speak of."""
        out: dict[str, float] = {}
        for variant, runs in self.runs.items():
            out[variant] = median(run["seconds"] for run in runs)
            out[f"{variant} cpu"] = median(run["cpu"] for run in runs)
            out[f"{variant} queries"] = median(run["queries"] for run in runs)
            laps = [lap for run in runs for lap in run["laps"]]
            if laps:
                out[f"{variant} p95 ms"] = percentile(laps, 0.95) * 1000
        if "ours" not in out:
            return out
        first = self.runs["ours"][0]
        units = first["units"]
        # the first run in a fresh process: no other variant has grown the heap yet
        out |= {"units": units, "scale": first["scale"], "peak MB": first["peak_mb"]}
        out |= {"per second": units / out["ours"], **first["extras"]}
        for other in ("ordinary", "limit"):
            if other in out:
                out[f"ours/{other}"] = out["ours"] / out[other]
                out[f"cpu ours/{other}"] = out["ours cpu"] / (out[f"{other} cpu"] or 1e-9)
                out[f"{other}/ours"] = out[other] / out["ours"]
            if f"{other} p95 ms" in out and "ours p95 ms" in out:
                out[f"p95 ours/{other}"] = out["ours p95 ms"] / out[f"{other} p95 ms"]
        if "ordinary" in out:
            out["extra queries"] = (out["ours queries"] - out["ordinary queries"]) / units
        if self.growth is not None:
            out["growth"] = self.growth
        return out

    def compare(self, compared: Sequence[str]) -> str:
        """Return how a result differs from the first of ours, or an empty text."""
        ours = self.runs["ours"][0]["result"]
        for variant in compared:
            for run in self.runs.get(variant, []):
                text = difference(ours, run["result"], sampled=run["share"] < 1)
                if text:
                    return f"{variant}: {text}"
        return ""

    def verdicts(self, goals: Sequence[Goal]) -> list[tuple[Goal, bool | None]]:
        """Return each goal of this size with whether it is met."""
        figures = self.figures()
        return [(g, g.met(figures)) for g in goals if not g.sizes or self.size in g.sizes]

    def kept(self) -> dict[str, Any]:
        """Return what JSON and baseline keep: figures without the results themselves."""
        return {name: round(value, 4) for name, value in self.figures().items()}


def table(outcomes: Sequence[Outcome], cases: Mapping[str, type[Case]]) -> str:
    """Return the printed table: a row of figures for each case and size, goals below it."""
    rows = [_row(outcome) for outcome in outcomes]
    widths = [max(len(row[i]) for row in [HEADER, *rows]) for i in range(len(HEADER))]

    def line(row: Sequence[str]) -> str:
        left = row[0].ljust(widths[0]), row[1].ljust(widths[1])
        return "  ".join([*left, *(c.rjust(w) for c, w in zip(row[2:], widths[2:], strict=True))])

    out = [line(HEADER), "  ".join("-" * width for width in widths)]
    for outcome, row in zip(outcomes, rows, strict=True):
        out.append(line(row).rstrip())
        out += [f"    {text}" for text in _below(outcome, cases[outcome.case])]
    return "\n".join(out)


def _row(outcome: Outcome) -> tuple[str, ...]:
    figures = outcome.figures()

    def show(name: str, form: str = ".2f") -> str:
        return format(figures[name], form) if name in figures else "-"

    queries = "/".join(show(f"{v} queries", ".0f") for v in ("ours", "ordinary", "limit"))
    sampled = any(run["share"] < 1 for run in outcome.runs.get("ordinary", []))
    return (
        outcome.case, outcome.size, show("units", ".0f"), show("ours", ".3f"),
        show("ordinary", ".3f") + ("*" if sampled else ""), show("limit", ".3f"),
        show("ours/ordinary"), show("ours/limit"), show("ours p95 ms", ".1f"),
        show("p95 ours/ordinary"), show("growth"), show("peak MB", ".0f"), queries,
    )  # fmt: skip


def _below(outcome: Outcome, case: type[Case]) -> list[str]:
    """Return the lines under a row: failure, goals, further figures, change since the baseline."""
    if outcome.skipped:
        return [f"skipped: {outcome.skipped}"]
    if outcome.failed:
        return [f"FAILED: {outcome.failed}"]
    words = {True: "met", False: "MISSED", None: "not told by this run"}
    out = [f"goal {goal}: {words[met]}" for goal, met in outcome.verdicts(case.goals)]
    if case.plain and "cpu ours/ordinary" in outcome.figures():
        # says more than the clock where other work shares the machine
        out.append(f"processor time of Odoo, ours/A: {outcome.figures()['cpu ours/ordinary']:.2f}")
    extras = outcome.runs["ours"][0]["extras"]
    out += [f"{name}: {value:g}" for name, value in extras.items()]
    out += [f"results equal: {', '.join(v for v in case.compared if v in outcome.runs)}"]
    baseline = read_baseline(case).get("sizes", {}).get(outcome.size, {})
    now = outcome.figures()
    changes = [
        f"{name} {baseline[name]:.2f} -> {now[name]:.2f}"
        for name in ("ours/ordinary", "ours/limit", "p95 ours/ordinary", "peak MB")
        if name in baseline and name in now
    ]
    return out + ([f"since the baseline: {', '.join(changes)}"] if changes else [])


def read_baseline(case: type[Case]) -> dict[str, Any]:
    """Return the figures of the run that was kept, or nothing."""
    path = case.baseline_path()
    return json.loads(path.read_text()) if path.exists() else {}


def write_baseline(case: type[Case], outcome: Outcome, machine: Mapping[str, Any]) -> None:
    """Keep the figures of this run beside the case, with date, machine and stated goals."""
    old = read_baseline(case)
    kept = {
        "case": case.name,
        "title": case.title,
        "goals": [str(goal) for goal in case.goals],
        "date": date.today().isoformat(),
        "machine": dict(machine),
        "sizes": {**old.get("sizes", {}), outcome.size: outcome.kept()},
    }
    case.baseline_path().write_text(json.dumps(kept, indent=2) + "\n")
