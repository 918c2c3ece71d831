"""wkhtmltopdf's command line, as far as Odoo uses it."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.report_printer.errors import PrintError

MM_PER_INCH = 25.4
CSS_PX_PER_INCH = 96
#: how much wider than the paper wkhtmltopdf lays a page out, unless smart shrinking is off
SMART_SHRINKING = 1.25

#: width and height in millimetres, upright: the formats of report.paperformat
PAPER_SIZES: dict[str, tuple[float, float]] = {
    **{
        name: (float(width), float(height))
        for name, width, height in (
            ("A0", 841, 1189),
            ("A1", 594, 841),
            ("A2", 420, 594),
            ("A3", 297, 420),
            ("A4", 210, 297),
            ("A5", 148, 210),
            ("A6", 105, 148),
            ("A7", 74, 105),
            ("A8", 52, 74),
            ("A9", 37, 52),
            ("B0", 1000, 1414),
            ("B1", 707, 1000),
            ("B2", 500, 707),
            ("B3", 353, 500),
            ("B4", 250, 353),
            ("B5", 176, 250),
            ("B6", 125, 176),
            ("B7", 88, 125),
            ("B8", 62, 88),
            ("B9", 33, 62),
            ("B10", 31, 44),
            ("C5E", 163, 229),
            ("Comm10E", 105, 241),
            ("DLE", 110, 220),
        )
    },
    "Executive": (190.5, 254.0),
    "Folio": (210.0, 330.0),
    "Ledger": (431.8, 279.4),
    "Legal": (215.9, 355.6),
    "Letter": (215.9, 279.4),
    "Tabloid": (279.4, 431.8),
}

#: options without a value, and what they set (nothing: Chromium does so anyway, or needn't)
SWITCHES: dict[str, tuple[str, bool] | None] = {
    "background": ("background", True),
    "no-background": ("background", False),
    "disable-javascript": ("javascript", False),
    "enable-javascript": ("javascript", True),
    "disable-local-file-access": ("local_files", False),
    "enable-local-file-access": ("local_files", True),
    "disable-smart-shrinking": ("smart_shrinking", False),
    "enable-smart-shrinking": ("smart_shrinking", True),
    "footer-line": ("footer_line", True),
    "header-line": ("header_line", True),
    "no-footer-line": ("footer_line", False),
    "no-header-line": ("header_line", False),
    "no-outline": ("outline", False),
    "outline": ("outline", True),
    "no-print-media-type": ("print_media", False),
    "print-media-type": ("print_media", True),
    "quiet": None,
    "lowquality": None,
    "no-pdf-compression": None,
    "no-stop-slow-scripts": None,
    "stop-slow-scripts": None,
}

#: options with a value that change nothing here: Chromium's pixel doesn't depend on the dpi (Odoo
#: gives `--zoom` beside it), and printing waits for what is loaded rather than for a fixed time
UNUSED = ("dpi", "image-dpi", "image-quality", "javascript-delay", "log-level", "outline-depth")

SHORT = {
    "q": "quiet",
    "s": "page-size",
    "O": "orientation",
    "T": "margin-top",
    "B": "margin-bottom",
    "L": "margin-left",
    "R": "margin-right",
    "d": "dpi",
    "l": "lowquality",
}


@dataclass
class Options:
    """What to print, where to, and how. Lengths in millimetres."""

    bodies: list[Path] = field(default_factory=list)
    output: Path = Path()
    header: Path | None = None
    footer: Path | None = None
    page_size: str = "A4"
    page_width: float = 0.0
    page_height: float = 0.0
    landscape: bool = False
    margin_top: float = 10.0
    margin_right: float = 10.0
    margin_bottom: float = 10.0
    margin_left: float = 10.0
    header_spacing: float = 0.0
    footer_spacing: float = 0.0
    header_line: bool = False
    footer_line: bool = False
    zoom: float = 1.0
    smart_shrinking: bool = True
    viewport: tuple[int, int] | None = None
    background: bool = True
    print_media: bool = False
    javascript: bool = True
    local_files: bool = False
    allowed: list[Path] = field(default_factory=list)
    window_status: str = ""
    outline: bool = True
    title: str = ""
    cookies: list[tuple[str, str]] = field(default_factory=list)
    cookie_jar: Path | None = None

    @property
    def paper(self) -> tuple[float, float]:
        """Width and height of the sheet as it is printed.

        >>> Options(page_size="A5", landscape=True).paper
        (210.0, 148.0)
        """
        width, height = PAPER_SIZES[self.page_size]
        width, height = self.page_width or width, self.page_height or height
        return (height, width) if self.landscape else (width, height)

    @property
    def scale(self) -> float:
        """Size of a document's pixel on paper, where 1 is 1/96 inch.

        >>> round(Options(zoom=96 / 90).scale, 4)
        0.8533
        """
        return self.zoom / (SMART_SHRINKING if self.smart_shrinking else 1)

    def pixels(self, length: float) -> float:
        """A length on paper (mm) in the document's pixels.

        >>> round(Options(smart_shrinking=False).pixels(25.4))
        96
        """
        return length / MM_PER_INCH * CSS_PX_PER_INCH / self.scale


def millimetres(text: str) -> float:
    """A length with or without a unit (mm).

    >>> millimetres("7.0"), millimetres("1in"), millimetres("2cm"), millimetres("72pt")
    (7.0, 25.4, 20.0, 25.4)
    """
    units = {"": 1.0, "mm": 1.0, "cm": 10.0, "in": MM_PER_INCH, "inch": MM_PER_INCH}
    units |= {"pt": MM_PER_INCH / 72, "px": MM_PER_INCH / CSS_PX_PER_INCH}
    match = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)([a-z]*)", text.strip().lower())
    if not match or match[2] not in units:
        raise PrintError(f"Invalid length: {text!r}")
    return float(match[1]) * units[match[2]]


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not value > 0:
        raise PrintError(f"Invalid number: {text!r}")
    return value


def _viewport(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    if not match:
        raise PrintError(f"Invalid viewport size: {text!r}")
    return int(match[1]), int(match[2])


def _page_size(text: str) -> str:
    for name in PAPER_SIZES:
        if name.lower() == text.lower():
            return name
    raise PrintError(f"Unknown page size: {text!r}")


def _landscape(text: str) -> bool:
    if text.lower() not in ("portrait", "landscape"):
        raise PrintError(f"Unknown orientation: {text!r}")
    return text.lower() == "landscape"


#: options with a value: the field and how to read it
VALUES: dict[str, tuple[str, Callable[[str], Any]]] = {
    "cookie-jar": ("cookie_jar", Path),
    "footer-html": ("footer", Path),
    "footer-spacing": ("footer_spacing", millimetres),
    "header-html": ("header", Path),
    "header-spacing": ("header_spacing", millimetres),
    "margin-bottom": ("margin_bottom", millimetres),
    "margin-left": ("margin_left", millimetres),
    "margin-right": ("margin_right", millimetres),
    "margin-top": ("margin_top", millimetres),
    "orientation": ("landscape", _landscape),
    "page-height": ("page_height", millimetres),
    "page-size": ("page_size", _page_size),
    "page-width": ("page_width", millimetres),
    "title": ("title", str),
    "viewport-size": ("viewport", _viewport),
    "window-status": ("window_status", str),
    "zoom": ("zoom", _number),
}


def parse(argv: Sequence[str]) -> Options:
    """Read the command line: options in any place, then one or more documents and the output.

    Raises PrintError for what is unknown, incomplete or cannot be read.

    >>> parse(["-O", "landscape", "--margin-top", "5", "a.html", "b.html", "out.pdf"]).bodies
    [PosixPath('a.html'), PosixPath('b.html')]
    """
    options, files, words = Options(), list[str](), iter(argv)
    for word in words:
        if not word.startswith("-"):
            files.append(word)
        else:
            _take_option(options, word, words)
    if len(files) < 2:
        raise PrintError("You need to specify at least one input file, and exactly one output file")
    *bodies, output = files
    options.bodies = [_path(body) for body in bodies]
    options.output = Path(output)
    return options


def _take_option(options: Options, word: str, words: Iterator[str]) -> None:
    """Set what one option says, taking its values from the words that follow."""

    def value() -> str:
        try:
            return next(words)
        except StopIteration:
            raise PrintError(f"Missing value for {word}") from None

    name = word[2:] if word.startswith("--") else SHORT.get(word[1:], "")
    if name in VALUES:
        target, read = VALUES[name]
        setattr(options, target, read(value()))
    elif name in SWITCHES:
        if setting := SWITCHES[name]:
            setattr(options, *setting)
    elif name == "cookie":
        options.cookies.append((value(), value()))
    elif name == "allow":
        options.allowed.append(Path(value()).resolve())
    elif name in UNUSED:
        value()
    else:
        raise PrintError(f"Unknown option, or one this printer does not support: {word}")


def _path(text: str) -> Path:
    """The path of an input, which may be given as file:// too."""
    if re.match(r"(?!file:)[a-z]+://", text, re.IGNORECASE):
        raise PrintError(f"Only files can be printed here, not {text}")
    return Path(text.removeprefix("file://"))
