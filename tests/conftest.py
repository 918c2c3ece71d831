"""Fixtures of the whole-suite tests: a served clone that tests talk to from outside."""

import os
from dataclasses import dataclass

import pytest

from tools import database
from tools.machine import ready
from tools.server import Server, free_port, stop


@dataclass(frozen=True)
class Served:
    """An Odoo of its own process: its address, and its database for checks by SQL."""

    url: str
    database: str


@pytest.fixture(scope="session")
def served(request):
    """A clone of the test template, served by Odoo's own launcher on a free port."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"{os.environ['SUITE_RUN_DB']}_served_{worker}"
    environment = dict(os.environ)
    database.clone(environment, os.environ["SUITE_TEMPLATE_DB"], name)
    server = Server(name, ready(), environment, name, free_port())
    try:
        server.start()
        yield Served(server.url, name)
    finally:
        stop(name)
        database.drop(environment, name)
