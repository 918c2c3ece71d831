"""Talks to one headless Chromium over a pipe, in the DevTools protocol. Standard library only."""

import base64
import contextlib
import fcntl
import json
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from tools.report_printer.errors import PrintError

BROWSER = Path(__file__).resolve().parents[1] / "bin" / "google-chrome"
#: seconds that a single step (a page's load, a page's print) may take. Below Odoo's own limit for
#: a request (limit_time_real, 120), so that a person sees the reason instead of a dead worker.
STEP_LIMIT = float(os.environ.get("SUITE_PRINT_TIMEOUT") or 110)

FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-breakpad",
    "--disable-crash-reporter",
    "--font-render-hinting=none",
    "--mute-audio",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)

Params = dict[str, Any]


@contextlib.contextmanager
def open_browser(hosts: Sequence[str]) -> Iterator["Browser"]:
    """A browser with a fresh profile, ended with the block.

    :param hosts: the only hosts that names are looked up for
    """
    with (
        tempfile.TemporaryDirectory(
            prefix="report.browser.", ignore_cleanup_errors=True
        ) as profile,
        open(Path(profile, "stderr.log"), "w+b") as log,
    ):
        browser = Browser(Path(profile), log, hosts)
        try:
            yield browser
        finally:
            browser.stop()


class Browser:
    """A running browser of our own: it reads commands from its fd 3 and answers on its fd 4."""

    def __init__(self, profile: Path, log: IO[bytes], hosts: Sequence[str]):
        self._log = log
        self._buffer = bytearray()
        self._answers: dict[int, Params] = {}
        self._unwanted: set[int] = set()
        self._last_id = 0
        self._listeners: list[Callable[[str, str, Params], None]] = []
        names = ", ".join(f"EXCLUDE {host}" for host in hosts)
        command = [
            str(BROWSER),
            *FLAGS,
            f"--user-data-dir={profile}",
            f"--host-resolver-rules=MAP * ~NOTFOUND, {names}",
            "about:blank",
        ]
        its_input, self._output = _pipe()
        self._input, its_output = _pipe()

        def put_pipes_in_place() -> None:
            os.dup2(its_input, 3)
            os.dup2(its_output, 4)

        try:
            self._process = subprocess.Popen(
                command,
                env={**os.environ, "TMPDIR": str(profile)},  # it leaves things there
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                preexec_fn=put_pipes_in_place,  # noqa: PLW1509  (there are no threads)
                pass_fds=(3, 4),
                start_new_session=True,
            )
        finally:
            os.close(its_input)
            os.close(its_output)

    def stop(self) -> None:
        """End the browser and its helpers at once: nothing of its profile is kept."""
        os.close(self._output)
        os.close(self._input)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def listen(self, listener: Callable[[str, str, Params], None]) -> None:
        """Call `listener(session, method, params)` for each event from now on."""
        self._listeners.append(listener)

    def send(self, method: str, params: Params | None = None, session: str = "") -> int:
        """Send a command; give back the number that its answer will carry."""
        self._last_id += 1
        message: Params = {"id": self._last_id, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        try:
            while data:
                data = data[os.write(self._output, data) :]
        except OSError:
            raise self._gone() from None
        return self._last_id

    def tell(self, method: str, params: Params, session: str) -> None:
        """Send a command whose answer nobody waits for."""
        self._unwanted.add(self.send(method, params, session))

    def call(self, method: str, params: Params | None = None, session: str = "") -> Params:
        """Send a command and wait for its result; raise PrintError if the browser refuses."""
        number = self.send(method, params, session)
        self.wait(lambda: number in self._answers, method)
        answer = self._answers.pop(number)
        if "error" in answer:
            raise PrintError(f"The browser refused {method}: {answer['error'].get('message')}")
        result: Params = answer["result"]
        return result

    def wait(self, ready: Callable[[], bool], what: str) -> None:
        """Handle what the browser says until `ready()`; raise PrintError after STEP_LIMIT."""
        deadline = time.monotonic() + STEP_LIMIT
        while not ready():
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._input], [], [], left)[0]:
                raise PrintError(f"The browser took over {STEP_LIMIT:.0f} seconds for: {what}")
            self._read()

    def _read(self) -> None:
        """Take in what lies in the pipe: answers are kept, events go to the listeners."""
        data = os.read(self._input, 1 << 20)
        if not data:
            raise self._gone()
        start = len(self._buffer)
        self._buffer += data
        while (end := self._buffer.find(b"\0", start)) >= 0:
            message = json.loads(self._buffer[:end])
            del self._buffer[: end + 1]
            start = 0
            number = message.get("id")
            if number in self._unwanted:
                self._unwanted.discard(number)
            elif number is not None:
                self._answers[number] = message
            else:
                for listener in self._listeners:
                    listener(
                        message.get("sessionId", ""), message["method"], message.get("params", {})
                    )

    def _gone(self) -> PrintError:
        """The error for a browser that has ended, with the last it said."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self._log.seek(0)
        said = self._log.read().decode(errors="replace").strip()
        return PrintError(
            f"The browser ended unexpectedly (code {self._process.poll()}).\n{said[-600:]}"
        )


class Tab:
    """One page of the browser."""

    def __init__(self, browser: Browser):
        self.browser = browser
        target = browser.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        self.session = browser.call("Target.attachToTarget", {"targetId": target, "flatten": True})[
            "sessionId"
        ]
        self._loaded = False
        self._crashed = False
        #: script contexts of the page and its frames, in the order they came
        self._contexts: dict[int, None] = {}
        browser.listen(self._on_event)
        for domain in ("Page", "Runtime", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, params: Params | None = None) -> Params:
        """A command to this page."""
        return self.browser.call(method, params, self.session)

    def _on_event(self, session: str, method: str, params: Params) -> None:
        if session != self.session:
            return
        if method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Inspector.targetCrashed":
            self._crashed = True
        elif method == "Runtime.executionContextsCleared":
            self._contexts.clear()
        elif method == "Runtime.executionContextDestroyed":
            self._contexts.pop(params["executionContextId"], None)
        elif method == "Runtime.executionContextCreated":
            context = params["context"]
            if context.get("auxData", {}).get("isDefault"):
                self._contexts[context["id"]] = None

    def load(self, url: str) -> None:
        """Open a page and wait until it and all its frames have loaded."""
        self._loaded = False
        error = self.call("Page.navigate", {"url": url}).get("errorText")
        if error:
            raise PrintError(f"Failed to load {url}: {error}")
        self.browser.wait(lambda: self._loaded or self._crashed, f"loading {url}")
        if self._crashed:
            raise PrintError(f"The browser's page crashed while it loaded {url}")

    def evaluate(self, expression: str, context: int | None = None) -> Any:
        """The value of an expression (awaited if it is a promise) in the page or one frame."""
        params: Params = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        if context is not None:
            params["contextId"] = context
        answer = self.call("Runtime.evaluate", params)
        if "exceptionDetails" in answer:
            raise PrintError(f"Script failed in the page: {answer['exceptionDetails'].get('text')}")
        return answer["result"].get("value")

    def evaluate_everywhere(self, expression: str) -> None:
        """Evaluate (and await) an expression in the page and in each of its frames."""
        for context in list(self._contexts):
            self.evaluate(expression, context)

    def print_pdf(self, params: Params) -> bytes:
        """The page as PDF (`Page.printToPDF`), fetched in parts however large it is."""
        answer = self.call("Page.printToPDF", {**params, "transferMode": "ReturnAsStream"})
        parts, handle = [], answer["stream"]
        while True:
            part = self.call("IO.read", {"handle": handle, "size": 1 << 20})
            data = part["data"]
            parts.append(base64.b64decode(data) if part.get("base64Encoded") else data.encode())
            if part["eof"]:
                break
        self.call("IO.close", {"handle": handle})
        return b"".join(parts)


def _pipe() -> tuple[int, int]:
    """A pipe whose ends are above 9, so that putting one at 3 or 4 never covers another."""
    ends = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return high[0], high[1]
