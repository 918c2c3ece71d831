"""`make screenshots`, `make pictures`: pictures of the demo's pages, and of the story."""

import subprocess

from tools import browser, server
from tools.database import Databases
from tools.machine import ready
from tools.paths import ROOT, RUN
from tools.postgres import Cluster
from tools.say import SetupError


def take(words: list[str]) -> int:
    """Take pictures of the running demo into .run/screenshots; `words` go to the script.

    `--axe` has axe-core try each page, too.
    """
    if "--axe" in words:
        modules = browser.ensure_node_modules("axe", "axe-core (accessibility)") / "node_modules"
        place = words.index("--axe") + 1
        words = [*words[:place], str(modules / "axe-core" / "axe.min.js"), *words[place:]]
    return _run("screenshots.py", f"--out={RUN / 'screenshots'}", *words)


def story(words: list[str]) -> int:
    """Walk the story in the running demo and take the pictures of the README."""
    return _run("story_pictures.py", f"--out={ROOT / 'docs' / 'images'}", *words)


def _run(script: str, *words: str) -> int:
    machine = ready()
    found = server.running("demo")
    if not found:
        raise SetupError("the demo does not run.", "start it first: make run")
    databases = Databases(machine, Cluster("run"))
    command = [
        str(machine.python), str(ROOT / "tools" / script),
        f"--url=http://127.0.0.1:{found[1]}", *words,
    ]  # fmt: skip
    return subprocess.run(command, cwd=ROOT, env=databases.environment, check=False).returncode
