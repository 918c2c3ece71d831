"""Fixtures of the whole-suite tests: databases of their own, a served clone to talk to."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tools.database import TROUBLE, Databases
from tools.machine import ready
from tools.paths import ADDONS, RUN
from tools.postgres import Cluster
from tools.server import Server, free_port, stop

#: what `odoo shell` runs on the served clone
PEOPLE = """
import sys
sys.path.insert(0, {folder!r})
from served_people import make_people
make_people(env, {result!r})
"""
#: Starts the server and leaves it. Odoo's test classes end every child process of the test process
#: when they are done, so the server must be nobody's child.
START = """
import os, sys
from tools.machine import ready
from tools.server import Server
name, port = sys.argv[1:]
Server(name, ready(), os.environ, name, int(port)).start()
"""


@dataclass(frozen=True)
class Served:
    """An Odoo of its own process.

    `database` is for checks by SQL; `keys` holds an API key for each login of served_people.py
    (the password is the same as the login), `ids` the records made there.
    """

    url: str
    database: str
    log: Path
    keys: dict[str, str] = field(repr=False)
    ids: dict[str, int]


@pytest.fixture(scope="session")
def databases():
    """The databases of this test command, to clone from and to run Odoo on."""
    return Databases(ready(), Cluster("test"))


@pytest.fixture(scope="session")
def served(request, databases):
    """A clone of the test template with a few people, served by Odoo's own launcher."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"{os.environ['SUITE_RUN_DB']}_served_{worker}"
    result = RUN / f"{name}.json"
    databases.clone(os.environ["SUITE_TEMPLATE_DB"], name)
    server = Server(name, databases.machine, databases.environment, name, free_port())
    try:
        script = PEOPLE.format(folder=str(Path(__file__).parent), result=str(result))
        databases.odoo(name, "served-people", stdin=script)
        start = [sys.executable, "-c", START, name, str(server.port)]
        started = subprocess.run(
            start, env=databases.environment, capture_output=True, text=True, check=False
        )
        assert not started.returncode, started.stderr
        yield Served(server.url, name, server.log, **json.loads(result.read_text()))
    finally:
        stop(name)
        request.config.suite_trouble.lines += _trouble(server.log)
        if not request.session.testsfailed:
            server.log.unlink(missing_ok=True)
        result.unlink(missing_ok=True)
        databases.drop(name)


def _trouble(log):
    """What the server logged and no request may cause: errors, and warnings of our addons.

    A constraint that refuses a value is logged by `odoo.sql_db` as an error; its caller is told.
    """
    text = log.read_text(errors="replace") if log.exists() else ""
    ours = tuple(f"odoo.addons.{addon}" for addon in ADDONS)
    return [
        # without time and process, so that the same trouble is told once
        f"{line[0].split(' ', 3)[3]} [served]"
        for line in TROUBLE.finditer(text)
        if any(name in line[0] for name in ours)
        or (line[1] != "WARNING" and " odoo.sql_db: " not in line[0])
    ]
