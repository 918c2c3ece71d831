"""The bridges to the till and the shop: their own tests, on a database that has both.

Installing Odoo's point of sale and shop takes a minute, so the other tests go without them.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import schema_dump

from tools.database import TROUBLE
from tools.paths import BRIDGES, ROOT, RUN

#: what the bridges join to our addons
THEIRS = ("pos_loyalty", "website_sale_loyalty")
#: tests of the whole suite that see the bridges only where they are installed
SHARED = ("tests/test_access_matrix.py", "tests/test_catalogue.py")
#: what tells a process of pytest that it is another one's worker
OF_WORKERS = re.compile(r"PYTEST_(XDIST|CURRENT)")


@pytest.fixture(scope="module")
def bridged(databases):
    """The four addons with point of sale and shop; any WARNING at the install fails."""
    name = f"{os.environ['SUITE_RUN_DB']}_bridges"
    databases.clone(os.environ["SUITE_TEMPLATE_DB"], name)
    try:
        databases.odoo(name, "bridges", "-i", ",".join(THEIRS), "--stop-after-init")
        (RUN / f"{name}.conf").write_text(databases.configuration(name))
        yield name
    finally:
        databases.drop(name)
        for file in (RUN / f"{name}.conf", RUN / f"{name}.xml"):
            file.unlink(missing_ok=True)


def installed(database):
    """The bridges that a database has."""
    rows = schema_dump.query(
        database, "SELECT name FROM ir_module_module WHERE state = 'installed' ORDER BY name"
    )
    return [name for (name,) in rows if name in BRIDGES]


def test_they_install_themselves(bridged):
    assert installed(bridged) == sorted(BRIDGES)


def test_their_own_tests(bridged, databases):
    """All of them pass, none is skipped, and who may do what is as without them."""
    paths = [*(f"addons/{bridge}/tests" for bridge in BRIDGES), *SHARED]
    report = RUN / f"{bridged}.xml"
    environment = {k: v for k, v in os.environ.items() if not OF_WORKERS.match(k)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *paths, "-q", "-p", "no:cacheprovider",
         f"--junitxml={report}"],
        env=environment | databases.environment | {"ODOO_RC": str(RUN / f"{bridged}.conf")},
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not done.returncode, (done.stdout + done.stderr)[-6000:]
    cases = list(ElementTree.parse(report).getroot().iter("testcase"))
    assert [case.get("name") for case in cases if case.find("skipped") is not None] == []
    written = sum(
        len(re.findall(r"^ +def test_", path.read_text(), re.MULTILINE))
        for folder in paths
        for path in _files(ROOT / folder)
    )
    assert len(cases) >= written > len(paths)


def _files(path: Path):
    return [path] if path.is_file() else sorted(path.glob("test_*.py"))


def test_they_go_and_leave_the_rest(bridged, databases):
    """Uninstalled, no record of theirs is left, and what they joined stays."""
    command = databases.machine.odoo(
        "module", "uninstall", "-c", RUN / f"{bridged}.conf", "-d", bridged, *BRIDGES
    )
    done = subprocess.run(
        command, env=databases.environment, capture_output=True, text=True, check=False
    )
    output = done.stdout + done.stderr
    assert not done.returncode, output[-3000:]
    assert [found[0] for found in TROUBLE.finditer(output)] == []
    assert installed(bridged) == []
    left = schema_dump.query(
        bridged, "SELECT module, name FROM ir_model_data WHERE module = ANY(%s)", [list(BRIDGES)]
    )
    assert left == []
    there = schema_dump.query(
        bridged,
        "SELECT count(*) FROM ir_module_module WHERE state = 'installed' AND name = ANY(%s)",
        [[*THEIRS, "loyalty_rewards"]],
    )
    assert there == [(len(THEIRS) + 1,)]
