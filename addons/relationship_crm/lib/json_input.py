"""What is wrong with a value that another system sent for a field, in words for that system."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime

MAX_INTEGER = 2**31 - 1
#: a float holds no cents beyond
MAX_NUMBER = 10**15
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?")
#: commands of a list field that only name records: unlink, link, clear, set
LINKING = (3, 4, 5, 6)


def mistake(kind: str, value: object, allowed: Collection[str] = ()) -> str:
    """Why a value does not fit a field of this type; empty when it fits.

    :param kind: the field's type, as Odoo names it; a type not known here fits always
    :param value: as parsed from JSON; None and False mean empty
    :param allowed: the values of a selection

    >>> mistake("char", ["a"]), mistake("many2one", 7), mistake("many2one", True)
    ('must be a text', '', 'must be the id of a record')
    >>> mistake("monetary", 12), mistake("monetary", float("nan")), mistake("boolean", "yes")
    ('', 'must be a number of at most 15 digits before the point', 'must be true or false')
    >>> mistake("selection", "red", ["blue"])
    'must be one of: blue'
    """
    if value is None or value is False:
        return ""
    if kind in ("char", "text", "html", "binary", "reference"):
        return _text_mistake(value)
    if kind == "selection":
        fits = isinstance(value, str) and value in allowed
        return "" if fits else f"must be one of: {', '.join(allowed)}"
    if kind in ("integer", "many2one", "many2one_reference"):
        what = "a whole number of 32 bits" if kind == "integer" else "the id of a record"
        return "" if is_integer(value) else f"must be {what}"
    if kind in ("float", "monetary"):
        return "" if _is_number(value) else "must be a number of at most 15 digits before the point"
    if kind == "boolean":
        return "" if value is True else "must be true or false"
    if kind in ("date", "datetime"):
        return _moment_mistake(kind, value)
    if kind in ("one2many", "many2many"):
        return _list_mistake(value)
    return ""


def is_integer(value: object) -> bool:
    """Whether a value is a number that PostgreSQL's integer holds (true and false are none).

    >>> is_integer(5), is_integer(True), is_integer(2**31), is_integer("5")
    (True, False, False, False)
    """
    return type(value) is int and -MAX_INTEGER - 1 <= value <= MAX_INTEGER


def ids_mistake(ids: object) -> str:
    """Why this is no list of record ids; empty when it is one.

    >>> ids_mistake([1, 2]), ids_mistake("12"), ids_mistake([0])
    ('', 'ids must be a list of whole numbers', 'ids must lie between 1 and 2147483647')
    """
    if not isinstance(ids, (list, tuple)) or not all(type(number) is int for number in ids):
        return "ids must be a list of whole numbers"
    fits = all(0 < number <= MAX_INTEGER for number in ids)
    return "" if fits else f"ids must lie between 1 and {MAX_INTEGER}"


def _text_mistake(value: object) -> str:
    if not isinstance(value, str):
        return "must be a text"
    try:
        value.encode()
    except UnicodeEncodeError:
        return "holds half of a character"
    return "holds a null character" if "\0" in value else ""


def _is_number(value: object) -> bool:
    """Neither true nor false, nor so large (or not a number) that rounding it breaks."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) <= MAX_NUMBER


def _moment_mistake(kind: str, value: object) -> str:
    """A datetime may stand for a date, and a date for a datetime, as in Odoo itself.

    >>> _moment_mistake("date", "2026-02-28"), _moment_mistake("date", "2026-02-30")
    ('', 'must be a date that exists, as YYYY-MM-DD')
    """
    shape = "YYYY-MM-DD" if kind == "date" else "YYYY-MM-DD HH:MM:SS (UTC)"
    wrong = f"must be a date that exists, as {shape}"
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        return wrong
    try:
        datetime.strptime(value, "%Y-%m-%d" if _DAY.fullmatch(value) else "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return wrong
    return ""


def _list_mistake(value: object) -> str:
    """A list field takes ids, or commands that name existing records.

    >>> _list_mistake([1, [4, 2], [6, 0, [3]]]), bool(_list_mistake([[0, 0, {}]]))
    ('', True)
    """
    items = value if isinstance(value, (list, tuple)) else [None]
    if all(is_integer(item) or _is_link(item) for item in items):
        return ""
    return "must be a list of ids, or of the commands [3, id], [4, id], [5], [6, 0, ids]"


def _is_link(command: object) -> bool:
    if not isinstance(command, (list, tuple)) or not command or command[0] not in LINKING:
        return False
    if command[0] in (3, 4):
        return len(command) > 1 and is_integer(command[1])
    if command[0] == 6:
        ids = command[2] if len(command) > 2 else None
        return isinstance(ids, (list, tuple)) and all(is_integer(number) for number in ids)
    return True
