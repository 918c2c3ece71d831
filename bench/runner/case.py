"""What a case is: the same work done by us, the ordinary Odoo way and by hand-written SQL."""

from __future__ import annotations

import importlib
import operator
import pkgutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

VARIANTS = ("ours", "ordinary", "limit")
OPERATORS: dict[str, Callable[[float, float], bool]] = {"<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True)
class Goal:
    """A stated bound on one of the printed figures.

    >>> str(Goal("ours/limit", "<=", 2)), Goal("ours/limit", "<=", 2).met({"ours/limit": 1.5})
    ('ours/limit <= 2', True)
    >>> Goal("growth", "<=", 1.1).met({}) is None
    True
    """

    figure: str
    relation: str
    bound: float
    sizes: tuple[str, ...] = ()  # empty = every size

    def __str__(self) -> str:
        return f"{self.figure} {self.relation} {self.bound:g}"

    def met(self, figures: Mapping[str, float]) -> bool | None:
        """Return whether it is met, None when this run does not tell."""
        if self.figure not in figures:
            return None
        return OPERATORS[self.relation](figures[self.figure], self.bound)


@dataclass
class Probe:
    """What a variant may tell the runner while it works."""

    laps: list[float] = field(default_factory=list)
    share: float = 1.0  # part of the work that was done; the time is scaled up

    @contextmanager
    def lap(self) -> Iterator[None]:
        """Time one request of many; the runner prints the 95th percentile."""
        started = time.perf_counter()
        yield
        self.laps.append(time.perf_counter() - started)


class Case:
    """One file in `bench/cases` holds one of these (or a few that belong together).

    `ours` does the work with our addons. `ordinary` (A) does it the ordinary Odoo way, `limit` (L)
    by hand-written SQL on the same tables; leave out what makes no sense. Each starts from the same
    state, is timed up to and with the flush and the deferred constraints, and is rolled back.
    `result` is read after the clock has stopped and must be equal for all `compared`.
    """

    name = ""
    title = ""
    needs: tuple[str, ...] = ()  # models that must be there
    goals: tuple[Goal, ...] = ()
    compared: tuple[str, ...] = VARIANTS
    rounds = 1  # runs for each asked one: short work, often in turns, when ratios are near 1
    warm = False  # one run of each variant first that is not counted (reads from a cold disk)
    plain = False  # `ordinary` is the same work in the database without our addons

    def __init__(self, size: str, note: Mapping[str, Any]):
        """
        :param size: name of the size of the data
        :param note: what the generator noted: seed, as_of, bases of ids, rows
        """
        self.size = size
        self.note = note

    def by_size(self, tiny: int, s: int, m: int, large: int) -> int:
        """Return the amount of work for the size of the data."""
        return {"tiny": tiny, "S": s, "M": m, "L": large}[self.size]

    def units(self) -> int:
        """Return the number of pieces of work; queries are also printed for each."""
        raise NotImplementedError

    def scale(self) -> float:
        """Return what growth is measured against (the work, unless the data is what grows)."""
        return self.units()

    def setup(self, env: Any) -> None:
        """Prepare the state that every variant starts from (not timed)."""

    def ours(self, env: Any, probe: Probe) -> Any:
        """Do the work with our addons."""
        raise NotImplementedError

    def result(self, env: Any, outcome: Any) -> dict[str, Any]:
        """Return what was achieved as plain values by a key that does not depend on ids."""
        raise NotImplementedError

    def extras(self, env: Any, outcome: Any) -> dict[str, float]:
        """Return further figures of our variant, e.g. recall (not timed)."""
        return {}

    @classmethod
    def variants(cls) -> list[str]:
        """Return the variants this case has, ours first."""
        return [name for name in VARIANTS if hasattr(cls, name)] + (
            ["ordinary"] if cls.plain and not hasattr(cls, "ordinary") else []
        )

    @classmethod
    def baseline_path(cls) -> Path:
        """Return where the figures of an earlier run lie."""
        return CASES / f"{cls.name}.baseline.json"


CASES = Path(__file__).resolve().parent.parent / "cases"


def all_cases() -> dict[str, type[Case]]:
    """Return every case by name, in the order of the file names."""
    found: dict[str, type[Case]] = {}
    for info in sorted(pkgutil.iter_modules([str(CASES)]), key=lambda info: info.name):
        module = importlib.import_module(f"bench.cases.{info.name}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Case) and value.name:
                found[value.name] = value
    return found
