"""The set-up's own processes: the private PostgreSQL, servers, databases of killed runs.

Each test works in a run folder of its own, in processes of its own.
"""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tools import server
from tools.paths import ROOT, VENV

#: a child that says it is there, and would live on if nobody ended it
SLEEPER = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
FAMILY = (
    "import subprocess, sys, time;"
    f"child = subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]); time.sleep(600)"
)


class Workshop:
    """A run folder of its own, in which snippets of the set-up run as separate commands."""

    def __init__(self, folder: Path):
        self.folder = folder
        #: the snippets need the installed packages, not a second copy of them
        (folder / "venv").symlink_to(VENV)
        given = ("PG", "DATABASE_URL", "SUITE_", "PYTEST_")
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(given)}
        self.environment |= {"SUITE_RUN_DIR": str(folder), "PYTHONPATH": str(ROOT)}

    def run(self, snippet: str) -> list:
        """What the snippet puts into `said`."""
        script = (
            "import json, os, sys\nfrom types import SimpleNamespace\nsaid = []\n"
            "from tools.postgres import Cluster\nfrom tools.database import Databases\n"
            "cluster = Cluster('test')\n"
            "databases = Databases(SimpleNamespace(environment={}), cluster)\n"
            f"{snippet}\nprint(json.dumps(said))\n"
        )
        result = subprocess.run(
            [sys.executable, "-c", script], env=self.environment, cwd="/",
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert not result.returncode, result.stdout + result.stderr
        return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def workshop():
    folder = Path(tempfile.mkdtemp(prefix="suite-"))
    folder.chmod(0o755)
    shop = Workshop(folder)
    try:
        yield shop
    finally:
        shop.run("cluster.stop()")
        shutil.rmtree(folder)


# ---------------------------------------------------------------- the private PostgreSQL


def test_cluster_starts_and_stops(workshop):
    """Once made it starts again; `stop` says whether there was something to stop."""
    said = workshop.run(
        "said += [cluster.start().running(), 'postgres' in cluster.databases()]\n"
        "said += [cluster.stop(), cluster.running(), cluster.stop()]\n"
        "said += [cluster.start().running()]"
    )
    assert said == [True, True, True, False, False, True]


def test_cluster_does_not_listen_on_the_network_nor_run_as_root(workshop):
    said = workshop.run(
        "cluster.start()\n"
        "pid, folder, _start, port, socket, listen, *_ = (cluster.data / 'postmaster.pid')"
        ".read_text().split('\\n')\n"
        "said += [int(pid), listen.strip(), socket, str(cluster.socket), cluster.environment]"
    )
    pid, listen, socket, wanted, environment = said
    assert listen == ""
    assert socket == wanted
    assert environment == {"PGHOST": wanted, "PGPORT": "5432", "PGUSER": "odoo"}
    assert os.stat(f"/proc/{pid}").st_uid != 0
    assert Path(socket).stat().st_mode & 0o077 == 0


def test_cluster_survives_a_kill(workshop):
    """After a power cut (or kill -9) the next command starts it and the data is there."""
    number = "int((cluster.data / 'postmaster.pid').read_text().split()[0])"
    [killed] = workshop.run(
        "cluster.start()\ncluster.admin('clone', 'template1', 'kept')\n"
        f"said += [{number}]\ncluster.kill()"
    )
    kept, pid = workshop.run(f"cluster.start()\nsaid += ['kept' in cluster.databases(), {number}]")
    assert kept
    assert pid != killed


def test_cluster_made_halfway_is_made_again(workshop):
    """An interruption in initdb leaves a folder aside, which the next command removes."""
    half = workshop.folder / "pg" / "half"
    said = workshop.run(
        "other = Cluster('half')\n(other.home / 'data.new' / 'base').mkdir(parents=True)\n"
        "said += [str(other.home)]\nother.start()\nother.stop()\n"
        "said += [sorted(p.name for p in other.home.iterdir())]"
    )
    assert said == [str(half), ["data", "postgres.log", "socket"]]


def test_cluster_that_cannot_start_says_why(workshop):
    said = workshop.run(
        "from tools.say import SetupError\n"
        "other = Cluster('broken').start()\nother.stop()\n"
        "(other.data / 'postgresql.auto.conf').write_text('no_such_setting = 1\\n')\n"
        "try:\n    other.start()\nexcept SetupError as error:\n    said.append(str(error))"
    )
    assert "PostgreSQL refused to start" in said[0]
    assert "postgresql.auto.conf" in said[0]


def test_cluster_of_a_folder_that_only_root_enters(tmp_path):
    """Root working below /root: PostgreSQL's user gets a place that it can reach."""
    tmp_path.chmod(0o700)
    shop = Workshop(tmp_path)
    home, ran = shop.run("cluster.start()\nsaid += [str(cluster.home), cluster.stop()]")
    inside = Path(home).is_relative_to(tmp_path)
    if not inside:
        shutil.rmtree(Path(home).parent)
    assert ran
    assert inside == bool(os.geteuid())


def test_long_run_folder_keeps_the_socket_short(tmp_path):
    """PostgreSQL refuses sockets whose path is longer than 107 characters."""
    deep = tmp_path / ("long" * 30)
    deep.mkdir()
    said = Workshop(deep).run("said.append(str(cluster.socket))")
    assert len(said[0] + "/.s.PGSQL.5432") < 107


# ---------------------------------------------------------------- databases and their files


def test_databases_of_killed_runs_are_dropped(workshop):
    """Those of a living command, and other databases, stay."""
    said = workshop.run(
        "from tools import testing\nfrom tools.database import filestore\ncluster.start()\n"
        "dead, alive = 'suite_run_4194305', f'suite_run_{os.getpid()}'\n"
        "for name in (dead, f'{dead}-gw0', f'{dead}_served_main', alive, f'{alive}_served_gw1',"
        " 'others'):\n"
        "    cluster.admin('clone', 'template1', name)\n"
        "    (filestore(name) / 'ab').mkdir(parents=True)\n"
        "    (testing.RUN / f'{name}.conf').touch()\n"
        "(filestore('suite_run_4194306') / 'ab').mkdir(parents=True)\n"
        "testing._drop_leftovers(databases)\n"
        "ours = lambda names: sorted(n.replace(str(os.getpid()), 'PID') for n in names"
        " if n.startswith(('suite_run', 'others')))\n"
        "said += [ours(cluster.databases()), ours(p.name for p in filestore('').glob('*')),"
        "(testing.RUN / f'{alive}.conf').exists(), (testing.RUN / f'{dead}.conf').exists()]"
    )
    left = ["others", "suite_run_PID", "suite_run_PID_served_gw1"]
    assert said == [left, left, True, False]


def test_clone_brings_files_and_drop_takes_them(workshop):
    said = workshop.run(
        "from tools.database import filestore\ncluster.start()\n"
        "cluster.admin('clone', 'template1', 'source')\n"
        "(filestore('source') / 'ab').mkdir(parents=True)\n"
        "(filestore('source') / 'ab' / 'abc').write_text('x')\n"
        "(filestore('copy') / 'stale').mkdir(parents=True)\n"
        "databases.clone('source', 'copy')\n"
        "said += [databases.exists('copy'), sorted(p.name for p in filestore('copy').iterdir())]\n"
        "databases.drop('copy', 'never-there')\n"
        "said += [databases.exists('copy'), filestore('copy').exists(),"
        " (filestore('source') / 'ab' / 'abc').exists()]"
    )
    assert said == [True, ["ab"], False, False, True]


def test_given_server_gets_names_of_this_checkout(workshop):
    """A server given from outside may serve several checkouts; their databases differ."""
    name = (
        "os.environ['PGHOST'] = '/nowhere'\n"
        "said.append(Databases(databases.machine, Cluster('test')).demo)"
    )
    [first] = workshop.run(name)
    assert first.startswith("rs")
    assert first.endswith("_demo")
    [second] = workshop.run(f"from tools import paths\npaths.RUN = paths.RUN / 'other'\n{name}")
    assert first != second


# ---------------------------------------------------------------- stopping servers


@pytest.fixture
def family(tmp_path, monkeypatch):
    """A process with a child, in a session of its own, as a server is started."""
    monkeypatch.setattr(server, "RUN", tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-c", FAMILY], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    child = int(process.stdout.readline())
    yield process, child
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    process.stdout.close()


def test_stop_ends_server_and_children(family):
    process, child = family
    server.process_file("x").write_text(f"{process.pid} 8069 {server.started_at(process.pid)}")
    assert server.running("x") == (process.pid, 8069)
    end_of_child = os.pidfd_open(child)
    assert server.stop("x") is True
    # the pipe closes while a process still ends; its pidfd tells when it has ended
    assert process.stdout.read() == ""
    assert select.select([end_of_child], [], [], 30)[0]
    os.close(end_of_child)
    assert not server.started_at(child)
    assert not server.process_file("x").exists()


def test_stop_spares_a_process_with_a_recycled_number(family):
    """After a restart of the machine the noted number may be somebody else's program."""
    process, child = family
    server.process_file("x").write_text(f"{process.pid} 8069 1")
    assert server.running("x") is None
    assert server.stop("x") is False
    assert process.poll() is None
    assert server.started_at(child)
    assert not server.process_file("x").exists()


@pytest.mark.parametrize("text", ["", "nonsense", "1 2", "999999999 8069 5"])
def test_stop_with_a_damaged_note(text, tmp_path, monkeypatch):
    monkeypatch.setattr(server, "RUN", tmp_path)
    server.process_file("x").write_text(text)
    assert server.stop("x") is False
    assert not server.process_file("x").exists()


def test_zombie_does_not_count_as_running():
    process = subprocess.Popen([sys.executable, "-c", "pass"], stdout=subprocess.PIPE)
    process.stdout.read()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert server.started_at(process.pid) == ""
    process.wait()
    process.stdout.close()
