"""The runner's arithmetic: ratios, goals, growth, and results that must be equal."""

import doctest
import importlib

import pytest

from bench.runner.case import Case, Goal, all_cases
from bench.runner.report import Outcome, read_baseline, table, write_baseline


class Example(Case):
    name = "example"
    goals = (Goal("ours/limit", "<=", 2), Goal("ordinary/ours", ">=", 20), Goal("growth", "<=", 1))


def run(seconds, queries=10, result=None, share=1.0, laps=()):
    return {
        "seconds": seconds, "cpu": seconds, "queries": queries, "peak_mb": 5.0, "share": share,
        "laps": list(laps), "result": {"a": 1} if result is None else result, "extras": {},
        "units": 10, "scale": 100.0,
    }  # fmt: skip


def outcome(**runs):
    return Outcome("example", "S", runs)


@pytest.mark.parametrize(
    "name",
    ["generator.sizes", "generator.curves", "runner.stats", "runner.case", "runner.run"],
)
def test_examples(name):
    """The examples in the docstrings are true."""
    result = doctest.testmod(importlib.import_module(f"bench.{name}"))
    assert result.attempted
    assert not result.failed


def test_figures_are_medians_and_ratios():
    """One slow run does not move a figure; ratios are those of the medians."""
    figures = outcome(
        ours=[run(1.0), run(9.0), run(1.2)],
        ordinary=[run(12.0, queries=40), run(12.0, queries=40)],
        limit=[run(0.6, laps=[0.1] * 19 + [5.0])],
    ).figures()
    assert figures["ours"] == 1.2
    assert figures["ours/limit"] == pytest.approx(2.0)
    assert figures["ordinary/ours"] == pytest.approx(10.0)
    assert figures["extra queries"] == pytest.approx(-3.0)
    assert figures["limit p95 ms"] == pytest.approx(100.0)


def test_goals_met_missed_and_unknown():
    """A goal is met, missed, or not told by the run."""
    verdicts = outcome(
        ours=[run(1.0)], ordinary=[run(12.0)], limit=[run(0.6)]
    ).verdicts(Example.goals)  # fmt: skip
    assert [met for _goal, met in verdicts] == [True, False, None]


def test_unequal_results_fail():
    """Another value, a row too many or none at all is told; a sample may lack rows."""
    assert not outcome(ours=[run(1)], limit=[run(1)]).compare(("ours", "limit"))
    wrong = outcome(ours=[run(1)], limit=[run(1, result={"a": 2})])
    assert "'a' is 1 with us, 2 there" in wrong.compare(("ours", "limit"))
    assert not wrong.compare(("ours",))
    two = {"a": 1, "b": 2}
    assert not outcome(ours=[run(1, result=two)], limit=[run(1, share=0.5)]).compare(("limit",))
    assert outcome(ours=[run(1, result=two)], limit=[run(1)]).compare(("limit",))
    assert outcome(ours=[run(1)], limit=[run(1, result={})]).compare(("limit",))


def test_table_and_baseline(tmp_path, monkeypatch):
    """The table shows figures, verdicts and the change since the figures kept in a file."""
    monkeypatch.setattr(Example, "baseline_path", classmethod(lambda cls: tmp_path / "b.json"))
    done = outcome(ours=[run(1.0)], limit=[run(0.5)])
    write_baseline(Example, done, {"cores": 2})
    assert read_baseline(Example)["sizes"]["S"]["ours/limit"] == 2.0
    text = table([outcome(ours=[run(1.5)], limit=[run(0.5)])], {"example": Example})
    assert "ours/limit 2.00 -> 3.00" in text
    assert "goal ours/limit <= 2: MISSED" in text
    failed = Outcome("example", "S", done.runs, failed="limit: 1 only there")
    assert "FAILED: limit: 1 only there" in table([failed], {"example": Example})


def test_every_case_is_complete():
    """Each case has a title, goals, and something to be compared with."""
    cases = all_cases()
    assert {"conflict", "import", "tax_on_core_orders"} <= set(cases)
    for name, case in cases.items():
        assert case.title and case.goals, name
        assert len(case.variants()) > 1, name
        assert set(case.compared) & set(case.variants()) - {"ours"}, name
