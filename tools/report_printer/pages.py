"""Prints the documents, then the headers and footers of all their pages."""

import html
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from tools.report_printer.arguments import MM_PER_INCH, Options
from tools.report_printer.devtools import Params, Tab, open_browser
from tools.report_printer.resources import Gate, allowed_hosts, read_cookies

#: pages whose headers and footers are printed together: each has two frames open meanwhile
PAGES_AT_ONCE = 40

#: runs in every page and frame before its own scripts. wkhtmltopdf has no narrow column for
#: Bootstrap's container (there the page is the column), draws headers and footers over the text
#: without a background of their own, and repeats a table's head and foot on each page (Chromium
#: does if they must not be broken). A body from right to left is kept from turning the page itself:
#: Chromium then lays it out from a wrong edge and cuts it off.
PREPARE = """
(() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    "body.container { max-width: none !important; width: auto !important; }" +
    "thead, tfoot { break-inside: avoid; }" +
    "html:not([dir]) { direction: ltr; }" +
    (window.top === window ? "" : "html, body { background: transparent !important; }")
  );
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
})();
"""

#: done once fonts and images are there, those too that a browser would load on scrolling
READY = """
(async () => {
  const images = [...document.images];
  images.forEach((image) => { image.loading = "eager"; });
  await Promise.all(images.map((image) => image.decode().catch(() => null)));
  await document.fonts.ready;
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


@contextmanager
def open_printer(options: Options) -> Iterator["Printer"]:
    """A browser set up for one command line, ended with the block."""
    with (
        TemporaryDirectory(prefix="report.pages.") as folder,
        open_browser(allowed_hosts()) as browser,
    ):
        yield Printer(options, Tab(browser), Path(folder).resolve())


class Printer:
    """Prints documents and the edges of their pages in one tab.

    :param folder: where it may write
    """

    def __init__(self, options: Options, tab: Tab, folder: Path):
        self.options = options
        self._tab = tab
        self._overlay = folder / "overlay.html"
        edges = [edge for edge in (options.header, options.footer) if edge]
        self.gate = Gate(
            tab,
            [*options.bodies, *edges, self._overlay],
            options.allowed,
            options.local_files,
            read_cookies(options),
        )
        self._set_up()

    def _set_up(self) -> None:
        """Media type, window size and style of the tab."""
        options, call = self.options, self._tab.call
        call("Emulation.setEmulatedMedia", {"media": "print" if options.print_media else "screen"})
        width, height = options.viewport or (round(options.pixels(self._text_width)), 1024)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        call("Emulation.setDeviceMetricsOverride", size)
        call("Page.addScriptToEvaluateOnNewDocument", {"source": PREPARE})

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
                    top -= self._header_height
                url = html.escape(f"{source.resolve().as_uri()}?{query}")
                box = f"top: {top:.2f}px; height: {pixels(height) - top:.2f}px"
                parts.append(f'<iframe src="{url}" style="{box}"></iframe>')
        return "".join(parts)

    @cached_property
    def _header_height(self) -> float:
        """Height of the header's body in pixels."""
        if not self.options.header:
            return 0.0
        self._tab.load(self.options.header.resolve().as_uri())
        self._settle()
        return float(self._tab.evaluate("document.body.offsetHeight") or 0)


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
