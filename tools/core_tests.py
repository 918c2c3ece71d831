"""`make test-core`: Odoo's own tests of what we build on, without and with our addons.

Each run is Odoo's own runner on a new database. Any test that passes without us and fails, or
does not run, with us is a difference; so is one that the noted baseline does not know. Where we do
otherwise on purpose than a test of Odoo wants, tests/odoo_otherwise.txt says why.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tools.database import Databases
from tools.machine import exclusive, ready
from tools.paths import ADDONS, LOGS, ROOT, RUN
from tools.postgres import Cluster
from tools.say import SetupError, follow, note, step
from tools.server import free_port

BASELINE = ROOT / "tests" / "odoo_baseline.txt"
OTHERWISE = ROOT / "tests" / "odoo_otherwise.txt"
#: Odoo's modules that our addons stand on or stand beside
MODULES = (
    "partnership", "website_crm_partner_assign", "website_customer", "crm", "sales_team",
    "sale_crm", "sale", "portal", "loyalty", "sale_loyalty", "survey", "survey_crm",
    "privacy_lookup", "data_recycle", "utm", "contacts",
)  # fmt: skip
TAGS = [f"/{module}" for module in MODULES] + [
    "/base:TestOverrides",
    "/base:TestInvisibleField",
    "/base:TestModelDeprecations",
    "/base:TestPartnerForm",
    "/web:TestPerfSessionInfo",
]
STARTED = re.compile(r"odoo\.addons\.(\S+): Starting (\w+\.\w+) \.\.\.")
BROKEN = re.compile(r"odoo\.addons\.(\S+): (?:FAIL|ERROR): (?:Subtest )?(\w+\.\w+)")
#: some tests tell what they found by logging an error only
LOGGED = re.compile(r" ERROR \S+ odoo\.addons\.\S+\.tests\.")
SKIPPED = re.compile(r"odoo\.addons\.(\S+): skipped (\w+\.\w+)")


def compare(words: list[str]) -> int:
    """Run both, print the differences; 0 when there is none.

    `--note` writes what passes without us to the baseline file; `--quick` takes that file for the
    run without us, which saves half of the time. Names of Odoo's modules stand for those usually
    tested: `pos_loyalty website_sale_loyalty` also bring our bridges to them, and
    `pos_loyalty:TestUi.test_a` is one test.
    """
    modules = [word for word in words if not word.startswith("--")]
    quick = "--quick" in words
    if quick and not _baseline():
        raise SetupError(f"{BASELINE} holds no test.", "run make test-core ARGS=--note first.")
    machine = ready()
    with exclusive("core"):
        cluster = Cluster("core").start()
        databases = Databases(machine, cluster)
        try:
            without = (
                dict.fromkeys(_baseline(), True)
                if quick
                else _run(databases, "without", [], modules)
            )
            if "--note" in words:
                _note_baseline(without)
            with_us = _run(databases, "with", list(ADDONS), modules)
        finally:
            cluster.stop()
    otherwise = _otherwise(OTHERWISE.read_text())
    differences = []
    for test, line in _differences(without, with_us, set() if modules else _baseline()):
        if test not in otherwise:
            differences.append(line)
        note(f"{line} (meant: {otherwise[test]})" if test in otherwise else line)
    failed = sum(not passed for passed in with_us.values())
    note(f"Odoo's own tests: {len(without)} without us, {len(with_us)} with us ({failed} failed);")
    note(f"{len(differences)} differences.")
    return 1 if differences else 0


def _run(databases: Databases, name: str, ours: list[str], modules: list[str]) -> dict[str, bool]:
    """Install and test on a new database; gives test name → passed.

    `modules` are tested instead of those usually tested.
    """
    tags = [f"/{module}" for module in modules] or TAGS
    database = f"{databases.prefix}core_{name}"
    log = LOGS / f"core-{name}.log"
    databases.drop(database)
    log.unlink(missing_ok=True)
    machine = databases.machine
    command = machine.odoo(
        *machine.options(databases.environment), "-d", database, f"--logfile={log}",
        f"--http-port={free_port()}", f"--db-filter=^{database}$", "--max-cron-threads=0",
        "-i", ",".join([*_installed(modules), *ours]), "--test-tags", ",".join(tags),
        "--stop-after-init",
    )  # fmt: skip
    with step(f"Odoo's own tests {name} our addons (many minutes)"):
        follow(
            command, env=databases.environment, cwd=RUN, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    databases.drop(database)
    results = outcomes(log.read_text(errors="replace"))
    if not results:
        raise SetupError("no test of Odoo ran.", "read the details.", log)
    return results


def _installed(words: list[str]) -> list[str]:
    """Odoo's modules to install for these words.

    >>> _installed(["loyalty", "pos_loyalty:TestUi.test_a", "pos_loyalty:TestUi.test_b"])
    ['loyalty', 'pos_loyalty']
    """
    return list(dict.fromkeys(word.partition(":")[0] for word in words)) or list(MODULES)


def _otherwise(text: str) -> dict[str, str]:
    """Test → why we do otherwise on purpose, of the list of these.

    >>> _otherwise("# why\\npos.tests.test_a TestA.test_b | money\\n")
    {'pos.tests.test_a TestA.test_b': 'money'}
    """
    pairs = [line.split(" | ", 1) for line in text.splitlines() if line and line[0] != "#"]
    return {test: why for test, why in pairs}


def outcomes(log: str) -> dict[str, bool]:
    """Test name → passed, from the log of Odoo's runner; skipped tests are left out.

    >>> outcomes(
    ...     "1 INFO db odoo.addons.crm.tests.test_a: Starting TestA.test_b ... \\n"
    ...     "1 INFO db odoo.addons.crm.tests.test_a: Starting TestA.test_c ... \\n"
    ...     "1 ERROR db odoo.addons.crm.tests.test_a: FAIL: TestA.test_c"
    ... )
    {'crm.tests.test_a TestA.test_b': True, 'crm.tests.test_a TestA.test_c': False}
    """
    results: dict[str, bool] = {}
    running = ""
    for line in log.splitlines():
        started, broken, skipped = STARTED.search(line), BROKEN.search(line), SKIPPED.search(line)
        if started:
            running = " ".join(started.groups())
            results[running] = True
        elif broken:
            results[" ".join(broken.groups())] = False
        elif skipped:
            results.pop(" ".join(skipped.groups()), None)
        elif LOGGED.search(line) and running:
            results[running] = False
    return results


def _differences(
    without: dict[str, bool], with_us: dict[str, bool], known: set[str]
) -> Iterator[tuple[str, str]]:
    """Test and what is different."""
    for test, passed in sorted(without.items()):
        if passed and test not in with_us:
            yield test, f"does not run with us: {test}"
        elif passed and not with_us[test]:
            yield test, f"fails only with us: {test}"
        elif not passed and test in known:
            yield test, f"passed when the baseline was noted, fails now without us: {test}"
    for test in sorted(known - set(without)):
        yield test, f"in the baseline, but did not run: {test}"


def _baseline() -> set[str]:
    return {line for line in _lines(BASELINE) if line and not line.startswith("#")}


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def _note_baseline(results: dict[str, bool]) -> None:
    passed = sorted(test for test, good in results.items() if good)
    failed = sorted(test for test, good in results.items() if not good)
    head = [
        "# Odoo 19's own tests that pass on a new database without our addons (make test-core).",
        *(f"# fails without us, for reasons not ours: {test}" for test in failed),
    ]
    BASELINE.write_text("\n".join([*head, *passed]) + "\n")
