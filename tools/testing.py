"""`make test`: every test on real Odoo and PostgreSQL, on a clone of a prepared database."""

import contextlib
import fcntl
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from tools import server
from tools.database import Databases, filestore
from tools.machine import Machine, exclusive, ready
from tools.paths import ADDONS, ADDONS_DIR, BRIDGES, ROOT, RUN
from tools.postgres import Cluster, binaries
from tools.say import SetupError, follow, note


def test(words: list[str]) -> int:
    """Run pytest; `words` are addon names, paths and pytest options. Gives its exit code.

    Without words everything runs, in two processes, and the number of tests must reach the one
    noted in tests/expected_count.
    """
    machine = ready()
    with _test_cluster() as cluster:
        databases = Databases(machine, cluster)
        with exclusive("template"):
            _drop_leftovers(databases)
            template = databases.template()
            run = databases.clone(template, f"{databases.prefix}run_{os.getpid()}")
        try:
            return _pytest(machine, databases, run, template, words)
        finally:
            _stop_servers(run)
            databases.drop(*databases.of_runs().get(os.getpid(), ()))
            (RUN / f"{run}.conf").unlink(missing_ok=True)


def soak(words: list[str]) -> int:
    """Run the tests of random sequences with more steps than `make test`: STEPS, or 10,000."""
    os.environ["SOAK_STEPS"] = os.environ.get("STEPS") or "10000"
    files = [
        *ADDONS_DIR.glob("*/tests/test_*_machine.py"),
        *ADDONS_DIR.glob("*/tests/test_*_history.py"),
        *ADDONS_DIR.glob("*/tests/test_fuzz.py"),
    ]
    return test([*map(str, sorted(files)), *words])


def _pytest(
    machine: Machine, databases: Databases, run: str, template: str, words: list[str]
) -> int:
    everything = not words
    paths = [_path_of(word) for word in words] or ["addons", "tests"]
    workers = os.environ.get("WORKERS") or ("2" if everything else "0")
    command = [
        str(machine.python), "-m", "pytest", *paths, "--odoo-http", "-p", "no:cacheprovider",
        f"--junitxml={RUN / 'junit.xml'}",
    ]  # fmt: skip
    if workers != "0":
        command += ["-n", workers, "--dist", "loadfile"]
    if everything:
        # the bridges' own tests run where what they join is installed: tests/test_bridges.py
        command += [f"--ignore={ADDONS_DIR / bridge}" for bridge in BRIDGES]
        command.append("--whole-suite")
    environment = databases.environment | {
        "ODOO_RC": str(_configuration(databases, run)),
        "SUITE_TEMPLATE_DB": template,
        "SUITE_RUN_DB": run,
        "SUITE_RUN_DIR": str(RUN),
        "SUITE_PREFIX": databases.prefix,
    }
    # pytest-xdist gives each worker a clone by `createdb`
    environment["PATH"] = f"{binaries()}{os.pathsep}{environment['PATH']}"
    return follow(command, env=environment, cwd=ROOT)


def _path_of(word: str) -> str:
    """`partner_portal` means its tests; anything else goes to pytest as it is."""
    if word in BRIDGES:
        return "tests/test_bridges.py"
    return str(ADDONS_DIR / word) if word in ADDONS else word


def _configuration(databases: Databases, run: str) -> Path:
    """An Odoo configuration for the test process; removed with the database."""
    path = RUN / f"{run}.conf"
    path.write_text(databases.configuration(run))
    return path


@contextlib.contextmanager
def _test_cluster() -> Iterator[Cluster]:
    """The fast cluster, started for the first command that needs it, stopped by the last."""
    cluster = Cluster("test")
    with (RUN / "cluster-test.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        with exclusive("cluster"):
            cluster.start()
        try:
            yield cluster
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                cluster.stop()


def _drop_leftovers(databases: Databases) -> None:
    """Databases and files of test commands that were killed."""
    dead = {
        name
        for name in [
            *(name for names in databases.of_runs().values() for name in names),
            *(folder.name for folder in filestore("").glob(f"{databases.prefix}run_*")),
            *(conf.stem for conf in RUN.glob(f"{databases.prefix}run_*.conf")),
        ]
        if not Path(f"/proc/{databases.pid_of(name)}").exists()
    }
    for name in dead:
        _stop_servers(name)
    databases.drop(*sorted(dead))
    for name in dead:
        (RUN / f"{name}.conf").unlink(missing_ok=True)


def _stop_servers(run: str) -> None:
    """End the servers that a test command started and could not end itself."""
    for note_of_process in RUN.glob(f"server-{run}*.pid"):
        server.stop(note_of_process.stem.removeprefix("server-"))


def summary() -> int:
    """Print how the last test run ended, in one line: `N passed, N failed, N skipped`."""
    cases = list(ElementTree.parse(RUN / "junit.xml").getroot().iter("testcase"))
    failed = sum(
        case.find("failure") is not None or case.find("error") is not None for case in cases
    )
    skipped = sum(case.find("skipped") is not None for case in cases)
    print(f"{len(cases) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def shell(words: list[str]) -> int:
    """A command with the environment of the tests: `python3 -m tools shell psql -l`."""
    machine = ready()
    with _test_cluster() as cluster:
        databases = Databases(machine, cluster)
        environment = databases.environment | {"SUITE_TEMPLATE_DB": databases.template()}
        if not words:
            raise SetupError("no command was given.", "for example: python3 -m tools shell psql -l")
        note("Environment: " + " ".join(f"{k}={environment[k]}" for k in ("PGHOST", "PGUSER")))
        return subprocess.run(words, env=environment, check=False).returncode
