"""Odoo as it is served: worker processes of their own on a database, and people who ask at once."""

from __future__ import annotations

import atexit
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence

from .case import Probe

WORKERS, CLIENTS = 2, 16


class Server:
    """Odoo with two workers on a database, and a person who is logged in."""

    def __init__(self, database: str, login: str, password: str):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the server
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.runner.odoo_server", "-c", os.environ["ODOO_RC"],
             "-d", database, "--db-filter", f"^{database}$", "--http-interface=127.0.0.1",
             f"--http-port={port}", f"--gevent-port={port + 1}", f"--workers={WORKERS}",
             "--max-cron-threads=0", "--log-level=warn"],
            stdout=self.log, stderr=self.log, start_new_session=True,
        )  # fmt: skip
        atexit.register(self.stop)
        self._wait()
        self.cookies = self._login(login, password)

    def stop(self) -> None:
        """End the server with its workers."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(30)

    def _wait(self) -> None:
        import requests

        for _try in range(600):
            if self.process.poll() is not None:
                break
            try:
                if requests.get(f"{self.base}/web/login", timeout=60).ok:
                    return
            except requests.ConnectionError:
                time.sleep(0.2)
        self.log.seek(0)
        raise RuntimeError(f"Odoo did not start: {self.log.read()[-2000:].decode()}")

    def _login(self, login: str, password: str) -> dict[str, str]:
        import requests

        session = requests.Session()
        page = session.get(f"{self.base}/web/login", timeout=120).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        values = {"login": login, "password": password, "csrf_token": token[1] if token else ""}
        session.post(f"{self.base}/web/login", data=values, timeout=120)
        return session.cookies.get_dict()

    def ask(self, paths: Sequence[str], sign: str, probe: Probe) -> int:
        """Let the clients ask for these pages, each timed; return how many came.

        :param sign: what each page must hold at least once
        """
        import requests

        waiting, found, wrong = list(reversed(paths)), [], []

        def client() -> None:
            while waiting and not wrong:
                try:
                    path = waiting.pop()
                except IndexError:
                    return
                with probe.lap():
                    answer = requests.get(self.base + path, cookies=self.cookies, timeout=300)
                found.append(answer.text.count(sign))
                if not found[-1] or not answer.ok:
                    wrong.append(f"{path}: {answer.status_code}, without {sign!r}")

        threads = [threading.Thread(target=client) for _n in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if wrong:
            raise AssertionError(wrong[0])
        return len(found)
