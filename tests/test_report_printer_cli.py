"""tools/bin/wkhtmltopdf as a command: small documents in, pages out."""

import http.server
import io
import mimetypes
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import unicodedata
from pathlib import Path

import pytest
import reportlab
from pdfminer.high_level import extract_text
from pypdf import PdfReader

TOOL = Path(__file__).resolve().parent.parent / "tools" / "bin" / "wkhtmltopdf"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

pytestmark = pytest.mark.skipif(
    not os.environ.get("SUITE_CHROME") and not any(map(shutil.which, BROWSERS)),
    reason="no Chromium on this machine",
)

#: as Odoo's web.minimal_layout: a body without height, and a script that reads the query
EDGE = """<!DOCTYPE html><html style="height: 0;"><head><meta charset="utf-8">
<style>html, body {{ height: 100%; margin: 0; background: white; }}</style>
<script>
function subst() {{
    const query = new URLSearchParams(document.location.search);
    for (const name of ["page", "topage", "sitepage", "sitepages"])
        document.querySelectorAll("." + name).forEach((n) => n.textContent = query.get(name));
    const list = document.getElementById("list"), index = query.get("webpage").split(".", 4)[3];
    list.replaceChildren(list.children[index]);
}}
</script></head>
<body class="container overflow-hidden" onload="subst()"><div id="list">{items}</div></body></html>
"""

FONT = Path(reportlab.__file__).with_name("fonts") / "Vera.ttf"
FILES = {"/style.css": b"p::after { content: ' styled'; }", "/vera.ttf": FONT.read_bytes()}


def body(number: int, *pages: str, head: str = "") -> str:
    """A document of some pages."""
    breaks = '<div style="break-before: page"></div>'
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>Document {number}</title>{head}'
        f'</head><body class="container">{breaks.join(f"<p>{page}</p>" for page in pages)}</body>'
    )


class Desk:
    """A folder to print in."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.output = folder / "out.pdf"

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text, "utf-8")
        return str(path)

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(TOOL), *words, str(self.output)],
            env={**os.environ, "SUITE_PYTHON": sys.executable, **env},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )

    def texts(self) -> list[str]:
        """The text of each page, as someone would copy it."""
        pages = len(PdfReader(self.output).pages)
        data = self.output.read_bytes()
        return [extract_text(io.BytesIO(data), page_numbers=[n]) for n in range(pages)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    # Odoo's header script takes the document's number from the third dot of its path
    return Desk(tmp_path)


@pytest.fixture
def server():
    """A server on this machine: it keeps what it was asked, with the cookies."""
    asked: list[tuple[str, str]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers.get("Cookie", "")))
            content = FILES.get(self.path)
            self.send_response(200 if content else 404)
            self.send_header("Content-Type", mimetypes.guess_type(self.path)[0])
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}", asked
        httpd.shutdown()


def test_version_is_what_odoo_looks_for(desk):
    answer = subprocess.run([str(TOOL), "--version"], capture_output=True, text=True, check=True)
    assert answer.stdout.startswith("wkhtmltopdf 0.12.6 (with patched qt)")


def test_headers_and_footers_of_several_documents(desk):
    words = ["--margin-top", "40", "--header-spacing", "35", "--margin-bottom", "30"]
    words += ["--header-html", desk.file("head.html", EDGE.format(items="<b>ACME</b><b>Bravo</b>"))]
    page = 'Page <i class="sitepage"></i> of <i class="sitepages"></i>, <i class="page"></i> in all'
    items = f"<p>A {page}</p><p>B {page}</p>"
    words += ["--footer-html", desk.file("foot.html", EDGE.format(items=items))]
    words.append(desk.file("report.body.tmp.0.x.html", body(0, "مرحبا", "Xin chào Việt Nam")))
    words.append(desk.file("report.body.tmp.1.y.html", body(1, "one page")))
    result = desk.run(*words)
    assert (result.returncode, result.stderr) == (0, "")
    texts = desk.texts()
    assert len(texts) == 3
    for text, brand, footer in zip(
        texts,
        ("ACME", "ACME", "Bravo"),
        ("A Page 1 of 2, 1 in all", "A Page 2 of 2, 2 in all", "B Page 1 of 1, 3 in all"),
        strict=True,
    ):
        assert text.count("ACME") + text.count("Bravo") == text.count(brand) == 1
        assert text.count(" in all") == text.count(footer) == 1
    # pdfminer gives the glyphs of right-to-left text from left to right, as joined forms
    assert "مرحبا" in unicodedata.normalize("NFKC", texts[0])[::-1]
    assert "Xin chào Việt Nam" in texts[1]


def test_header_hangs_above_the_text(desk):
    """Its top is margin-top less header-spacing below the sheet's; the text begins below it."""
    header = desk.file("head.html", EDGE.format(items="<div style='margin:0'>ACME</div>"))
    document = desk.file("report.body.tmp.0.x.html", body(0, "text"))
    result = desk.run(
        "-T", "40", "--header-spacing", "30", "-L", "20", "--header-html", header, document
    )
    assert result.returncode == 0, result.stderr
    places = {}
    PdfReader(desk.output).pages[0].extract_text(
        visitor_text=lambda text, cm, tm, *_: places.update(
            # a font that kerns comes back with spaces between letters
            {text.replace(" ", "").strip(): (cm[4] + tm[4] * cm[0], 842 - (cm[5] + tm[5] * cm[3]))}
        )
    )
    mm = 72 / 25.4
    assert 10 * mm < places["ACME"][1] < 15 * mm, places
    assert 40 * mm < places["text"][1] < 50 * mm, places
    assert 19.5 * mm < places["ACME"][0] < 22 * mm, places


def test_one_bookmark_a_document_as_odoo_reads_them(desk):
    documents = [
        desk.file(f"report.body.tmp.{n}.x.html", body(n, f"<h1>Order {n}</h1>", "<h2>More</h2>"))
        for n in range(3)
    ]
    assert desk.run(*documents).returncode == 0
    root = PdfReader(desk.output).trailer["/Root"]
    pages, titles, node = [], [], root["/Outlines"]["/First"]
    while node:
        pages.append(root["/Dests"][node["/Dest"]][0])
        titles.append(node["/Title"])
        node = node.get("/Next")
    assert pages == [0, 2, 4]
    assert titles == ["Order 0", "Order 1", "Order 2"]


@pytest.mark.parametrize(
    ("words", "size"),
    [
        ((), (595, 842)),
        (("--orientation", "landscape"), (842, 595)),
        (("--page-size", "Letter"), (612, 792)),
        (("--page-width", "57mm", "--page-height", "32mm"), (162, 91)),
    ],
)
def test_paper(desk, words, size):
    assert desk.run(*words, "-T", "5", "-B", "5", desk.file("a.html", body(0, "a"))).returncode == 0
    box = PdfReader(desk.output).pages[0].mediabox
    assert (box.width, box.height) == size


def test_table_head_is_repeated(desk):
    rows = "".join(f"<tr><td>row {n}</td></tr>" for n in range(100))
    table = f"<table><thead><tr><th>Heading</th></tr></thead><tbody>{rows}</tbody></table>"
    assert desk.run(desk.file("a.html", body(0, table))).returncode == 0
    texts = desk.texts()
    assert len(texts) > 1
    assert [text.count("Heading") for text in texts] == [1] * len(texts)


def test_cookies_go_to_the_server_named(desk, server):
    url, asked = server
    jar = desk.file("jar.txt", "session_id=abc; HttpOnly; domain=127.0.0.1; path=/;")
    other = desk.file("other.txt", "session_id=abc; HttpOnly; domain=other.example; path=/;")
    link = f'<link rel="stylesheet" href="{url}/style.css">'
    document = desk.file("a.html", body(0, "text", head=link))
    assert desk.run("--cookie-jar", jar, "--cookie", "key", "value", document).returncode == 0
    assert asked == [("/style.css", "key=value; session_id=abc")]
    assert "text styled" in desk.texts()[0]
    assert desk.run("--cookie-jar", other, document).returncode == 0
    assert asked[1:] == [("/style.css", "")]


def test_fonts_of_the_server_are_used(desk, server):
    url, _asked = server
    face = f"@font-face {{ font-family: Served; src: url({url}/vera.ttf); }}"
    style = f"<style>{face} p {{ font-family: Served; }}</style>"
    result = desk.run(desk.file("a.html", body(0, "text", head=style)))
    assert (result.returncode, result.stderr) == (0, "")
    fonts = PdfReader(desk.output).pages[0]["/Resources"]["/Font"].values()
    assert [font.get_object()["/BaseFont"].partition("+")[2] for font in fonts] == [
        "BitstreamVeraSans-Roman"
    ]


def test_missing_style_prints_and_warns(desk, server):
    url, _asked = server
    link = f'<link rel="stylesheet" href="{url}/missing.css">'
    result = desk.run(desk.file("a.html", body(0, "text", head=link)))
    assert result.returncode == 1
    assert f"{url}/missing.css could not be loaded: status 404" in result.stderr
    assert "text" in desk.texts()[0]


def test_no_other_host_is_asked(desk):
    hosts = ("http://reports.example", "http://192.0.2.1")
    links = "".join(f'<link rel="stylesheet" href="{host}/a.css">' for host in hosts)
    result = desk.run(desk.file("a.html", body(0, "text", head=links)))
    assert result.returncode == 1
    for host in hosts:
        assert f"{host}/a.css could not be loaded: not allowed" in result.stderr


def test_other_local_files_stay_closed_unless_allowed(desk):
    secret = desk.folder / "private" / "secret.html"
    secret.parent.mkdir()
    secret.write_text("<p>hidden words</p>")
    document = desk.file("a.html", body(0, f'<iframe src="{secret.as_uri()}"></iframe> text'))
    closed = desk.run("--disable-local-file-access", document)
    assert closed.returncode == 1
    assert "not allowed" in closed.stderr
    assert "hidden words" not in desk.texts()[0]
    for words in (("--allow", str(secret.parent)), ("--enable-local-file-access",)):
        assert desk.run(*words, document).returncode == 0
        assert "hidden words" in desk.texts()[0]


def test_scripts_can_be_turned_off(desk):
    script = "<script>document.write('by script')</script>text"
    document = desk.file("a.html", body(0, script))
    assert desk.run("--disable-javascript", document).returncode == 0
    assert "by script" not in desk.texts()[0]
    assert desk.run(document).returncode == 0
    assert "by script" in desk.texts()[0]


def test_missing_document_is_a_clear_error(desk):
    path = desk.folder / "nowhere.html"
    result = desk.run(str(path))
    assert result.returncode == 2, "1 would make Odoo hand out an empty file"
    assert result.stderr == f"Error: Failed to load {path}: there is no such file\n"
    assert not desk.output.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--no-such-option", "a.html"), "--no-such-option"),
        (("--margin-top", "wide", "a.html"), "Invalid length: 'wide'"),
        (("--page-size", "Z9", "a.html"), "Unknown page size: 'Z9'"),
        ((), "at least one input file"),
        (("http://127.0.0.1/a.html",), "Only files can be printed"),
    ],
)
def test_wrong_command_line(desk, words, message):
    result = desk.run(*words)
    assert result.returncode == 2
    assert message in result.stderr


def test_no_browser_is_a_clear_error(desk):
    result = desk.run(desk.file("a.html", body(0, "a")), SUITE_CHROME="/nowhere/chrome")
    assert result.returncode == 2
    assert "SUITE_CHROME=/nowhere/chrome is not an executable file" in result.stderr


def test_nothing_is_left_behind(desk):
    # a short path: the browser puts a socket there
    with tempfile.TemporaryDirectory() as folder:
        assert desk.run(desk.file("a.html", body(0, "a")), TMPDIR=folder).returncode == 0
        assert os.listdir(folder) == []
