"""Amounts and dates as people type them, in any country's habit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

#: The largest amount a registration takes; beyond it somebody's keyboard slipped.
AMOUNT_MAX = Decimal(10) ** 12

_SPACES = re.compile(r"[\s\u00a0\u202f'’]+")
_ISO = re.compile(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})([T ].*)?$")
_DAY = re.compile(r"^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})$")


def _plain(text: str) -> str:
    """Digits of any script as 0-9, Arabic separators as point and comma, no spaces."""
    text = unicodedata.normalize("NFKC", text).replace("٫", ".").replace("٬", ",")
    text = text.replace("−", "-").replace("\u200f", "").replace("\u200e", "").replace("\u061c", "")
    return _SPACES.sub("", "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in text))


def guess_decimal_mark(texts: Iterable[str], default: str = ".") -> str:
    """The decimal mark of a column, from the amounts that leave no doubt; else ``default``.

    >>> guess_decimal_mark(["1.200", "1.250,50"]), guess_decimal_mark(["1200.5", "1.200"])
    (',', '.')
    >>> guess_decimal_mark(["1.200", "3.400"], default=","), guess_decimal_mark(["1.200.000"])
    (',', ',')
    """
    for text in map(_plain, texts):
        points, commas = text.count("."), text.count(",")
        if points and commas:
            return "." if text.rfind(".") > text.rfind(",") else ","
        if points > 1 or commas > 1:
            return "," if points else "."
        if points + commas == 1 and not re.search(r"\d[.,]\d{3}$", text):
            return "." if points else ","
    return default


def parse_amount(text: str, decimal_mark: str = ".", group_mark: str = "") -> Decimal:
    """An amount as typed, in units of its currency, rounded to nothing.

    :param decimal_mark: "." or "," (or another single character)
    :param group_mark: what parts thousands; empty means the other one of point and comma
    :raise ValueError: it is no number, or the thousands are not in groups of three

    >>> parse_amount("1.250,50", ","), parse_amount("12 000"), parse_amount("٣٬٥٠٠٫٢٥")
    (Decimal('1250.50'), Decimal('12000'), Decimal('3500.25'))
    >>> parse_amount("1,5")
    Traceback (most recent call last):
    ...
    ValueError: 1,5
    """
    plain = _plain(text)
    group = group_mark if group_mark and not group_mark.isspace() else ""
    group = _plain(group) or ("," if decimal_mark == "." else ".")
    whole, _mark, part = plain.partition(_plain(decimal_mark) or ".")
    pattern = rf"[-+]?(\d+|\d{{1,3}}({re.escape(group)}\d{{2,3}})*{re.escape(group)}\d{{3}})"
    if not re.fullmatch(pattern, whole) or (part and not part.isdigit()) or len(plain) > 40:
        raise ValueError(text)
    return Decimal(whole.replace(group, "") + ("." + part if part else ""))


def guess_day_first(texts: Iterable[str], default: bool = True) -> bool:
    """Whether a column writes the day before the month, from the dates that leave no doubt.

    >>> guess_day_first(["03/04/2026", "25/04/2026"]), guess_day_first(["04/25/2026"])
    (True, False)
    """
    for text in texts:
        match = _DAY.match(_date_text(text))
        if match and int(match[1]) > 12:
            return True
        if match and int(match[2]) > 12:
            return False
    return default


def parse_day(text: str, day_first: bool = True) -> date:
    """A day as typed: year-month-day, or day and month in the file's order.

    :raise ValueError: it is no date of the calendar between the years 1900 and 2200

    >>> parse_day("2026-12-31"), parse_day("3.4.2026"), parse_day("04/25/2026", day_first=False)
    (datetime.date(2026, 12, 31), datetime.date(2026, 4, 3), datetime.date(2026, 4, 25))
    """
    value = _date_text(text)
    if match := _ISO.match(value):
        year, month, day = int(match[1]), int(match[2]), int(match[3])
    elif match := _DAY.match(value):
        first, second, year = int(match[1]), int(match[2]), int(match[3])
        day, month = (first, second) if day_first else (second, first)
    else:
        raise ValueError(text)
    if not 1900 <= year <= 2200:
        raise ValueError(text)
    return date(year, month, day)


def _date_text(text: str) -> str:
    value = "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in text)
    return value.replace("\u200f", "").replace("\u200e", "").strip()
