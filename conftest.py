"""What every test run needs beside pytest-odoo: see also tools/testing.py."""

import logging
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path
from unittest import mock

import pytest

import odoo

ROOT = Path(__file__).resolve().parent
OURS = re.compile(
    r"^odoo\.addons\.(relationship_crm|partner_portal|loyalty_rewards(_pos|_shop)?|survey_feedback)(\.|$)"
)
LOADING = re.compile(r"^odoo\.(modules|registry|orm|tools\.convert|schema)(\.|$)")
BROWSER_SKIP = re.compile(r"chrome|chromium|browser|websocket|odoo-http", re.IGNORECASE)


def pytest_addoption(parser):
    """`--whole-suite`: the number of passed tests must reach the one in tests/expected_count."""
    parser.addoption("--whole-suite", action="store_true", help="check the number of tests")


class Trouble(logging.Handler):
    """Collects what our addons, or their loading, log at WARNING or above.

    A test that provokes a warning on purpose mutes or asserts it (`mute_logger`, `assertLogs`).
    """

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        ours = OURS.search(record.name) or LOADING.search(record.name)
        warned = record.name == "py.warnings" and f"{ROOT / 'addons'}/" in record.getMessage()
        if ours or warned:
            test = os.environ.get("PYTEST_CURRENT_TEST", "outside a test")
            self.lines.append(
                f"{record.levelname} {record.name}: {record.getMessage()[:500]} [{test}]"
            )


def pytest_configure(config):
    config.suite_trouble = Trouble()
    config.suite_skips = []
    logging.getLogger().addHandler(config.suite_trouble)


def pytest_testnodedown(node, error):
    """A worker hands over what it collected."""
    node.config.suite_trouble.lines += getattr(node, "workeroutput", {}).get("trouble", [])


def pytest_runtest_logreport(report):
    """Remember skipped browser tests (in the process that prints the summary)."""
    if report.skipped and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2]
        if BROWSER_SKIP.search(reason):
            SKIPPED.append(f"{report.nodeid}: {reason}")


SKIPPED = []


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    """Fail the run for trouble in the log, a skipped browser test, or too few tests."""
    config = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput["trouble"] = config.suite_trouble.lines
        return
    config.suite_verdict = list(_verdict(config))
    if config.suite_verdict and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _verdict(config):
    for line in dict.fromkeys(config.suite_trouble.lines):
        yield f"logged during the tests: {line}"
    for line in SKIPPED:
        yield f"a browser test was skipped: {line}"
    if config.getoption("--whole-suite"):
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        passed = len(reporter.stats.get("passed", ()))
        expected = int((ROOT / "tests" / "expected_count").read_text())
        if passed < expected:
            yield (
                f"{passed} tests passed, {expected} are expected (tests/expected_count):"
                " tests were lost"
            )


def pytest_terminal_summary(terminalreporter, config):
    for line in getattr(config, "suite_verdict", ()):
        terminalreporter.write_line(f"FAILED: {line}", red=True)


@pytest.fixture(scope="session", autouse=True)
def _thread_database_name(load_registry):
    """Website and mail read the database's name off the thread; pytest-odoo does not set it."""
    threading.current_thread().dbname = odoo.tests.common.get_db_name()
    yield


@pytest.fixture(scope="session", autouse=True)
def _files_of_this_worker(load_registry):
    """A filestore of its own for each worker of pytest-xdist, copied by hard links.

    pytest-odoo lets the workers share one. Odoo removes files without an attachment after each
    test class: those of a test that runs in the other worker, too.
    """
    if not os.environ.get("PYTEST_XDIST_WORKER"):
        yield
        return
    config = odoo.tools.config
    shared, name = config.filestore(""), odoo.tests.common.get_db_name()
    own = Path(config["data_dir"], "filestore", name)
    shutil.rmtree(own, ignore_errors=True)
    if Path(shared).is_dir():
        subprocess.run(["cp", "-al", shared, str(own)], check=True)
    try:
        with mock.patch.object(config, "filestore", lambda _name: str(own)):
            yield
    finally:
        shutil.rmtree(own, ignore_errors=True)
