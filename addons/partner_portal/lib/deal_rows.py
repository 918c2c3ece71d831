"""From the lines of a file to registrations: what each line says, and all that is wrong with it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from . import amounts, claims
from .deal_csv import Table, without_guard

#: Column → other headers by which it is known, folded. The column's own name always works.
HEADERS: dict[str, tuple[str, ...]] = {
    "external_ref": ("reference", "ref", "your reference", "external id", "external reference"),
    "partner": ("partner name", "reseller", "partner company", "registered by", "partner id"),
    "customer_name": ("customer", "company", "company name", "name", "end customer", "account"),
    "customer_vat": ("vat", "vat number", "tax id", "vat no", "tin", "customer vat number"),
    "customer_domain": ("domain", "website", "customer website", "web", "url", "web site"),
    "customer_country_id": ("country", "country code", "customer country"),
    "customer_contact": ("contact", "contact person", "contact name"),
    "customer_email": ("email", "e-mail", "mail", "contact email"),
    "customer_phone": ("phone", "telephone", "mobile", "contact phone"),
    "amount": ("expected amount", "value", "deal value", "deal amount", "expected revenue"),
    "currency_id": ("currency", "currency code"),
    "expected_close": ("expected closing", "close date", "closing date", "expected close date"),
    "description": ("notes", "comment", "details", "project", "comments"),
}
REQUIRED = ("partner", "customer_name")
LIMITS = {
    "external_ref": 64,
    "partner": 200,
    "customer_name": 200,
    "customer_vat": 40,
    "customer_domain": 253,
    "customer_country_id": 80,
    "customer_contact": 100,
    "customer_email": 254,
    "customer_phone": 40,
    "currency_id": 40,
    "description": 5000,
}

_BREAK = re.compile(r"[\r\n]")

#: A mistake: its code (see ``prm.deal.import``), the column, and a value to name in the message.
Mistake = tuple[str, str, str]


@dataclass
class Row:
    """One line of the file: as it stood, what it says, and its mistakes."""

    number: int
    cells: list[str]
    text: dict[str, str] = field(default_factory=dict)
    amount: Decimal = Decimal(0)
    expected_close: date | None = None
    mistakes: list[Mistake] = field(default_factory=list)
    origin: str = ""

    def add(self, code: str, column: str, value: object = "") -> None:
        """Note one mistake."""
        self.mistakes.append((code, column, str(value)))


@dataclass(frozen=True)
class Habits:
    """How the numbers and dates of one file are written."""

    decimal_mark: str
    day_first: bool


def map_header(header: Sequence[str]) -> tuple[dict[int, str], list[str]]:
    """Which cell holds which column, and the required columns that the file lacks.

    Technical names, English labels and their usual forms all work, in any case and punctuation.

    >>> map_header(["Partner", "Customer Name *", "colour", "Tax-ID"])
    ({0: 'partner', 1: 'customer_name', 3: 'customer_vat'}, [])
    >>> map_header(["VAT"])
    ({0: 'customer_vat'}, ['partner', 'customer_name'])
    """
    names = {claims.fold_name(alias): key for key, known in HEADERS.items() for alias in known}
    names |= {claims.fold_name(key.replace("_", " ")): key for key in HEADERS}
    names |= {claims.fold_name(key.removesuffix("_id").replace("_", " ")): key for key in HEADERS}
    mapping: dict[int, str] = {}
    for place, title in enumerate(header):
        column = names.get(claims.fold_name(title.replace("_", " ").replace("*", " ")))
        if column and column not in mapping.values():
            mapping[place] = column
    return mapping, [column for column in REQUIRED if column not in mapping.values()]


def guess_habits(table: Table, mapping: dict[int, str], day_first: bool = True) -> Habits:
    """How the file writes numbers and dates; a file with semicolons usually has decimal commas."""

    def column(name: str) -> list[str]:
        places = [place for place, known in mapping.items() if known == name]
        return [line.cells[p] for line in table.lines for p in places if p < len(line.cells)]

    default = "," if table.delimiter == ";" else "."
    return Habits(
        amounts.guess_decimal_mark(column("amount"), default),
        amounts.guess_day_first(column("expected_close"), day_first),
    )


def parse_rows(table: Table, mapping: dict[int, str], habits: Habits) -> list[Row]:
    """Every line of the table as a row, none left out, each with all of its own mistakes.

    >>> from .deal_csv import read_table
    >>> table = read_table(b"partner;name;amount;vat\\nP1;;ten;12\\n")
    >>> mapping, missing = map_header(table.header)
    >>> [row.mistakes for row in parse_rows(table, mapping, guess_habits(table, mapping))]
    [[('missing', 'customer_name', ''), ('vat', 'customer_vat', '12'), ('amount', 'amount', 'ten')]]
    """
    named = {place for place, title in enumerate(table.header) if title}
    return [_parse_row(Row(*line), mapping, habits, named) for line in table.lines]


def _parse_row(row: Row, mapping: dict[int, str], habits: Habits, named: set[int]) -> Row:
    cells = dict(enumerate(without_guard(cell) for cell in row.cells))
    for place, column in mapping.items():
        clean = claims.clean_text if column == "description" else claims.clean_line
        row.text[column] = clean(cells.get(place, ""))
    if any(cell.strip() for place, cell in cells.items() if place not in named):
        row.add("cells", "")
    # a quotation mark that stays open swallows the lines up to the next one
    if any(_BREAK.search(row.cells[p]) for p in cells if mapping.get(p) != "description"):
        row.add("lines", "")
    _check_text(row)
    _check_values(row, habits)
    return row


def _check_text(row: Row) -> None:
    for column in REQUIRED:
        if not row.text.get(column):
            row.add("missing", column)
    for column, limit in LIMITS.items():
        if len(row.text.get(column, "")) > limit:
            row.add("long", column, limit)


def _check_values(row: Row, habits: Habits) -> None:
    vat, domain = row.text.get("customer_vat", ""), row.text.get("customer_domain", "")
    if claims.vat_error(vat):
        row.add("vat", "customer_vat", vat[:40])
    if domain and not claims.domain_of(domain):
        row.add("domain", "customer_domain", domain[:80])
    elif domain and claims.is_shared_host(claims.domain_of(domain)):
        row.add("shared", "customer_domain", claims.domain_of(domain))
    if not vat and not domain:
        row.add("unknown_customer", "customer_vat")
    _check_amount(row, habits)
    day = row.text.get("expected_close", "")
    if day:
        try:
            row.expected_close = amounts.parse_day(day, habits.day_first)
        except ValueError:
            row.add("date", "expected_close", day[:40])


def _check_amount(row: Row, habits: Habits) -> None:
    text = row.text.get("amount", "")
    if not text:
        return
    try:
        row.amount = amounts.parse_amount(text, habits.decimal_mark)
    except ValueError:
        row.add("amount", "amount", text[:40])
        return
    if row.amount < 0:
        row.add("negative", "amount", text[:40])
    elif row.amount > amounts.AMOUNT_MAX:
        row.add("large", "amount", text[:40])


def origin_key(row: Row, company_id: int, partner_id: int, vat: str, domain: str) -> str:
    """What makes a second upload of the same line for a company the same registration.

    The partner's own reference if the line has one, else a hash of what the line says.

    >>> row = Row(2, [], {"external_ref": "A-1", "customer_name": "Acme"})
    >>> origin_key(row, 1, 7, "", "")
    'import:1:7:ref:a-1'
    >>> row.text["external_ref"] = ""
    >>> key = origin_key(row, 1, 7, "", "")
    >>> key == origin_key(row, 1, 7, "", ""), key == origin_key(row, 2, 7, "", ""), key[:16]
    (True, False, 'import:1:7:line:')
    """
    reference = row.text.get("external_ref", "")
    if reference:
        return f"import:{company_id}:{partner_id}:ref:{reference.casefold()}"
    facts = [
        claims.fold_name(row.text.get("customer_name", "")),
        vat,
        domain,
        str(row.amount.normalize()),
        row.text.get("currency_id", "").upper(),
        str(row.expected_close or ""),
        row.text.get("description", ""),
    ]
    digest = hashlib.sha256("\x1f".join(facts).encode()).hexdigest()
    return f"import:{company_id}:{partner_id}:line:{digest}"
