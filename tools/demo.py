"""`make run`, `make stop`, `make reset`: the demo."""

import os
import time

from tools import server
from tools.database import Databases, filestore
from tools.machine import exclusive, ready
from tools.postgres import Cluster
from tools.say import SetupError, note, step
from tools.server import Server

#: login (the password is the same), who it is
LOGINS = (
    ("admin", "administrator"),
    ("manager", "manager of relationships"),
    ("channel", "channel manager, decides deal registrations"),
    ("user", "salesperson"),
    ("auditor", "auditor, reads everything"),
    ("partner1", "portal user of a reseller"),
    ("partner2", "portal user of a rival reseller"),
)


def run() -> None:
    """Set up what is missing, serve the demo, say where it is."""
    begin = time.monotonic()
    port = _port()
    machine = ready()
    with exclusive("demo"):
        databases = Databases(machine, Cluster("run").start())
        found = server.running("demo")
        # a database without its files (the run folder was deleted) would show broken pictures
        known = databases.exists(databases.demo) and filestore(databases.demo).is_dir()
        if known and databases.demo_is_old():
            server.stop("demo")
            databases.update_demo()
            found = None
        if not known:
            server.stop("demo")
            databases.drop(databases.demo)
            databases.install_demo()
            found = None
        if found and server.answers(f"http://127.0.0.1:{found[1]}"):
            port = found[1]
        else:
            server.stop("demo")
            with step("Server"):
                Server("demo", machine, databases.environment, databases.demo, port).start()
    _welcome(port, time.monotonic() - begin)


def _port() -> int:
    """The port to serve on; refused at once when it is no port or taken by another program."""
    word = os.environ.get("PORT") or "8069"
    if not (word.isdecimal() and 0 < int(word) < 65536):
        raise SetupError(
            f"PORT={word} is no port.", "give a number up to 65535: make run PORT=8070"
        )
    if not server.running("demo"):
        server.refuse_taken_port(int(word))
    return int(word)


def stop() -> None:
    """End the server and the PostgreSQL that `make run` started, and nothing else."""
    served = server.stop("demo")
    stored = Cluster("run").stop()
    note("Stopped." if served or stored else "Nothing was running.")


def reset() -> None:
    """Throw the demo away and make it anew."""
    machine = ready()
    with exclusive("demo"):
        server.stop("demo")
        cluster = Cluster("run")
        try:
            cluster.start()
        except SetupError:
            if cluster.external:
                raise  # a given server that refuses says nothing about the private cluster
            # what can't be started can't be mended either; the demo is made anew anyway
            cluster.discard()
            cluster.start()
        databases = Databases(machine, cluster)
        databases.drop(databases.demo, f"{databases.demo}_new")
    run()


def _welcome(port: int, seconds: float) -> None:
    print(f"\n  The demo is at http://localhost:{port}  (ready after {seconds:.0f} s)\n")
    print("  Log in with one of these; the password is the same as the login:")
    for login, who in LOGINS:
        print(f"    {login:<10} {who}")
    print("\n  make stop ends it and keeps the data, make reset makes it anew.\n")
