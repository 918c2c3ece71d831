"""What the set-up tells a person when something is wrong, without network or database."""

import ast
import shutil
import socket
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from tools import apt, cli, core_tests, demo, machine, odoo_source, postgres, server
from tools.database import _raise_trouble, core_dependencies
from tools.paths import ADDONS, ROOT
from tools.say import SetupError, call, cause_of

OLD_PYTHON = (
    "import runpy, sys; sys.version_info = (3, 9, 18, 'final', 0);"
    "runpy.run_module('tools', run_name='__main__')"
)
DISK = namedtuple("DISK", "total used free")
UNBLOCKED = {
    "debian.sources": (
        "Types: deb deb-src\nURIs: https://mirror.example/debian\nSuites: bookworm\n"
        "Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
    ),
    "sources.list": (
        "# deb http://commented.example/debian bookworm main\n"
        "deb http://security.example/debian-security bookworm-security main\n"
        "deb [arch=amd64 signed-by=/x.gpg] https://mirror.example/debian bookworm main\n"
    ),
    "plain.list": "deb https://mirror.example/debian/ bookworm main contrib\n",
}


# ---------------------------------------------------------------- causes and their words


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("tar: ./x: Cannot write: No space left on device", "disk is full"),
        ("E: You don't have enough free space in /var/cache/apt/archives/.", "disk is full"),
        ("npm ERR! nospc ENOSPC: no space left", "disk is full"),
        ("Err:1 http://deb sid InRelease\n  Temporary failure resolving 'deb'", "network"),
        ("Could not connect to mirror:80 (10.0.0.1), connection timed out", "network"),
        ("WARNING: Retrying … NewConnectionError('<pip._vendor…>')", "network"),
        ("npm error code ENOTFOUND", "network"),
        ("E: Unable to locate package odoo-19", "mirror"),
        ("E: Version '19.0' for 'odoo-19' was not found", "mirror"),
        ("ERROR: No matching distribution found for lxml==5.4.0", "package registry"),
        ("npm error code E404", "package registry"),
        ("initdb: error: could not create directory: Permission denied", "may not be read"),
    ],
)
def test_known_cause(output, words):
    """The outputs of apt, dpkg, pip, npm and initdb are told apart."""
    problem, remedy = cause_of(f"some line\n{output}\nanother line")
    assert words in problem
    assert remedy.endswith(".")


def test_failed_command_names_cause_and_log(tmp_path, monkeypatch):
    monkeypatch.setattr("tools.say.LOGS", tmp_path)
    with pytest.raises(SetupError) as raised:
        call(["sh", "-c", "echo No space left on device; exit 1"], "x", failed="Unpacking failed.")
    text = str(raised.value)
    assert text.startswith("Stopped: Unpacking failed: the disk is full.\nWhat to do: free some")
    assert text.endswith(f"Details: {tmp_path / 'x.log'}")
    assert "No space left" in (tmp_path / "x.log").read_text()


def test_failed_command_of_unknown_cause(tmp_path, monkeypatch):
    monkeypatch.setattr("tools.say.LOGS", tmp_path)
    with pytest.raises(SetupError, match="sh ended with code 3"):
        call(["sh", "-c", "exit 3"], "x")
    with pytest.raises(SetupError, match="Stopped: own words") as raised:
        call(["sh", "-c", "exit 3"], "x", failed="own words", remedy="own remedy")
    assert raised.value.remedy == "own remedy"


def test_missing_program(tmp_path, monkeypatch):
    monkeypatch.setattr("tools.say.LOGS", tmp_path)
    with pytest.raises(SetupError, match="program no-such-program is missing"):
        call(["no-such-program"], "x")


def test_warning_in_odoo_log_is_trouble(tmp_path):
    """A database made with a warning is not taken."""
    line = "2026-11-22 06:00:00,123 7 WARNING db odoo.modules.loading: no access rule for x"
    with pytest.raises(SetupError, match="no access rule for x"):
        _raise_trouble(0, f"2026-11-22 06:00:00,1 7 INFO db odoo: fine\n{line}\n", tmp_path)
    _raise_trouble(0, "2026-11-22 06:00:00,123 7 INFO db odoo.x: WARNING is only a word", tmp_path)
    with pytest.raises(SetupError, match="SyntaxError"):
        _raise_trouble(1, "Traceback …\nSyntaxError: invalid syntax\n", tmp_path)
    with pytest.raises(SetupError, match="disk is full"):
        _raise_trouble(1, 'psycopg2.errors.DiskFull: … No space left on device\n"', tmp_path)


# ---------------------------------------------------------------- the command line


def test_old_python_is_told_plainly():
    result = subprocess.run(
        [sys.executable, "-c", OLD_PYTHON], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert result.stderr.startswith("Stopped: Python 3.9 is too old; Odoo 19 needs 3.10 or newer.")
    assert "What to do:" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("name", ["__init__", "__main__"])
def test_entry_point_parses_on_an_old_python(name):
    """Else a person with an old Python sees a SyntaxError instead of the message."""
    ast.parse((ROOT / "tools" / f"{name}.py").read_text(), feature_version=(3, 6))


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (
            SetupError("it is broken.", "mend it."),
            1,
            ["Stopped: it is broken.", "to do: mend"],
        ),
        (OSError(28, "No space left on device", "/x"), 1, ["No space left", "free some space"]),
        (OSError(13, "Permission denied", "/x"), 1, ["Permission denied (/x)", "owns the project"]),
        (KeyboardInterrupt(), 130, ["Interrupted. Run the same command again"]),
    ],
)
def test_command_ends_without_traceback(error, code, words, monkeypatch, capsys):
    def fail(_words):
        raise error

    monkeypatch.setitem(cli.COMMANDS, "run", fail)
    assert cli.main(["run"]) == code
    told = capsys.readouterr().err
    assert [word for word in words if word not in told] == []


def test_unknown_command_shows_help(capsys):
    assert cli.main(["no-such-command"]) == 2
    assert "make run" in capsys.readouterr().out
    assert cli.main([]) == 0


def test_help_names_every_target():
    """`make <target>` and the help text name the same commands."""
    makefile = (ROOT / "Makefile").read_text()
    targets = set(makefile.split(".PHONY:")[1].split("\n")[0].split()) - {"help"}
    assert targets <= set(cli.COMMANDS)
    assert [target for target in sorted(targets) if f"make {target} " not in cli.HELP] == []


# ---------------------------------------------------------------- Odoo and the disk


def _checkout(folder: Path, version: str) -> Path:
    (folder / "odoo" / "addons").mkdir(parents=True)
    (folder / "addons").mkdir()
    (folder / "odoo" / "release.py").write_text(f"version_info = ({version}, 'final', 0, '')\n")
    return folder


def test_odoo_src_is_taken(tmp_path, monkeypatch):
    monkeypatch.setenv("ODOO_SRC", str(_checkout(tmp_path, "19, 0")))
    found = odoo_source.find()
    assert found.packages == tmp_path
    assert found.launcher == tmp_path / "odoo-bin"
    assert found.addons == (tmp_path / "odoo/addons", tmp_path / "addons")


def test_odoo_src_of_another_version(tmp_path, monkeypatch):
    monkeypatch.setenv("ODOO_SRC", str(_checkout(tmp_path, "18, 0")))
    with pytest.raises(SetupError, match=r"is Odoo 18\.0, not 19\.0"):
        odoo_source.find()


def test_odoo_src_that_is_no_odoo(tmp_path, monkeypatch):
    monkeypatch.setenv("ODOO_SRC", str(tmp_path / "nowhere"))
    with pytest.raises(SetupError, match="is no Odoo checkout") as raised:
        odoo_source.find()
    assert "odoo-bin" in raised.value.remedy


def test_disk_nearly_full(tmp_path, monkeypatch):
    monkeypatch.setattr(odoo_source, "RUN", tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: DISK(9e9, 8e9, 2.99e9))
    with pytest.raises(SetupError, match=r"disk is full: 3\.0 GB free .*3 GB needed") as raised:
        odoo_source.needs_space(3)
    assert "SUITE_RUN_DIR" in raised.value.remedy
    odoo_source.needs_space(2.9)


def test_package_gone_from_the_mirror(monkeypatch):
    """Another 19 is taken and said; without any the way out is named."""
    shown = "Package: odoo-19\nVersion: 19.0.1+dfsg-2\n"
    monkeypatch.setattr(apt, "apt_get", lambda *words, **options: shown)
    assert odoo_source._available() == "19.0.1+dfsg-2"
    shown = "Package: odoo-19\nVersion: 20.0.0-1\n"
    with pytest.raises(SetupError, match=r"no longer on this machine's mirror \(there: 20"):
        odoo_source._available()


def test_run_folder_of_another_user(tmp_path, monkeypatch):
    """A file stands where the folder should be, or it belongs to somebody else."""
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setattr(machine, "RUN", blocked)
    with pytest.raises(SetupError, match="can't be written"):
        machine._own_run_folder()


def test_core_dependencies_hold_none_of_ours():
    assert set(core_dependencies()) >= {"partnership", "website_crm_partner_assign", "survey"}
    assert not set(core_dependencies()) & set(ADDONS)


# ---------------------------------------------------------------- the mirror


@pytest.fixture
def machine_sources(tmp_path, monkeypatch):
    """A machine without package lists, whose /etc/apt is a folder of ours."""
    (tmp_path / "sources.list.d").mkdir()
    monkeypatch.setattr(apt, "os_release", lambda: {"ID": "debian"})
    monkeypatch.setattr(apt, "Path", lambda p: tmp_path if str(p) == "/etc/apt" else Path(p))
    nothing = subprocess.CompletedProcess([], 0, stdout="", stderr="")
    monkeypatch.setattr(apt.subprocess, "run", lambda *words, **options: nothing)
    return tmp_path


@pytest.mark.parametrize("name", sorted(UNBLOCKED))
def test_mirror_from_sources(name, machine_sources):
    folder = machine_sources if name == "sources.list" else machine_sources / "sources.list.d"
    (folder / name).write_text(UNBLOCKED[name])
    assert apt.mirror().rstrip("/") == "https://mirror.example/debian"


def test_no_mirror_names_other_ways(machine_sources, monkeypatch):
    with pytest.raises(SetupError, match="no Debian package mirror") as raised:
        apt.mirror()
    assert "ODOO_SRC" in raised.value.remedy
    (machine_sources / "sources.list").write_text(UNBLOCKED["plain.list"])
    monkeypatch.setattr(apt, "os_release", lambda: {"ID": "ubuntu"})
    with pytest.raises(SetupError, match="no Debian package mirror"):
        apt.mirror()


def test_no_apt_names_other_ways(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SetupError, match="no Debian or Ubuntu machine"):
        apt.mirror()


def test_mirror_from_package_lists(machine_sources, monkeypatch):
    """With package lists apt itself says it; security, updates and backports don't count."""
    listing = (
        "http://s.example/debian-security main Debian stable-security\n"
        "http://m.example/debian main Debian stable-updates\n"
        "http://other.example main Docker bookworm\n"
        "http://m.example/debian contrib Debian stable\n"
        "http://mirror.example/debian main Debian stable\n"
    )
    answer = subprocess.CompletedProcess([], 0, stdout=listing, stderr="")
    monkeypatch.setattr(apt.subprocess, "run", lambda *words, **options: answer)
    assert apt.mirror() == "http://mirror.example/debian"


# ---------------------------------------------------------------- PostgreSQL by address, ports


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://me:p%40ss@db.example:5433/x",
            {"PGHOST": "db.example", "PGPORT": "5433", "PGUSER": "me", "PGPASSWORD": "p@ss"},
        ),
        ("postgres://db.example", {"PGHOST": "db.example", "PGPORT": "5432"}),
        (
            "postgresql://me@/x?host=/run/pg&port=5434",
            {"PGHOST": "/run/pg", "PGPORT": "5434", "PGUSER": "me"},
        ),
        ("postgresql://[::1]:5435/x", {"PGHOST": "::1", "PGPORT": "5435"}),
    ],
)
def test_database_url(url, expected, monkeypatch):
    """DATABASE_URL goes before PGHOST."""
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("PGHOST", "ignored.example")
    assert postgres.given_server() == expected


def test_given_host(monkeypatch):
    for name in ("DATABASE_URL", "PGPORT", "PGUSER", "PGPASSWORD", "PGSSLMODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PGHOST", "db.example")
    monkeypatch.setenv("PGUSER", "me")
    assert postgres.given_server() == {"PGHOST": "db.example", "PGUSER": "me"}
    monkeypatch.delenv("PGHOST")
    assert postgres.given_server() == {}


def test_refusing_server_is_told(monkeypatch, tmp_path):
    """A server given from outside that does not answer: its address, and the way out."""
    monkeypatch.setenv("DATABASE_URL", f"postgresql://me@/x?host={tmp_path}")
    with pytest.raises(SetupError, match=f"PostgreSQL at {tmp_path}:5432.*refused") as raised:
        postgres.Cluster("test").start()
    assert "unset PGHOST and DATABASE_URL" in raised.value.remedy


def test_port_taken():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SetupError, match=f"port {port} is taken") as raised:
            server.refuse_taken_port(port)
    assert f"PORT={port + 1}" in raised.value.remedy
    server.refuse_taken_port(port)


# ---------------------------------------------------------------- Odoo's own tests compared


def test_outcomes_of_odoo_runner():
    head = "2026-11-22 06:00:00,1 7 {} db odoo.addons.crm.tests.test_a: {}\n"
    log = "".join(
        head.format(level, text)
        for level, text in (
            ("INFO", "Starting TestA.test_good ... "),
            ("INFO", "Starting TestA.test_fails ... "),
            ("ERROR", "FAIL: TestA.test_fails"),
            ("INFO", "Starting TestA.test_errs ... "),
            ("ERROR", "ERROR: TestA.test_errs"),
            ("INFO", "Starting TestA.test_skipped ... "),
            ("INFO", "skipped TestA.test_skipped : no reason"),
        )
    )
    names = {key.split(".")[-1]: value for key, value in core_tests.outcomes(log).items()}
    assert names == {"test_good": True, "test_fails": False, "test_errs": False}


def test_differences_of_two_runs():
    """Lost and broken tests are differences; what already fails without us is not."""
    without = {"same": True, "lost": True, "broken": True, "bad": False, "worse": False}
    with_us = {"same": True, "broken": False, "bad": False, "worse": False, "new": False}
    found = list(core_tests._differences(without, with_us, {"same", "worse", "vanished"}))
    found = [line for _test, line in found]
    assert found == [
        "fails only with us: broken",
        "does not run with us: lost",
        "passed when the baseline was noted, fails now without us: worse",
        "in the baseline, but did not run: vanished",
    ]


def test_reset_keeps_private_data_when_a_given_server_refuses(monkeypatch):
    """`PGHOST=wrong make reset` must not throw away the cluster that it does not use."""
    discarded = []

    def refuse(_cluster):
        raise SetupError("refused", "mend the address")

    monkeypatch.setenv("PGHOST", "nowhere.invalid")
    monkeypatch.setattr(demo, "ready", lambda: None)
    monkeypatch.setattr(demo.server, "stop", lambda _name: False)
    monkeypatch.setattr(demo.Cluster, "start", refuse)
    monkeypatch.setattr(demo.Cluster, "discard", lambda cluster: discarded.append(cluster.home))
    with pytest.raises(SetupError, match="refused"):
        demo.reset()
    assert discarded == []
