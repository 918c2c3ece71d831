"""Which files and hosts a printed document may read, and what of it was missing."""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from tools.report_printer.arguments import Options
from tools.report_printer.devtools import Params, Tab
from tools.report_printer.errors import PrintError

#: what a page can do without; anything else that is missing may change how it looks
MEDIA = frozenset({"Image", "Media", "Font", "TextTrack", "Ping", "Prefetch"})

ANY_SITE = "Access-Control-Allow-Origin"


def allowed_hosts() -> list[str]:
    """Hosts that may be asked: this machine, and those named in SUITE_PRINT_HOSTS."""
    return ["127.0.0.1", "localhost", *os.environ.get("SUITE_PRINT_HOSTS", "").split()]


def is_loopback(host: str) -> bool:
    """Whether a name or address always means this machine.

    >>> [is_loopback(host) for host in ("localhost", "127.0.0.7", "::1", "127.0.0.1.example.com")]
    [True, True, True, False]
    """
    return bool(re.fullmatch(r"localhost|::1|127\.\d{1,3}\.\d{1,3}\.\d{1,3}", host))


class Cookie(NamedTuple):
    """A cookie for one host, or for every host that may be asked ("")."""

    name: str
    value: str
    host: str = ""


def read_cookies(options: Options) -> list[Cookie]:
    """The cookies of the command line: Odoo's session, so that a report's images can be read."""
    cookies = [Cookie(name, value) for name, value in options.cookies]
    if options.cookie_jar and options.cookie_jar.exists():
        lines = options.cookie_jar.read_text("utf-8").splitlines()
        cookies += [cookie for line in lines if (cookie := parse_cookie(line))]
    return cookies


def parse_cookie(line: str) -> Cookie | None:
    """A line of a cookie jar, as in a Set-Cookie header; None for a comment.

    >>> parse_cookie("session_id=abc; HttpOnly; domain=127.0.0.1; path=/;")
    Cookie(name='session_id', value='abc', host='127.0.0.1')
    >>> parse_cookie("# a comment") is None
    True
    """
    first, *rest = (part.strip() for part in line.split(";"))
    name, equals, value = first.partition("=")
    if not equals or name.startswith("#"):
        return None
    attributes = {key.lower(): word for key, _, word in (part.partition("=") for part in rest)}
    if not attributes.get("domain"):
        raise PrintError(f"The cookie {name!r} in the cookie jar names no domain")
    return Cookie(name, value, attributes["domain"].lstrip(".").lower())


class Gate:
    """Stands before every request of a tab: lets it through or stops it, and keeps what failed.

    :param files: files that may be read in any case (what is printed)
    :param folders: files or folders that were allowed besides
    :param any_file: whether every local file may be read
    :param cookies: sent by the gate itself: documents are files, to which every host is another
        site, and the browser would keep back the cookies of another site
    """

    def __init__(
        self,
        tab: Tab,
        files: Iterable[Path],
        folders: Iterable[Path] = (),
        any_file: bool = False,
        cookies: Sequence[Cookie] = (),
    ):
        self._tab = tab
        self._files = {file.resolve() for file in files}
        self._folders = [folder.resolve() for folder in folders]
        self._any_file = any_file
        self._cookies = cookies
        self._hosts = frozenset(allowed_hosts())
        self._urls: dict[str, str] = {}
        #: url -> (kind of resource, reason)
        self.failures: dict[str, tuple[str, str]] = {}
        tab.browser.listen(self._on_event)
        fonts = {"urlPattern": "*", "resourceType": "Font", "requestStage": "Response"}
        tab.call("Fetch.enable", {"patterns": [{"urlPattern": "*"}, fonts]})

    def allows(self, url: str) -> bool:
        """Whether this address may be read."""
        parts = urlsplit(url)
        if parts.scheme == "file":
            path = Path(unquote(parts.path)).resolve()
            return (
                self._any_file
                or path in self._files
                or any(path == folder or folder in path.parents for folder in self._folders)
            )
        if parts.scheme in ("http", "https", "ws", "wss"):
            return is_loopback(parts.hostname or "") or parts.hostname in self._hosts
        return parts.scheme in ("data", "blob", "about")

    @property
    def serious(self) -> bool:
        """Whether something is missing without which the pages may look wrong."""
        return any(kind not in MEDIA for kind, _reason in self.failures.values())

    def _on_event(self, session: str, method: str, params: Params) -> None:
        if session != self._tab.session:
            return
        if method == "Fetch.requestPaused" and "responseStatusCode" in params:
            self._share(params)
        elif method == "Fetch.requestPaused":
            self._decide(params["requestId"], params["request"])
        elif method == "Network.requestWillBeSent":
            self._urls[params["requestId"]] = params["request"]["url"]
        elif method == "Network.responseReceived" and params["response"]["status"] >= 400:
            self._note(params, f"status {params['response']['status']}")
        elif method == "Network.loadingFailed" and not params.get("canceled"):
            self._note(params, params.get("errorText", "failed"))

    def _decide(self, request_id: str, request: Params) -> None:
        """Stop a request, or let it go on with our cookies."""
        command, answer = "Fetch.failRequest", Params(requestId=request_id)
        if not self.allows(request["url"]):
            answer["errorReason"] = "BlockedByClient"
        else:
            command = "Fetch.continueRequest"
            host = urlsplit(request["url"]).hostname
            cookies = [cookie for cookie in self._cookies if host and cookie.host in ("", host)]
            if cookies:
                line = "; ".join(f"{cookie.name}={cookie.value}" for cookie in cookies)
                headers = {**request["headers"], "Cookie": line}
                answer["headers"] = [{"name": k, "value": v} for k, v in headers.items()]
        self._tab.browser.tell(command, answer, self._tab.session)

    def _share(self, params: Params) -> None:
        """Let the document use a font: it is a file, and so of another site than its fonts."""
        headers = [*params.get("responseHeaders", ()), {"name": ANY_SITE, "value": "*"}]
        answer = {"requestId": params["requestId"], "responseHeaders": headers}
        answer["responseCode"] = params["responseStatusCode"]
        self._tab.browser.tell("Fetch.continueResponse", answer, self._tab.session)

    def _note(self, params: Params, reason: str) -> None:
        url = self._urls.get(params["requestId"], "?")
        if not self.allows(url):
            reason = "not allowed (neither this machine nor a file that was named)"
        self.failures.setdefault(url, (params.get("type", "Other"), reason))
