"""Puts the printed parts together into one PDF."""

import io
from collections.abc import Callable, Iterator

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    RectangleObject,
    TextStringObject,
)

from tools.report_printer.arguments import MM_PER_INCH, Options
from tools.report_printer.errors import PrintError
from tools.report_printer.pages import PAGES_AT_ONCE, Document, Place

POINTS_PER_INCH = 72
Edges = Callable[[list[Place]], bytes]


def assemble(options: Options, documents: list[Document], print_edges: Edges) -> bytes:
    """One PDF of all documents, with headers, footers and a bookmark for each.

    :param print_edges: prints the headers and footers of the pages it is given
    """
    writer = PdfWriter()
    for document in documents:
        reader = PdfReader(io.BytesIO(document.pdf))
        document.pages = len(reader.pages)
        for page in reader.pages:
            _set_size(writer.add_page(page), options)
    if options.header or options.footer or options.header_line or options.footer_line:
        _add_edges(writer, list(places(documents)), print_edges)
    if options.outline:
        _add_bookmarks(writer, documents)
    title = options.title or next((doc.title for doc in documents if doc.title), "")
    writer.add_metadata({"/Title": title, "/Creator": "Odoo", "/Producer": "Chromium, pypdf"})
    result = io.BytesIO()
    writer.write(result)
    return result.getvalue()


def places(documents: list[Document]) -> Iterator[Place]:
    """Every page in order, once the documents' pages are counted."""
    page, pages = 0, sum(document.pages for document in documents)
    for document in documents:
        for sitepage in range(1, document.pages + 1):
            page += 1
            yield Place(document, page, pages, sitepage)


def _set_size(page: PageObject, options: Options) -> None:
    """Whole points, as wkhtmltopdf gives them: Chromium's are off by a fraction."""
    width, height = (round(mm / MM_PER_INCH * POINTS_PER_INCH) for mm in options.paper)
    page.mediabox = RectangleObject((0, 0, width, height))


def _add_edges(writer: PdfWriter, todo: list[Place], print_edges: Edges) -> None:
    """Lay the headers and footers over the pages."""
    for start in range(0, len(todo), PAGES_AT_ONCE):
        some = todo[start : start + PAGES_AT_ONCE]
        sheets = PdfReader(io.BytesIO(print_edges(some))).pages
        if len(sheets) != len(some):
            raise PrintError(f"{len(sheets)} sheets with headers came out for {len(some)} pages")
        for place, sheet in zip(some, sheets, strict=True):
            page = writer.pages[place.page - 1]
            page.merge_page(sheet)
            page.compress_content_streams()


def _add_bookmarks(writer: PdfWriter, documents: list[Document]) -> None:
    """One top-level bookmark a document, in the form of wkhtmltopdf's.

    Odoo looks each bookmark's name up in the catalogue's /Dests and takes the first item of what
    it finds for the number of the page, counted from 0: a plain number, as Qt writes it.
    """
    dests, items, page = DictionaryObject(), list[DictionaryObject](), 0
    outlines = DictionaryObject({NameObject("/Type"): NameObject("/Outlines")})
    parent = writer._add_object(outlines)
    for number, document in enumerate(documents):
        name = NameObject(f"/document{number}")
        top = FloatObject(writer.pages[page].mediabox.top)
        dests[name] = ArrayObject(
            [NumberObject(page), NameObject("/XYZ"), NumberObject(0), top, NumberObject(0)]
        )
        title = document.heading or document.title or document.source.name
        item = DictionaryObject(
            {
                NameObject("/Title"): TextStringObject(title),
                NameObject("/Parent"): parent,
                NameObject("/Dest"): name,
            }
        )
        items.append(item)
        page += document.pages
    references = [writer._add_object(item) for item in items]
    for number, item in enumerate(items):
        if number:
            item[NameObject("/Prev")] = references[number - 1]
        if number + 1 < len(items):
            item[NameObject("/Next")] = references[number + 1]
    outlines[NameObject("/First")] = references[0]
    outlines[NameObject("/Last")] = references[-1]
    outlines[NameObject("/Count")] = NumberObject(len(items))
    writer.root_object[NameObject("/Dests")] = writer._add_object(dests)
    writer.root_object[NameObject("/Outlines")] = parent
