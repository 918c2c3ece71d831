"""A process with one database open, which does what the runner tells it.

Each case gets fresh processes, so that its memory is its own and two databases with other addons
never share a registry.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from .case import Probe, all_cases
from .machine import memory_mb, reset_peak


@dataclass
class Measurement:
    """One run of one variant."""

    seconds: float = 0.0
    cpu: float = 0.0  # processor time of the Odoo process alone
    queries: int = 0
    peak_mb: float = 0.0
    share: float = 1.0
    laps: list[float] = field(default_factory=list)
    result: dict[str, Any] = field(default_factory=dict)
    extras: dict[str, float] = field(default_factory=dict)
    units: int = 0
    scale: float = 0.0


class WorkerError(Exception):
    """What went wrong in the worker, as its traceback."""


class Worker:
    """The runner's end: start a process on a database, call it, stop it."""

    def __init__(self, database: str):
        context = multiprocessing.get_context("spawn")
        self.pipe, end = context.Pipe()
        self.process = context.Process(target=_serve, args=(end, database), daemon=True)
        self.process.start()
        end.close()

    def call(self, action: str, *arguments: Any) -> Any:
        """Let the worker do one of its actions and return the answer."""
        self.pipe.send((action, arguments))
        while True:
            try:
                kind, value = self.pipe.recv()
            except EOFError:
                raise WorkerError(f"the worker ended during {action}") from None
            if kind == "line":
                print(value, flush=True)
            elif kind == "error":
                raise WorkerError(value)
            else:
                return value

    def stop(self) -> None:
        """End the process and wait for it."""
        self.pipe.close()
        self.process.join(30)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


@contextmanager
def working(database: str) -> Iterator[Worker]:
    """Start a worker and stop it whatever happens."""
    worker = Worker(database)
    try:
        yield worker
    finally:
        worker.stop()


def _serve(pipe: Connection, database: str) -> None:
    """Answer calls until the runner goes away."""
    try:
        server = _Server(pipe, database)
    except Exception:  # noqa: BLE001 - the runner tells
        pipe.send(("error", traceback.format_exc()))
        return
    while True:
        try:
            action, arguments = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(("done", getattr(server, action)(*arguments)))
        except Exception:  # noqa: BLE001 - the runner tells
            pipe.send(("error", traceback.format_exc()))


class _Server:
    """The worker's end."""

    def __init__(self, pipe: Connection, database: str):
        import odoo
        from odoo.modules.registry import Registry

        self.pipe = pipe
        odoo.tools.config.parse_config(
            ["-d", database, "--no-http", "--workers=0", "--max-cron-threads=0",
             "--log-level=" + os.environ.get("BENCH_LOG_LEVEL", "error")]
        )  # fmt: skip
        self.registry = Registry(database)
        with self._env() as env:
            env["res.partner"].search([], limit=1).mapped("display_name")
            self.postgres = env.cr._cnx.server_version // 10000
        gc.collect()
        self.idle_mb = memory_mb()

    @contextmanager
    def _env(self) -> Iterator[Any]:
        from odoo import api

        with self.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            admin = env.ref("base.user_admin")
            companies = env["res.company"].search([], order="id").ids
            yield api.Environment(cr, admin.id, {"allowed_company_ids": companies})
            cr.rollback()

    def generate(
        self, size: str, seed: int, as_of: Any, without: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """Fill the database unless it is; returns the figures of the stages."""
        from ..generator.engine import all_stages, generate, note_of

        if unknown := set(without) - {stage.name for stage in all_stages()}:
            raise WorkerError(f"there is no stage {', '.join(sorted(unknown))} to leave out")
        figures = []
        with self.registry.cursor() as cr:
            note = note_of(cr)
            asked = {
                "size": size,
                "seed": seed,
                "as_of": str(as_of),
                "without": sorted(without),
            }
            if note and any(note.get(key, []) != value for key, value in asked.items()):
                raise WorkerError(
                    f"{cr.dbname} holds other data: {note['size']}, seed {note['seed']}"
                )
            if not note:
                filling = generate(cr, size, seed, as_of, between=cr.commit, without=without)
                for stage in filling:
                    self.pipe.send(("line", stage.line()))
                    figures.append(asdict(stage))
            cr.rollback()
        return figures

    def missing(self, case_name: str) -> list[str]:
        """Return the models that the case needs and this database lacks."""
        return [model for model in all_cases()[case_name].needs if model not in self.registry]

    def machine(self) -> dict[str, Any]:
        """Return what only the worker knows of the machine."""
        return {"postgresql": self.postgres}

    def run(self, case_name: str, size: str, variant: str) -> dict[str, Any]:
        """Do one run of one variant and roll it back."""
        from ..generator.engine import note_of

        with self._env() as env:
            case = all_cases()[case_name](size, note_of(env.cr) or {})
            case.setup(env)
            # what setting up changed is planned with current statistics, and out of the caches
            env.cr.flush()
            env.invalidate_all()
            work: Callable[[Any, Probe], Any] = getattr(case, variant, case.ours)
            probe = Probe()
            gc.collect()
            reset_peak()
            queries, cpu = env.cr.sql_log_count, time.process_time()
            started = time.perf_counter()
            outcome = work(env, probe)
            env.cr.flush()
            env.cr.execute("SET CONSTRAINTS ALL IMMEDIATE")
            seconds = time.perf_counter() - started
            cpu = time.process_time() - cpu
            done = Measurement(
                seconds=seconds / probe.share,
                cpu=cpu / probe.share,
                queries=round((env.cr.sql_log_count - 1 - queries) / probe.share),
                peak_mb=max(memory_mb(peak=True) - self.idle_mb, 0.0),
                share=probe.share,
                laps=probe.laps,
                units=case.units(),
                scale=case.scale(),
            )
            # through JSON, so that both sides compare the same plain values
            done.result = json.loads(json.dumps(case.result(env, outcome), default=str))
            if variant == "ours":
                done.extras = case.extras(env, outcome)
        return asdict(done)
