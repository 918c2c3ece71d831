"""`make lint`: the gate. Each check prints what it found; any finding fails the command."""

import os
import subprocess
from pathlib import Path

from tools import browser
from tools.machine import Machine, ready
from tools.paths import ADDONS_DIR, LOCKS, OURS, ROOT, RUN
from tools.python_env import ensure_venv

#: Python of the project outside the addons
OTHER_PYTHON = ("tools", "tests", "bench", "conftest.py")
#: what prettier formats
PRETTY = (
    "addons/**/*.xml",
    "addons/**/*.js",
    "addons/**/*.scss",
    "--no-error-on-unmatched-pattern",
)


def lint(words: list[str]) -> int:
    """Run the checks (all, or those named); 1 when one found something."""
    machine, venv = _ready()
    failed = []
    for name, command in _checks(machine, venv / "bin").items():
        if words and name not in words:
            continue
        result = subprocess.run(
            [str(word) for word in command], cwd=ROOT, capture_output=True, text=True, check=False,
            env=os.environ | {"PATH": f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}"},
        )  # fmt: skip
        print(f"  {name:<22} {'found something' if result.returncode else 'clean'}", flush=True)
        if result.returncode:
            failed.append(name)
            print(result.stdout + result.stderr)
    print(f"\n  make lint: {'failed: ' + ', '.join(failed) if failed else 'clean'}")
    return 1 if failed else 0


def tidy() -> None:
    """Lay out Python, views and scripts as the gate wants them."""
    _machine, venv = _ready()
    prettier = RUN / "node-lint" / "node_modules" / ".bin" / "prettier"
    python = [p for p in OTHER_PYTHON if (ROOT / p).exists()]
    for command in (
        [venv / "bin" / "ruff", "check", "--fix", "-q", "addons", *python],
        [venv / "bin" / "ruff", "format", "-q", "addons", *python],
        [prettier, "--write", "--log-level=warn", *PRETTY],
    ):
        subprocess.run([str(word) for word in command], cwd=ROOT, check=False)


def _ready() -> tuple[Machine, Path]:
    machine, venv = ready(), RUN / "lint"
    ensure_venv(venv, LOCKS / "lint.txt", "Linters (about 30 s)")
    browser.ensure_node_modules("node-lint", "Linters of views and scripts")
    return machine, venv


def _checks(machine: Machine, programs: Path) -> dict[str, list[str | Path]]:
    """Name → command line of every check."""
    python = [p for p in OTHER_PYTHON if (ROOT / p).exists()]
    addons = [ADDONS_DIR / addon for addon in OURS]
    typed: list[str | Path] = ["tools", *sorted(ADDONS_DIR.glob("*/lib"))]

    def node(program: str) -> list[str | Path]:
        return [RUN / "node-lint" / "node_modules" / ".bin" / program]

    translations = sorted(ADDONS_DIR.glob("*/i18n/*.po"))
    return {
        "ruff": [programs / "ruff", "check", "--no-cache", "addons", *python],
        "ruff format": [programs / "ruff", "format", "--no-cache", "--check", "addons", *python],
        "pylint-odoo": [programs / "pylint", "--rcfile=.pylintrc", *addons],
        "odoo hooks": [programs / "oca-checks-odoo-module", "--config=.oca_hooks.cfg", *addons],
        "translations": [programs / "oca-checks-po", "--config=.oca_hooks.cfg", *translations],
        "odoo-linter": [
            programs / "odl", "check", "--config=pyproject.toml",
            *(f"--addons-path={path}" for path in machine.source.addons), "addons",
        ],
        "manifests": [
            programs / "manifestoo", "--select-addons-dir=addons",
            *(f"--addons-path={path}" for path in machine.source.addons),
            "check-licenses",
        ],
        "mypy": [programs / "mypy", "--no-incremental", *typed],
        "prettier": [*node("prettier"), "--check", *PRETTY],
        "eslint": [*node("eslint"), "addons"],
    }  # fmt: skip
