"""`make screenshots`: pictures of the demo's pages in three languages and two widths."""

import subprocess

from tools import server
from tools.database import Databases
from tools.machine import ready
from tools.paths import ROOT, RUN
from tools.postgres import Cluster
from tools.say import SetupError


def take(words: list[str]) -> int:
    """Take pictures of the running demo into .run/screenshots; `words` go to the script."""
    machine = ready()
    found = server.running("demo")
    if not found:
        raise SetupError("the demo does not run.", "start it first: make run")
    databases = Databases(machine, Cluster("run"))
    command = [
        str(machine.python), str(ROOT / "tools" / "screenshots.py"),
        f"--url=http://127.0.0.1:{found[1]}", f"--out={RUN / 'screenshots'}", *words,
    ]  # fmt: skip
    return subprocess.run(command, cwd=ROOT, env=databases.environment, check=False).returncode
