"""Prints the documents, then the headers and footers of all their pages."""

import html
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from tools.report_printer.arguments import MM_PER_INCH, Options
from tools.report_printer.devtools import Browser, Params, Tab
from tools.report_printer.errors import PrintError
from tools.report_printer.resources import Gate, allowed_hosts

#: pages whose headers and footers are printed together: each has two frames open meanwhile
PAGES_AT_ONCE = 40

#: runs in every page and frame before its own scripts. wkhtmltopdf has no narrow column for
#: Bootstrap's container (there the page is the column), and draws headers and footers over the
#: text without a background of their own.
PREPARE = """
(() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    "body.container { max-width: none !important; width: auto !important; }" +
    (window.top === window ? "" : "html, body { background: transparent !important; }")
  );
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
})();
"""

#: true once fonts and images are there, those too that a browser would load on scrolling
READY = """
(async () => {
  const images = [...document.images];
  images.forEach((image) => { image.loading = "eager"; });
  await Promise.all(images.map((image) => image.decode().catch(() => null)));
  await document.fonts.ready;
  return true;
})()
"""

TITLE = """
(() => {
  const heading = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
    .map((node) => node.textContent.trim().replace(/\\s+/g, " ")).find(Boolean);
  return [document.title, heading || ""];
})()
"""


@dataclass
class Document:
    """One printed body."""

    source: Path
    pdf: bytes
    title: str
    heading: str
    pages: int = 0


@dataclass
class Place:
    """Where a page stands: in the whole print and in its document, from 1."""

    document: Document
    page: int
    pages: int
    sitepage: int


class Printer:
    """A browser set up for one command line; use it as a context manager."""

    def __init__(self, options: Options):
        self.options = options
        self._browser = Browser([host for host in allowed_hosts() if host])
        self._folder = TemporaryDirectory(prefix="report.pages.", ignore_cleanup_errors=True)

    def __enter__(self) -> "Printer":
        options = self.options
        self._browser.__enter__()
        try:
            self._tab = Tab(self._browser)
            self._overlay = Path(self._folder.name, "overlay.html").resolve()
            edges = [edge for edge in (options.header, options.footer) if edge]
            self.gate = Gate(
                self._tab,
                [*options.bodies, *edges, self._overlay],
                options.allowed,
                options.local_files,
            )
            self._set_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self._browser.__exit__(None, None, None)
        self._folder.cleanup()

    def _set_up(self) -> None:
        """Media type, window size, style and cookies of the tab."""
        options, call = self.options, self._tab.call
        call("Emulation.setEmulatedMedia", {"media": "print" if options.print_media else "screen"})
        width, height = options.viewport or (round(options.pixels(self._text_width)), 1024)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        call("Emulation.setDeviceMetricsOverride", size)
        call("Page.addScriptToEvaluateOnNewDocument", {"source": PREPARE})
        for cookie in self._cookies():
            call("Network.setCookie", cookie)

    def _cookies(self) -> list[Params]:
        """Odoo's session (a cookie jar names its host), and cookies for all hosts."""
        cookies = [
            {"name": name, "value": value, "domain": host, "path": "/"}
            for name, value in self.options.cookies
            for host in allowed_hosts()
            if host
        ]
        jar = self.options.cookie_jar
        if jar and jar.exists():
            lines = jar.read_text("utf-8").splitlines()
            cookies += [cookie for line in lines if (cookie := parse_cookie(line))]
        # documents are files, so to the browser every host is another site: it would keep cookies
        # back. It takes this machine for secure without https.
        return [{**cookie, "secure": True, "sameSite": "None"} for cookie in cookies]

    @property
    def _text_width(self) -> float:
        """Width between the margins, in millimetres."""
        return self.options.paper[0] - self.options.margin_left - self.options.margin_right

    def print_document(self, source: Path) -> Document:
        """Print one body within the margins."""
        options = self.options
        if not options.javascript:
            self._tab.call("Emulation.setScriptExecutionDisabled", {"value": True})
        self._tab.load(source.resolve().as_uri())
        self._settle()
        if options.window_status:
            wanted = f"window.status === {options.window_status!r}"
            self._tab.browser.wait(lambda: bool(self._tab.evaluate(wanted)), wanted)
        title, heading = self._tab.evaluate(TITLE)
        pdf = self._tab.print_pdf(
            self._paper(
                options.margin_top,
                options.margin_right,
                options.margin_bottom,
                options.margin_left,
            )
        )
        if not options.javascript:
            self._tab.call("Emulation.setScriptExecutionDisabled", {"value": False})
        return Document(source, pdf, title, heading)

    def print_edges(self, places: list[Place]) -> bytes:
        """Print the headers and footers of some pages on as many empty sheets."""
        self._overlay.write_text(self._overlay_html(places), "utf-8")
        self._tab.load(self._overlay.as_uri())
        self._settle()
        return self._tab.print_pdf(self._paper(0, 0, 0, 0))

    def _settle(self) -> None:
        self._tab.evaluate_everywhere(READY)

    def _paper(self, top: float, right: float, bottom: float, left: float) -> Params:
        """Parameters of Page.printToPDF; margins in millimetres."""
        width, height = self.options.paper
        return {
            "paperWidth": width / MM_PER_INCH,
            "paperHeight": height / MM_PER_INCH,
            "marginTop": top / MM_PER_INCH,
            "marginRight": right / MM_PER_INCH,
            "marginBottom": bottom / MM_PER_INCH,
            "marginLeft": left / MM_PER_INCH,
            "scale": self.options.scale,
            "printBackground": self.options.background,
            "generateTaggedPDF": False,
        }

    def _overlay_html(self, places: list[Place]) -> str:
        """A page with one sheet for each place and the edges in frames on it."""
        options, pixels = self.options, self.options.pixels
        width, height = (pixels(length) for length in options.paper)
        left, text = pixels(options.margin_left), pixels(self._text_width)
        style = (
            "html, body { margin: 0; }"
            f".sheet {{ position: relative; width: {width:.2f}px; height: {height - 1:.2f}px;"
            " overflow: hidden; break-inside: avoid; }"
            ".sheet + .sheet { break-before: page; }"
            f".sheet > * {{ position: absolute; left: {left:.2f}px; width: {text:.2f}px;"
            " border: 0; }"
            "hr { margin: 0; border-top: 1px solid black !important; }"
        )
        sheets = "".join(f'<div class="sheet">{self._sheet(place)}</div>' for place in places)
        return f"<!DOCTYPE html><meta charset='utf-8'><style>{style}</style>{sheets}"

    def _sheet(self, place: Place) -> str:
        """Header and footer of one page, where wkhtmltopdf puts them: the header's body ends
        `header_spacing` above the text (Odoo's has no height: there it starts), the footer's
        begins `footer_spacing` below it.
        """
        options, pixels = self.options, self.options.pixels
        height, parts = options.paper[1], list[str]()
        above = pixels(options.margin_top - options.header_spacing)
        below = pixels(height - options.margin_bottom + options.footer_spacing)
        query = edge_query(place, options.title)
        for source, line, top in (
            (options.header, options.header_line, above),
            (options.footer, options.footer_line, below),
        ):
            if line:
                parts.append(f'<hr style="top: {top:.2f}px">')
            if source:
                if source is options.header:
                    top -= self._header_height()
                url = html.escape(f"{source.resolve().as_uri()}?{query}")
                box = f"top: {top:.2f}px; height: {pixels(height) - top:.2f}px"
                parts.append(f'<iframe src="{url}" style="{box}"></iframe>')
        return "".join(parts)

    def _header_height(self) -> float:
        """Height of the header's body in pixels, measured once."""
        if not hasattr(self, "_measured"):
            assert self.options.header
            self._tab.load(self.options.header.resolve().as_uri())
            self._settle()
            self._measured = float(self._tab.evaluate("document.body.offsetHeight") or 0)
        return self._measured


def edge_query(place: Place, title: str = "", now: datetime | None = None) -> str:
    """The query with which a header or footer is loaded (wkhtmltopdf's "substitutions").

    >>> query = edge_query(Place(Document(Path("/tmp/a.html"), b"", "T", "H"), 3, 9, 1))
    >>> query.split("&")[:3]
    ['page=3', 'frompage=1', 'topage=9']
    """
    now, document = now or datetime.now(), place.document
    return urlencode(
        {
            "page": place.page,
            "frompage": 1,
            "topage": place.pages,
            "sitepage": place.sitepage,
            "sitepages": document.pages,
            "webpage": str(document.source.resolve()),
            "section": document.heading,
            "subsection": "",
            "subsubsection": "",
            "title": document.title,
            "doctitle": title or document.title,
            "date": now.strftime("%x"),
            "isodate": now.date().isoformat(),
            "time": now.strftime("%X"),
        }
    ).replace("+", "%20")


def parse_cookie(line: str) -> Params | None:
    """A line of a cookie jar (as in a Set-Cookie header) for Network.setCookie.

    >>> parse_cookie("session_id=abc; HttpOnly; domain=127.0.0.1; path=/;")
    {'name': 'session_id', 'value': 'abc', 'domain': '127.0.0.1', 'path': '/', 'httpOnly': True}
    >>> parse_cookie("# a comment") is None
    True
    """
    first, *rest = (part.strip() for part in line.split(";"))
    name, equals, value = first.partition("=")
    if not equals or name.startswith("#"):
        return None
    attributes = {key.lower(): word for key, _, word in (part.partition("=") for part in rest)}
    if not attributes.get("domain"):
        raise PrintError("The cookie jar names no domain")
    return {
        "name": name,
        "value": value,
        "domain": attributes["domain"],
        "path": attributes.get("path") or "/",
        "httpOnly": "httponly" in attributes,
    }
