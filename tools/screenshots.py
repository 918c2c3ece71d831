"""Pictures of a running server's pages, in several languages and widths, with what went wrong.

    python tools/screenshots.py --url http://127.0.0.1:8069 --out DIR
        [--only NAME …] [--langs en,ar,vi] [--widths 1280,360] [--pages tools/pages.txt]
        [--height 2000] [--axe FILE]

Works against any served database whose users have their login for a password (as in the demo;
`--password LOGIN=PASSWORD` names others). Languages that are missing are installed, and enabled on
the websites, as `odoo i18n loadlang -d DATABASE -l ar_001 vi_VN` does; that stays. A user's own
language is changed while pictures are taken and put back afterwards.

Writes NAME-LANG-WIDTH.png for each picture and index.html with all of them. With the script of
axe-core, each page is also tried for accessibility. Ends with 1 if a page had a console error, a
script error, an answer of 400 and above or a finding of axe-core (or could not be opened), with 2
if nothing could be done. Needs Playwright; the browser is tools/bin/google-chrome (SUITE_CHROME).
"""

import argparse
import contextlib
import re
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright
from playwright.sync_api import Error as BrowserError

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import accessibility
from tools.contact_sheet import Picture, Target, contact_sheet

HERE = Path(__file__).resolve().parent
LANGUAGES = {"en": "en_US", "ar": "ar_001", "vi": "vi_VN"}
HEIGHTS = {1280: 800, 360: 740}
#: widths from here down are shown as on a phone
PHONE = 480
#: seconds for a page: the first one in a right-to-left language has its style sheets built
PAGE_LIMIT = 90
#: hosts of fonts, which a test must not ask: an empty answer leaves the machine's own fonts
FONT_HOSTS = re.compile(r"^https?://fonts\.(googleapis|gstatic|odoocdn)\.com/")

#: the web client has shown its action, all pictures and fonts are there, nothing is loading
READY = """
(selector) => {
  if (document.readyState !== "complete" || document.fonts.status !== "loaded") return false;
  const client = document.querySelector(".o_web_client");
  if (client && !(window.odoo.isReady && client.querySelector(".o_action_manager > .o_action")))
    return false;
  if (document.querySelector(".o_loading_indicator, .o_blockUI, .o_ui_blocked")) return false;
  if (selector && !document.querySelector(selector)) return false;
  return [...document.images].every((image) => image.complete || image.loading === "lazy");
}
"""
TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
#: charts are drawn step by step, slower than a busy machine is waited for: draw them at once
STILL_CHARTS = """
let library;
Object.defineProperty(window, "Chart", {
  configurable: true,
  get: () => library,
  set: (loaded) => {
    library = loaded;
    if (loaded?.defaults) loaded.defaults.animation = false;
  },
});
"""
OVERFLOW = """
() => {
  const root = document.documentElement;
  return root.scrollWidth - root.clientWidth;
}
"""


class Stop(Exception):
    """Nothing can be done; the text says why."""


def read_pages(path: Path) -> list[Target]:
    """The pages of a list; raises Stop for a line that cannot be read."""
    targets = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        parts = [part.strip() for part in line.split("|")]
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not 3 <= len(parts) <= 4 or not re.fullmatch(r"[\w-]+", parts[0]):
            raise Stop(f"{path}:{number} is not 'name | address | login [| selector]'.")
        targets.append(Target(*parts))
    return targets


class Odoo:
    """The server, as its administrator."""

    def __init__(self, browser: Browser, url: str, passwords: dict[str, str]):
        self.url = url
        self._browser = browser
        self._passwords = passwords
        self._admin = browser.new_context(base_url=url)
        self.log_in(self._admin, "admin")

    def log_in(self, context: BrowserContext, login: str) -> None:
        """Open a session for a user in this context by the login form."""
        try:
            form = context.request.get("/web/login", fail_on_status_code=True).text()
        except BrowserError as error:
            raise Stop(f"{self.url} does not answer: {error.message.splitlines()[0]}") from error
        token = re.search(r'name="csrf_token"\s+value="([^"]+)"', form)
        if not token:
            raise Stop(f"{self.url}/web/login shows no login form (several databases?).")
        values = {"login": login, "password": self._passwords.get(login, login)}
        answer = context.request.post("/web/login", form={**values, "csrf_token": token[1]})
        if "/web/login" in answer.url:
            raise Stop(f"User {login!r} cannot log in; give --password {login}=PASSWORD.")

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method as administrator; raises Stop with the server's message."""
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        answer = self._admin.request.post(
            f"/web/dataset/call_kw/{model}/{method}",
            data={"jsonrpc": "2.0", "method": "call", "params": params},
            timeout=600_000,
        ).json()
        if "error" in answer:
            raise Stop(f"{model}.{method}: {answer['error']['data']['message']}")
        return answer["result"]

    def ensure_languages(self, codes: Sequence[str]) -> None:
        """Install the languages that are missing and enable them on every website."""
        domain = [("code", "in", list(codes))]
        languages = self.call(
            "res.lang", "search_read", domain, ["code", "active"], context={"active_test": False}
        )
        if unknown := set(codes) - {language["code"] for language in languages}:
            raise Stop(f"The server knows no language {', '.join(sorted(unknown))}.")
        missing = [language for language in languages if not language["active"]]
        if missing:
            names = ", ".join(language["code"] for language in missing)
            print(f"Installing languages: {names}", flush=True)
            values = {"lang_ids": [(6, 0, [language["id"] for language in missing])]}
            wizard = self.call("base.language.install", "create", [values])
            self.call("base.language.install", "lang_install", wizard)
        if self.call("ir.model", "search_count", [("model", "=", "website")]):
            websites = self.call("website", "search", [])
            links = [(4, language["id"]) for language in languages]
            self.call("website", "write", websites, {"language_ids": links})

    @contextlib.contextmanager
    def language_of(self, login: str, code: str) -> Iterator[None]:
        """Give a user another language for the time being."""
        if login == "-":
            yield
            return
        users = self.call("res.users", "search_read", [("login", "=", login)], ["lang"])
        if not users:
            raise Stop(f"There is no user {login!r}.")
        user = users[0]
        self.call("res.users", "write", [user["id"]], {"lang": code})
        try:
            yield
        finally:
            self.call("res.users", "write", [user["id"]], {"lang": user["lang"]})

    def address(self, target: Target) -> str:
        """The target's address with the ids it asks for."""

        def number(match: re.Match[str]) -> str:
            kind, name = match.groups()
            if kind == "ref":
                module, _, xmlid = name.partition(".")
                found = self.call("ir.model.data", "check_object_reference", module, xmlid)[1:]
            else:
                found = self.call(name, "search", [], limit=1, order="id")
            if not found:
                raise Stop(f"{target.name}: there is no record for {match[0]}.")
            return str(found[0])

        return re.sub(r"\{(ref|model):([\w.]+)\}", number, target.address)


class Watch:
    """Keeps what goes wrong on a page, and knows what is still under way."""

    def __init__(self, page: Page, picture: Picture):
        self.picture = picture
        self.under_way: set[Any] = set()
        page.on("console", lambda message: self._console(message.type, message.text))
        page.on("pageerror", lambda error: self._add(f"script error: {error}"))
        page.on("request", self._asked)
        page.on("requestfinished", lambda request: self.under_way.discard(request))
        page.on("requestfailed", self._failed)
        page.on("response", lambda r: self._answered(r.status, r.request.method, r.url))

    def _add(self, problem: str) -> None:
        if problem not in self.picture.problems:
            self.picture.problems.append(problem[:500])

    def _console(self, kind: str, text: str) -> None:
        if kind == "error":
            self._add(f"console: {text}")

    def _answered(self, status: int, method: str, url: str) -> None:
        if status >= 400:
            self._add(f"{status} for {method} {url}")

    def _asked(self, request: Any) -> None:
        # the live connection stays open, and the end of its worker's script is never reported
        if "/bus/" not in request.url:
            self.under_way.add(request)

    def _failed(self, request: Any) -> None:
        self.under_way.discard(request)
        # leaving a page ends what it was still asking for
        if request.failure != "net::ERR_ABORTED":
            self._add(f"{request.failure} for {request.url}")


class Camera:
    """Takes the pictures of one user in one language."""

    def __init__(self, browser: Browser, odoo: Odoo, options: argparse.Namespace):
        self._browser, self._odoo = browser, odoo
        self._out, self._axe, self._height = options.out, options.axe, options.height

    @contextlib.contextmanager
    def session(
        self, login: str, width: int, language: str, state: Any
    ) -> Iterator[BrowserContext]:
        """A window of the given width, logged in (`state` is taken over if there is one)."""
        phone = width <= PHONE
        context = self._browser.new_context(
            base_url=self._odoo.url,
            viewport={"width": width, "height": self._height or HEIGHTS.get(width, 800)},
            is_mobile=phone,
            has_touch=phone,
            reduced_motion="reduce",
            locale=language.replace("_001", "").replace("_", "-"),
            storage_state=state,
        )
        try:
            context.set_default_timeout(PAGE_LIMIT * 1000)
            context.route(FONT_HOSTS, _no_font)
            context.add_init_script(STILL_CHARTS)
            cookie = {"name": "frontend_lang", "value": language, "url": self._odoo.url}
            context.add_cookies([cookie])
            if state is None and login != "-":
                self._odoo.log_in(context, login)
            yield context
        finally:
            context.close()

    def take(self, page: Page, picture: Picture, address: str) -> None:
        """Open an address and take its picture; what goes wrong is kept with the picture."""
        watch = Watch(page, picture)
        try:
            page.goto(address, wait_until="load")
            self._settle(page, watch, picture.target.selector)
            if (wider := page.evaluate(OVERFLOW)) > 0:
                picture.notes.append(f"{wider} px wider than the screen")
            if self._axe:
                found = accessibility.findings(page, self._axe)
                picture.problems.extend(map(str, found))
        except BrowserError as error:
            picture.problems.append(f"could not be opened: {error.message.splitlines()[0]}")
        with contextlib.suppress(BrowserError):
            page.screenshot(path=self._out / picture.file, full_page=True, animations="disabled")

    def _settle(self, page: Page, watch: Watch, selector: str) -> None:
        """Wait until the page is ready and asks for nothing more, over two drawn frames."""
        deadline = time.monotonic() + PAGE_LIMIT
        calm = 0
        while calm < 2:
            page.evaluate(TWO_FRAMES)
            ready = page.evaluate(READY, selector) and not watch.under_way
            calm = calm + 1 if ready else 0
            if time.monotonic() > deadline:
                watch.picture.problems.append(
                    f"not ready after {PAGE_LIMIT} seconds; still asked for: "
                    f"{', '.join(request.url for request in watch.under_way) or 'nothing'}"
                    f"{f'; waited for: {selector}' if selector else ''}"
                )
                return


def _no_font(route: Route) -> None:
    kind = "text/css" if "googleapis" in route.request.url else "font/woff2"
    route.fulfill(status=200, content_type=kind, body="")


def take_all(
    browser: Browser, odoo: Odoo, targets: list[Target], options: argparse.Namespace
) -> list[Picture]:
    """All pictures, user by user and language by language."""
    camera, pictures = Camera(browser, odoo, options), []
    addresses = {target: odoo.address(target) for target in targets}
    for login in dict.fromkeys(target.login for target in targets):
        for language in options.langs:
            with odoo.language_of(login, LANGUAGES[language]):
                state = None
                for width in options.widths:
                    with camera.session(login, width, LANGUAGES[language], state) as context:
                        state = context.storage_state()
                        for target in targets:
                            if target.login == login:
                                picture = Picture(target, language, width)
                                _take_one(camera, context, picture, addresses[target])
                                pictures.append(picture)
    return pictures


def _take_one(camera: Camera, context: BrowserContext, picture: Picture, address: str) -> None:
    """A picture on a page of its own, so that nothing of the one before is taken for its fault."""
    page = context.new_page()
    try:
        camera.take(page, picture, address)
    finally:
        page.close()
    state = f"{len(picture.problems)} problem(s)" if picture.problems else "ok"
    print(
        f"  {picture.file:<44} {state}{''.join(f'; {note}' for note in picture.notes)}", flush=True
    )
    for problem in picture.problems:
        print(f"      {problem}", flush=True)


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The command line, checked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8069", help="the server's address")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="only these pages")
    parser.add_argument("--langs", default="en,ar,vi", help=f"of {','.join(LANGUAGES)}")
    parser.add_argument("--widths", default="1280,360", help="in pixels")
    parser.add_argument(
        "--height", type=int, help="in pixels; more shows what staff scroll to inside a page"
    )
    parser.add_argument("--pages", type=Path, default=HERE / "pages.txt", help="list of pages")
    parser.add_argument("--axe", type=Path, help="the script of axe-core: try each page with it")
    parser.add_argument(
        "--password", action="append", default=[], metavar="LOGIN=PASSWORD", help="if not the login"
    )
    options = parser.parse_args(argv)
    options.url = options.url.rstrip("/")
    options.langs = options.langs.split(",")
    if unknown := set(options.langs) - set(LANGUAGES):
        parser.error(f"unknown language: {', '.join(sorted(unknown))}")
    try:
        options.widths = [int(width) for width in options.widths.split(",")]
        options.passwords = dict(word.split("=", 1) for word in options.password)
    except ValueError:
        parser.error("--widths takes numbers, --password LOGIN=PASSWORD")
    return options


def main(argv: Sequence[str]) -> int:
    """Take the pictures; the exit code."""
    options = parse(argv)
    signal.signal(signal.SIGTERM, _stop)  # so that languages are put back then too
    try:
        targets = read_pages(options.pages)
        if options.only:
            if unknown := set(options.only) - {target.name for target in targets}:
                raise Stop(f"No such page: {', '.join(sorted(unknown))}.")
            targets = [target for target in targets if target.name in options.only]
        options.out.mkdir(parents=True, exist_ok=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=HERE / "bin" / "google-chrome",
                chromium_sandbox=True,  # the script there knows whether it works
            )
            odoo = Odoo(browser, options.url, options.passwords)
            odoo.ensure_languages([LANGUAGES[language] for language in options.langs])
            pictures = take_all(browser, odoo, targets, options)
            browser.close()
    except (Stop, BrowserError) as error:
        print(f"Stopped: {error}", file=sys.stderr)
        return 2
    index = options.out / "index.html"
    index.write_text(contact_sheet(pictures, options.url), "utf-8")
    wrong = sum(1 for picture in pictures if picture.problems)
    print(f"{len(pictures)} pictures, {wrong} with problems: {index}")
    return 1 if wrong else 0


def _stop(_signal: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
