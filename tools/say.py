"""What a person sees while set-up works: steps with their time, and errors that say what to do."""

import contextlib
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.paths import LOGS


class SetupError(Exception):
    """Something a person must know: what is wrong, and what to do about it."""

    def __init__(self, problem: str, remedy: str, log: Path | None = None):
        super().__init__(problem)
        self.problem, self.remedy, self.log = problem, remedy, log

    def __str__(self) -> str:
        lines = [f"Stopped: {self.problem}", f"What to do: {self.remedy}"]
        if self.log:
            lines.append(f"Details: {self.log}")
        return "\n".join(lines)


#: what a tool's output tells about the cause: (pattern, problem, remedy)
CAUSES = (
    (
        r"No space left on device|enough free space|Disk quota exceeded|ENOSPC",
        "the disk is full.",
        "free some space (the project needs about 4 GB) and run the same command again.",
    ),
    (
        r"Release file .* is (expired|not valid yet)",
        "the package mirror is out of date, or this machine's clock is wrong.",
        "set the clock, or configure a mirror that is kept up to date, and run again.",
    ),
    (
        r"Temporary failure (in name resolution|resolving)|Could not (resolve|connect)|"
        r"Network is unreachable|NewConnectionError|NameResolutionError|ENOTFOUND|ECONNREFUSED|"
        r"EAI_AGAIN|ETIMEDOUT|Connection timed out|Max retries exceeded|Cannot initiate",
        "a download failed: the network or the package mirror can't be reached.",
        "check the connection (and proxy settings), then run the same command again; what is"
        " already there is kept.",
    ),
    (
        r"Unable to locate package|has no installation candidate|"
        r"Version '.*' for '.*' was not found|No packages found|Can't select candidate version",
        "a package is not (or no longer) on this machine's mirror.",
        "see the details for its name; refresh the mirror settings of this machine, or for Odoo"
        " give ODOO_SRC=/path/to/odoo-19-checkout or ODOO_DEB=/path/to/odoo-19.deb.",
    ),
    (
        r"No matching distribution found|404 Not Found|E404",
        "a pinned package is gone from the package registry.",
        "see the details for its name; update its line in tools/locks/ and run again.",
    ),
    (
        r"Permission denied|EACCES",
        "a file or folder may not be read or written by this user.",
        "run as the user who owns the project folder (see the details for the file).",
    ),
)


def cause_of(output: str) -> tuple[str, str] | None:
    """The (problem, remedy) that the output of a failed command points to, if it is a known one.

    >>> cause_of("tar: write error: No space left on device")[0]
    'the disk is full.'
    >>> cause_of("something else") is None
    True
    """
    for pattern, problem, remedy in CAUSES:
        if re.search(pattern, output):
            return problem, remedy
    return None


@contextlib.contextmanager
def step(title: str) -> Iterator[None]:
    """Print a line for a step, with a running clock on a terminal and its time at the end."""
    start, done, live = time.monotonic(), threading.Event(), sys.stdout.isatty()

    def line(state: str) -> str:
        return f"  {title:<58} {time.monotonic() - start:6.1f} s  {state}"

    def tick() -> None:
        while not done.wait(1):
            print("\r" + line("…"), end="", flush=True)

    clock = threading.Thread(target=tick, daemon=True)
    if live:
        clock.start()
    else:
        print(f"  {title} …", flush=True)
    state = "failed"
    try:
        yield
        state = "done"
    finally:
        done.set()
        if live:
            clock.join()
        print(("\r" if live else "") + line(state), flush=True)


def note(text: str) -> None:
    """One plain line for the person who watches."""
    print(f"  {text}", flush=True)


def follow(command: Sequence[str | Path], *, patience: float = 60, **options: Any) -> int:
    """Run a command that prints for itself; gives its exit code.

    When this command is told to end, the other one is told too and gets `patience` seconds to put
    its things away before it is killed.
    """
    process = subprocess.Popen([str(word) for word in command], **options)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            process.wait(patience)
        raise
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def call(
    command: Sequence[str | Path],
    log: str,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | str | None = None,
    stdin: str | None = None,
    failed: str = "",
    remedy: str = "",
) -> str:
    """Run a command with its output in `.run/logs/<log>.log`; give the output back.

    Raises SetupError with the known cause, else with `failed` and `remedy` and the log's path.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{log}.log"
    words = [str(word) for word in command]
    with path.open("w+", errors="replace") as out:
        out.write("$ " + " ".join(words) + "\n")
        out.flush()
        try:
            result = subprocess.run(
                words, env=env, cwd=cwd, input=stdin, text=True, stdout=out, stderr=out, check=False
            )
            code = result.returncode
        except FileNotFoundError as error:
            raise SetupError(
                f"the program {words[0]} is missing.",
                f"install it (on Debian or Ubuntu with apt) and run again. ({error})",
                path,
            ) from error
        out.seek(0)
        output = out.read()
    if code:
        known = cause_of(output)
        problem, what = known or (
            failed or f"{Path(words[0]).name} ended with code {code}.",
            remedy or "read the details, mend the cause and run the same command again.",
        )
        if known and failed:
            problem = f"{failed.rstrip('.')}: {problem}"
        raise SetupError(problem, what, path)
    return output
