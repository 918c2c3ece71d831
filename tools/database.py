"""Odoo databases: the demo, and the template that every test run clones.

A database is made under another name and renamed when it is whole, so that an interruption
leaves nothing half-made behind the final name.
"""

import ast
import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tools.machine import Machine
from tools.paths import ADDONS, ADDONS_DIR, DATA, LOCKS, LOGS, digest, project_key
from tools.postgres import Cluster, admin
from tools.say import SetupError, cause_of, step

#: folders of an addon that a database does not depend on
NOT_IN_DATABASE = re.compile(r"/(tests|readme|__pycache__)/|\.(pot|md|rst)$")
#: files whose functions make tables, views or data while an addon is installed or updated
MAKES_OBJECTS = re.compile(
    r"\b(CREATE|ALTER|DROP) |def (init|_auto_init|_register_hook|\w+_hook|migrate)\b|_auto = False"
)
#: the first becomes the language of a new database
LANGUAGES = "en_US,ar_001,vi_VN"
#: what an Odoo log line of level WARNING or above looks like
TROUBLE = re.compile(r"^\d{4}-\d\d-\d\d \S+ \d+ (WARNING|ERROR|CRITICAL) .*$", re.MULTILINE)

PREGENERATE = "env['ir.qweb']._pregenerate_assets_bundles(); env.cr.commit()\n"
#: the demo also speaks Arabic: the first page from right to left should not take half a minute
PREGENERATE_RTL = """
for bundle in ('web.assets_web', 'web.assets_frontend'):
    env['ir.qweb']._get_asset_bundle(bundle, css=True, js=False, rtl=True).css()
"""
DEMO_LANGUAGES = """
languages = env['res.lang'].search([('code', 'in', ['ar_001', 'vi_VN'])])
for website in env['website'].search([]):
    website.language_ids |= languages
env.cr.commit()
"""


class Databases:
    """The databases of one cluster that belong to this checkout."""

    def __init__(self, machine: Machine, cluster: Cluster):
        self.machine, self.cluster = machine, cluster
        self.environment = machine.environment | cluster.environment
        # a server given from outside may serve other checkouts too; tests keep their command's
        self.prefix = os.environ.get("SUITE_PREFIX") or (
            f"rs{project_key(platform.node())}_" if cluster.external else "suite_"
        )

    # ------------------------------------------------------------ names and files

    @property
    def demo(self) -> str:
        """Name of the demo database."""
        return f"{self.prefix}demo"

    def exists(self, name: str) -> bool:
        """Whether a database of this name is there."""
        return name in self.cluster.databases()

    def clone(self, source: str, name: str) -> str:
        """A copy of a database and its files."""
        return clone(self.environment, source, name)

    def drop(self, *names: str) -> None:
        """Remove databases and their files; names that are not there are skipped."""
        drop(self.environment, *names)

    def of_runs(self) -> dict[int, list[str]]:
        """Databases of test commands, by the command's process id."""
        found: dict[int, list[str]] = {}
        for name in self.cluster.databases():
            pid = self.pid_of(name)
            if pid:
                found.setdefault(pid, []).append(name)
        return found

    def pid_of(self, name: str) -> int | None:
        """The test command to which a database, or the clone of one, belongs."""
        run = re.match(rf"{self.prefix}run_(\d+)(?!\d)", name)
        return int(run[1]) if run else None

    def rename(self, old: str, new: str) -> None:
        """Give a database and its files another name."""
        shutil.rmtree(filestore(new), ignore_errors=True)
        if filestore(old).is_dir():
            filestore(old).rename(filestore(new))
        self.cluster.admin("rename", old, new)

    # ------------------------------------------------------------ Odoo at work on a database

    def odoo(self, name: str, log: str, *words: str, stdin: str | None = None) -> None:
        """Run an Odoo command on a database; any WARNING or ERROR in its log is an error."""
        LOGS.mkdir(parents=True, exist_ok=True)
        path = LOGS / f"{log}.log"
        shell = ["shell"] if stdin else []
        quiet = ["--no-http", "--log-level=warn"]
        command = self.machine.odoo(
            *shell, *self.machine.options(self.environment), "-d", name, *quiet, *words
        )
        with path.open("w+", errors="replace") as out:
            result = subprocess.run(
                command, env=self.environment, input=stdin, text=True, stdout=out, stderr=out,
                check=False, cwd=DATA.parent,
            )  # fmt: skip
            out.seek(0)
            output = out.read()
        _raise_trouble(result.returncode, output, path)

    def install_demo(self) -> None:
        """Make the demo database."""
        fresh = f"{self.demo}_new"
        self.drop(fresh)
        with step("Demo database: Odoo, the four addons, data (about 90 s)"):
            self.odoo(
                fresh, "demo-install", "-i", ",".join(ADDONS), "--with-demo",
                f"--load-language={LANGUAGES}", "--stop-after-init",
            )  # fmt: skip
            self.odoo(fresh, "demo-languages", stdin=DEMO_LANGUAGES)
        with step("Demo database: style sheets and scripts (about 45 s)"):
            self.odoo(fresh, "demo-assets", stdin=PREGENERATE_RTL + "\n" + PREGENERATE)
        self.rename(fresh, self.demo)
        self._write_stamp("demo", content_key())

    def demo_is_old(self) -> bool:
        """Whether our addons changed since the demo was made or updated."""
        return self._read_stamp("demo") != content_key()

    def update_demo(self) -> None:
        """Bring the demo to the addons as they are now; its data stays."""
        with step("Demo database: the addons changed, updating"):
            self.odoo(self.demo, "demo-update", "-u", ",".join(ADDONS), "--stop-after-init")
        self._write_stamp("demo", content_key())

    # ------------------------------------------------------------ the template of the tests

    def template(self) -> str:
        """A database with the four addons and asset bundles, no demo data; made when needed.

        Its name holds the hash of all it depends on: what methods do is no part of a database.
        When our addons changed, the last template is cloned and what changed is updated, instead of
        starting from nothing.
        """
        keys = structure_keys()
        base, content = base_key(self.machine), digest(text=json.dumps(keys))
        name = f"{self.prefix}tpl_{base[:8]}_{content[:12]}"
        present = self.cluster.databases()
        if name in present:
            return name
        self.drop(*(n for n in present if re.match(rf"{self.prefix}tpl_.*_new$", n)))
        similar = f"{self.prefix}tpl_{base[:8]}_"
        former = [n for n in present if n.startswith(similar) and not n.endswith("_new")]
        fresh = f"{name}_new"
        if not (former and self._update_template(former[-1], fresh)):
            self._make_template(fresh)
        self.rename(fresh, name)
        self._write_stamp(name, json.dumps({"addons": keys, "assets": assets_key()}))
        if not self.of_runs():  # a test command at work may clone its template once more
            self.drop(*(n for n in present if n.startswith(f"{self.prefix}tpl_")))
        return name

    def _make_template(self, fresh: str) -> None:
        with step("Test database: Odoo and the four addons (about 80 s)"):
            self.odoo(fresh, "template-install", "-i", ",".join(ADDONS), "--stop-after-init")
        self._pregenerate(fresh)

    def _update_template(self, former: str, fresh: str) -> bool:
        """Clone the former template and update it; False, and nothing made, when that fails.

        While addons grow, not every state of them can be updated to the next. If the addons
        themselves are wrong, making the template anew says so.
        """
        self.clone(former, fresh)
        stamp = _parsed(self._read_stamp(former))
        known = stamp.get("addons", {})
        changed = [addon for addon, key in structure_keys().items() if known.get(addon) != key]
        try:
            with step(f"Test database: updating {', '.join(changed)} (about 15 s)"):
                self.odoo(fresh, "template-update", "-u", ",".join(changed), "--stop-after-init")
        except SetupError:
            self.drop(fresh)
            return False
        if stamp.get("assets") != assets_key():
            self._pregenerate(fresh)
        return True

    def _pregenerate(self, name: str) -> None:
        """Build the asset bundles once: else every browser test builds them again."""
        with step("Test database: style sheets and scripts (about 45 s)"):
            self.odoo(name, "template-assets", stdin=PREGENERATE)

    def plain_template(self) -> str:
        """A database with what our addons depend on, without them; made once and kept."""
        name = f"{self.prefix}plain_{base_key(self.machine)[:8]}"
        if not self.exists(name):
            former = [n for n in self.cluster.databases() if n.startswith(f"{self.prefix}plain_")]
            self.drop(*former)
            self.install_plain(f"{name}_new")
            self.rename(f"{name}_new", name)
        return name

    def install_plain(self, name: str) -> None:
        """A database with what our addons depend on, without them (for comparison)."""
        with step("Database without our addons (about 70 s)"):
            self.odoo(
                name, "plain-install", "-i", ",".join(core_dependencies()), "--stop-after-init"
            )

    def configuration(self, name: str) -> str:
        """An Odoo configuration file for one database, for programs that import Odoo."""
        return (
            "[options]\n"
            f"addons_path = {self.machine.addons_path}\n"
            f"data_dir = {DATA}\n"
            f"db_name = {name}\n"
            f"db_host = {self.environment['PGHOST']}\n"
            f"db_port = {self.environment.get('PGPORT', '5432')}\n"
            f"db_user = {self.environment['PGUSER']}\n"
            "http_interface = 127.0.0.1\n"
            "max_cron_threads = 0\n"
        )

    # ------------------------------------------------------------ stamps

    def _stamp(self, name: str) -> Path:
        return DATA / f"{self.prefix}{name}.stamp"

    def _read_stamp(self, name: str) -> str:
        stamp = self._stamp(name)
        return stamp.read_text() if stamp.exists() else ""

    def _write_stamp(self, name: str, key: str) -> None:
        self._stamp(name).write_text(key)


def _parsed(stamp: str) -> dict[str, Any]:
    """What a stamp says; one of an earlier version is the key of the assets alone."""
    try:
        return dict(json.loads(stamp))
    except ValueError:
        return {"assets": stamp}


def _raise_trouble(code: int, output: str, log: Path) -> None:
    """A failed command, or any WARNING or ERROR in its log, is an error that names it."""
    lines = [line for line in output.splitlines() if line.strip()]
    warned = TROUBLE.search(output)
    if not code and not warned:
        return
    problem, remedy = cause_of(output) or (
        f"Odoo reported trouble: {lines[-1] if code else warned and warned[0]}"[:400],
        "read the details; then run the same command again.",
    )
    raise SetupError(problem, remedy, log)


def clone(environment: Mapping[str, str], source: str, name: str) -> str:
    """A copy of a database and its files (hard links: Odoo never changes a stored file)."""
    admin(environment, "clone", source, name)
    files, copy = filestore(source), filestore(name)
    shutil.rmtree(copy, ignore_errors=True)
    if files.is_dir():
        subprocess.run(["cp", "-al", str(files), str(copy)], check=True)
    return name


def drop(environment: Mapping[str, str], *names: str) -> None:
    """Remove databases and their files; names that are not there are skipped."""
    if names:
        admin(environment, "drop", *names)
    for name in names:
        shutil.rmtree(filestore(name), ignore_errors=True)


def filestore(name: str) -> Path:
    """Folder of the files of a database."""
    return DATA / "filestore" / name


def base_key(machine: Machine) -> str:
    """Hash of what our addons stand on: Odoo, the packages, their manifests."""
    return digest(LOCKS / "odoo.txt", text=machine.source.version + " ".join(core_dependencies()))


def core_dependencies() -> list[str]:
    """The Odoo modules that our manifests name."""
    manifests = [
        ast.literal_eval((ADDONS_DIR / addon / "__manifest__.py").read_text()) for addon in ADDONS
    ]
    return sorted({name for manifest in manifests for name in manifest["depends"]} - set(ADDONS))


def content_key() -> str:
    """Hash of every file of our addons that a database depends on."""
    return _key(lambda path: not NOT_IN_DATABASE.search(path))


def structure_keys() -> dict[str, str]:
    """Addon → hash of all that a database takes from it: every file, of Python the structure."""
    keys = {}
    for addon in ADDONS:
        files = [f for f in sorted((ADDONS_DIR / addon).rglob("*")) if f.is_file()]
        files = [f for f in files if not NOT_IN_DATABASE.search(str(f))]
        python = [f for f in files if f.suffix == ".py"]
        text = "".join(f"{f.relative_to(ADDONS_DIR)}{structure(f.read_text())}" for f in python)
        keys[addon] = digest(*(f for f in files if f.suffix != ".py"), text=text)
    return keys


def structure(source: str) -> str:
    """Python without the bodies of its functions: these leave no trace in a database.

    A file that talks of the database's own objects, and what can't be parsed, count as they are.

    >>> structure("def f(a): return a") == structure("def f(a): return 2 * a")
    True
    >>> structure("A = 1") == structure("A = 2")
    False
    >>> structure("def init(self): x()") == structure("def init(self): y()")
    False
    """
    if MAKES_OBJECTS.search(source):
        return source
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = []
    return ast.dump(tree)


def assets_key() -> str:
    """Hash of our scripts and styles: with another one the bundles must be built again."""
    return _key(lambda path: "/static/" in path or path.endswith("__manifest__.py"))


def _key(wanted: Callable[[str], object]) -> str:
    files = [f for addon in ADDONS for f in sorted((ADDONS_DIR / addon).rglob("*"))]
    return digest(*(f for f in files if f.is_file() and wanted(str(f))))
