"""Everything that the commands stand on, made ready in one call."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tools import browser, odoo_source, python_env
from tools.odoo_source import OdooSource
from tools.paths import ADDONS_DIR, BIN, DATA, ROOT, RUN
from tools.say import SetupError, note


@dataclass(frozen=True)
class Machine:
    """An Odoo 19 that can be started, with the environment for it."""

    source: OdooSource
    python: Path
    environment: dict[str, str] = field(repr=False)

    @property
    def addons_path(self) -> str:
        """Odoo's `addons_path`: core's folders, then ours."""
        return ",".join(str(path) for path in (*self.source.addons, ADDONS_DIR))

    def odoo(self, *words: str | Path) -> list[str]:
        """Command line of Odoo, through its own launcher (workers need it) and our odoo.conf."""
        return [str(self.python), str(self.source.launcher), *map(str, words)]

    def options(self, environment: dict[str, str]) -> list[str]:
        """The options that odoo.conf leaves to the machine: database server, folders."""
        options = [
            f"--config={ROOT / 'odoo.conf'}",
            f"--addons-path={self.addons_path}",
            f"--data-dir={DATA}",
            f"--db_host={environment['PGHOST']}",
            f"--db_port={environment.get('PGPORT', '5432')}",
            f"--db_user={environment['PGUSER']}",
        ]
        return options


def ready() -> Machine:
    """Set everything up that is missing; a second call is quick."""
    _own_run_folder()
    with exclusive("setup"):
        source = odoo_source.find()
        python = python_env.ensure(source)
        environment = dict(os.environ)
        environment |= browser.ensure()
        environment["PATH"] = os.pathsep.join(
            [str(BIN), str(python.parent), environment.get("PATH", "")]
        )
        environment["SUITE_PYTHON"] = str(python)
        environment["PYTHONPATH"] = str(ROOT)
        python_env.check(environment)
    return Machine(source, python, environment)


def _own_run_folder() -> None:
    try:
        RUN.mkdir(parents=True, exist_ok=True)
        (RUN / ".writable").touch()
    except OSError as error:
        raise SetupError(
            f"the folder {RUN} can't be written: {error.strerror}.",
            "it may belong to another user (was the command once run with sudo?): run as that"
            f" user, or remove it (sudo rm -r {RUN}) and run again.",
        ) from error


@contextlib.contextmanager
def exclusive(name: str) -> Iterator[None]:
    """Wait until no other command of this checkout does the same."""
    with (RUN / f"{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note("Another command is setting up here; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
