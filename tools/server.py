"""An Odoo server as a process of its own: the demo, and clones that tests talk to from outside."""

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from tools.machine import Machine
from tools.paths import LOGS, RUN
from tools.postgres import admin
from tools.say import SetupError


class Server:
    """An Odoo that serves one database on one port of this machine.

    `name` names its process file and log, so that a later command finds it again.
    """

    def __init__(
        self, name: str, machine: Machine, environment: Mapping[str, str], database: str, port: int
    ):
        self.name, self.database, self.port = name, database, port
        self.machine, self.environment = machine, dict(environment)
        self.log = LOGS / f"server-{name}.log"
        self.url = f"http://127.0.0.1:{port}"

    def start(self, timeout: float = 120) -> "Server":
        """Start, and come back when it answers."""
        refuse_taken_port(self.port)
        admin(self.environment, "parameter", self.database, "report.url", self.url)
        command = self.machine.odoo(
            *self.machine.options(self.environment), "-d", self.database,
            f"--http-port={self.port}", f"--gevent-port={free_port()}",
            f"--db-filter=^{self.database}$", f"--logfile={self.log}",
        )  # fmt: skip
        LOGS.mkdir(parents=True, exist_ok=True)
        self.log.unlink(missing_ok=True)
        process = subprocess.Popen(
            command, env=self.environment, cwd=RUN, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT,
        )  # fmt: skip
        process_file(self.name).write_text(f"{process.pid} {self.port} {started_at(process.pid)}")
        self._await_answer(process, timeout)
        return self

    def _await_answer(self, process: "subprocess.Popen[bytes]", timeout: float) -> None:
        """Poll until the server answers; a dead process or the deadline is an error."""
        deadline = time.monotonic() + timeout
        while not answers(self.url):
            dead = process.poll() is not None
            if dead or time.monotonic() > deadline:
                stop(self.name)
                raise SetupError(
                    "the server stopped by itself." if dead else "the server does not answer.",
                    "read the details, mend the cause and run the same command again.",
                    self.log,
                )
            time.sleep(0.2)  # polling another process: there is no event to wait for
        # the first page fills Odoo's caches; a person should not wait for that
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{self.url}/web/login", timeout=60).read()


def answers(url: str) -> bool:
    """Whether an Odoo answers at this address."""
    try:
        with urllib.request.urlopen(f"{url}/web/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def process_file(name: str) -> Path:
    """Where a started server is noted."""
    return RUN / f"server-{name}.pid"


def running(name: str) -> tuple[int, int] | None:
    """(process id, port) of a server that was started here and still lives."""
    try:
        pid, port, start = process_file(name).read_text().split()
    except (OSError, ValueError):
        return None
    # the same number may meanwhile be another program: compare the start time too
    return (int(pid), int(port)) if started_at(int(pid)) == start else None


def stop(name: str) -> bool:
    """End a server started here with all it started itself; False when there is none."""
    found = running(name)
    if found:
        _end_group(found[0])
    process_file(name).unlink(missing_ok=True)
    return bool(found)


def _end_group(pid: int, patience: float = 15) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGTERM)
        deadline = time.monotonic() + patience
        while started_at(pid) and time.monotonic() < deadline:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            time.sleep(0.1)  # another process group: there is no event to wait for
        os.killpg(pid, signal.SIGKILL)


def started_at(pid: int) -> str:
    """Start time of a process in clock ticks since boot; empty when it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def refuse_taken_port(port: int) -> None:
    """Say so when another program listens on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise SetupError(
                f"port {port} is taken by another program ({error.strerror}).",
                f"end that program, or choose another port: make run PORT={port + 1}",
            ) from error
