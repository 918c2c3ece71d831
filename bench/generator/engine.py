"""Runs the stages in order and tells what each wrote."""

from __future__ import annotations

import importlib
import json
import pkgutil
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date

from odoo.sql_db import BaseCursor

from . import stages
from .bulk import Bulk
from .context import PARAMETER, Context
from .sizes import AS_OF, SIZES


class Stage:
    """One step of the generator: a file `stages/s<number>_<name>.py` with one subclass.

    `needs` names the tables (and columns) it cannot do without; where one is missing the stage is
    skipped and said to be. `tables` are those it fills, for the figures and for ANALYZE.
    """

    name = ""
    bulk = True  # may its tables lose their indexes while it runs?
    needs: dict[str, tuple[str, ...]] = {}
    tables: tuple[str, ...] = ()

    def run(self, ctx: Context) -> None:
        """Write the rows of this stage."""
        raise NotImplementedError


@dataclass
class Figures:
    """What one stage wrote (megabytes of tables with indexes), or why it was skipped."""

    stage: str
    rows: int = 0
    seconds: float = 0.0
    megabytes: float = 0.0
    skipped: str = ""

    def line(self) -> str:
        """Return the printed line."""
        if self.skipped:
            return f"  {self.stage:<12} skipped: no {self.skipped}"
        return (
            f"  {self.stage:<12} {self.rows:>12,} rows {self.seconds:>8.1f} s "
            f"{self.megabytes:>9.1f} MB"
        )


def all_stages() -> list[Stage]:
    """Return the stages in the order of their file names."""
    found = []
    for info in sorted(pkgutil.iter_modules(stages.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{stages.__name__}.{info.name}")
        found += [
            value()
            for value in vars(module).values()
            if isinstance(value, type) and issubclass(value, Stage) and value is not Stage
        ]
    return found


def note_of(cr: BaseCursor) -> dict[str, object] | None:
    """Return what was generated in this database, or None."""
    cr.execute("SELECT value FROM ir_config_parameter WHERE key = %s", [PARAMETER])
    row = cr.fetchone()
    return json.loads(row[0]) if row else None


def _megabytes(cr: BaseCursor, tables: tuple[str, ...]) -> float:
    cr.execute(
        "SELECT coalesce(sum(pg_total_relation_size(to_regclass(t))), 0) / 1048576.0 "
        "FROM unnest(%s::text[]) t",
        [list(tables)],
    )
    return float(cr.fetchone()[0])


def generate(
    cr: BaseCursor,
    size: str,
    seed: int = 1,
    as_of: date = AS_OF,
    between: Callable[[], object] = int,
    without: Collection[str] = (),
) -> Iterator[Figures]:
    """Write the data of a size; yields the figures of each stage as it ends.

    :param cr: cursor of a database in which nothing was generated before; never committed here
    :param size: a name of SIZES
    :param seed: same seed, same rows
    :param as_of: last day of the history
    :param between: called after each stage (the command line commits there)
    :param without: names of stages to leave out, for a case that needs no row of theirs
    """
    ctx = Context(cr, SIZES[size], seed, as_of)
    bulk: Bulk | None = None
    chosen = []
    for stage in all_stages():
        if stage.name in without:
            yield Figures(stage.name, skipped="need of it in this run")
            continue
        lacking = ctx.missing(stage.needs)
        if lacking:
            yield Figures(stage.name, skipped=", ".join(lacking))
            continue
        if stage.bulk and not bulk and size != "tiny":
            bulk = Bulk(
                cr, [table for other in all_stages() if other.bulk for table in other.tables]
            )
            bulk.take()
        yield _run(ctx, stage)
        chosen.append(stage)
        between()
    if bulk:
        started = time.time()
        before = _megabytes(cr, tuple(bulk.tables))
        bulk.give_back()
        between()
        yield Figures(
            "indexes", 0, time.time() - started, _megabytes(cr, tuple(bulk.tables)) - before
        )
    started = time.time()
    for table in sorted({table for stage in chosen for table in stage.tables}):
        cr.execute(f"ANALYZE {table}")
    ctx.remember(without)
    ctx.env.flush_all()
    between()
    yield Figures("analyze", seconds=time.time() - started)
    ctx.env.invalidate_all()


def _run(ctx: Context, stage: Stage) -> Figures:
    ctx.prepare()
    rows, megabytes, started = sum(ctx.rows.values()), _megabytes(ctx.cr, stage.tables), time.time()
    stage.run(ctx)
    ctx.env.flush_all()
    return Figures(
        stage.name,
        rows=sum(ctx.rows.values()) - rows,
        seconds=time.time() - started,
        megabytes=_megabytes(ctx.cr, stage.tables) - megabytes,
    )
