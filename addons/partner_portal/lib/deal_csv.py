"""Reading and writing the table in a deal registration file, whatever program wrote it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
DELIMITERS = ";\t|,"
#: A cell that a spreadsheet would run as a formula, unless it is just a signed number.
_FORMULA = re.compile(r"^[\s]*[=+\-@\t\r＝＋－＠]")
_NUMBER = re.compile(r"^[-+]\d[\d\s.,]*$")


class TableError(ValueError):
    """The file as a whole can't be read. ``args[0]`` says why: one of the codes below."""

    EMPTY, BINARY, SPREADSHEET, BROKEN = "empty", "binary", "spreadsheet", "broken"


class Line(NamedTuple):
    """One record of the file: the number of its first line in the file, and its cells."""

    number: int
    cells: list[str]


class Table(NamedTuple):
    """What a file holds: its first record, the others that are not blank, how it was written."""

    header: list[str]
    lines: list[Line]
    delimiter: str
    encoding: str


def decode(data: bytes) -> tuple[str, str]:
    """The text of a file and its encoding: UTF-8, UTF-16 (with or without mark) or Windows-1252.

    :raise TableError: the file is a spreadsheet or holds no text

    >>> decode("Café".encode("utf-16")), decode("Café".encode("cp1252"))
    (('Café', 'utf-16'), ('Café', 'cp1252'))
    >>> decode("name;é".encode("utf-16-le"))
    ('name;é', 'utf-16-le')
    """
    if not data.strip(b"\0 \t\r\n"):
        raise TableError(TableError.EMPTY)
    if data[:4] == b"PK\x03\x04" or data[:4] == b"\xd0\xcf\x11\xe0":
        raise TableError(TableError.SPREADSHEET)
    encoding = next((name for bom, name in _BOMS if data.startswith(bom)), "")
    encoding = encoding or _utf16_without_mark(data)
    for name in [encoding] if encoding else ["utf-8", "cp1252"]:
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text, name
    raise TableError(TableError.BINARY)


def _utf16_without_mark(data: bytes) -> str:
    """UTF-16 shows as a zero in every other byte of the header, which is mostly ASCII."""
    head = data[:200]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) * 4 < len(head):
        return ""
    return "utf-16-be" if even > odd else "utf-16-le"


def sniff_delimiter(first_line: str) -> str:
    """The delimiter that a header line uses most, outside quotes; a comma when it has none.

    >>> sniff_delimiter('partner;"name, full";vat'), sniff_delimiter("partner")
    (';', ',')
    """
    bare = re.sub(r'"[^"]*"', "", first_line)
    best = max(DELIMITERS, key=bare.count)
    return best if bare.count(best) else ","


def read_table(data: bytes) -> Table:
    """Read a file; blank lines are left out, quoted cells may hold line breaks.

    :raise TableError: it can't be read at all

    >>> table = read_table(b'sep=;\\npartner;name\\n"A";"Two\\nlines"\\n;\\nB;x\\n')
    >>> table.header, [tuple(line) for line in table.lines]
    (['partner', 'name'], [(3, ['A', 'Two\\nlines']), (6, ['B', 'x'])])
    """
    text, encoding = decode(data)
    text = text.lstrip("\ufeff")
    skipped = 0
    declared = re.match(r"sep=(.)\r?\n", text, re.IGNORECASE)
    if declared:
        text, skipped = text[declared.end() :], 1
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = declared[1] if declared else sniff_delimiter(first)
    records = _records(text, delimiter, skipped)
    if not records:
        raise TableError(TableError.EMPTY)
    if any("\n" in cell and delimiter in cell for cell in records[0].cells):
        raise TableError(TableError.BROKEN)  # an open quotation mark made a line part of the header
    return Table([cell.strip() for cell in records[0].cells], records[1:], delimiter, encoding)


def _records(text: str, delimiter: str, skipped: int) -> list[Line]:
    """The records that are not blank; a stray quotation mark is borne, an open one is not."""
    try:
        return list(_read(text, delimiter, skipped, strict=True))
    except csv.Error as error:
        if "end of data" in str(error):
            raise TableError(TableError.BROKEN) from error
    try:
        return list(_read(text, delimiter, skipped, strict=False))
    except csv.Error as error:
        raise TableError(TableError.BROKEN) from error


def _read(text: str, delimiter: str, skipped: int, strict: bool) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)
    number = skipped + 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield Line(number, cells)
        number = reader.line_num + skipped + 1


def harmless(cell: str) -> str:
    """A cell that no spreadsheet runs as a formula: a suspect one gets an apostrophe in front.

    >>> harmless("=1+1"), harmless("-500,00"), harmless("@SUM(A1)"), harmless("Acme")
    ("'=1+1", '-500,00', "'@SUM(A1)", 'Acme')
    """
    return "'" + cell if _FORMULA.match(cell) and not _NUMBER.match(cell) else cell


def without_guard(cell: str) -> str:
    """Take away the apostrophe that :func:`harmless` put in front, so that a file comes back whole.

    >>> without_guard("'=1+1"), without_guard("'tis")
    ('=1+1', "'tis")
    """
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def write_table(header: Sequence[str], rows: Iterable[Sequence[str]], delimiter: str) -> bytes:
    """A file for spreadsheets: UTF-8 with mark, every cell harmless.

    >>> write_table(["a", "reason"], [["=1", "No"]], ";")
    b"\\xef\\xbb\\xbfa;reason\\r\\n'=1;No\\r\\n"
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerows([harmless(cell) for cell in row] for row in [header, *rows])
    return buffer.getvalue().encode("utf-8-sig")
