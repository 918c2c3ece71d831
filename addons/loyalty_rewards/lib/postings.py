"""What a posting that comes in through the API must look like."""

import math
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

MAX_POSTINGS = 10000
MAX_POINTS = 10**9
MAX_KEY = 200
MAX_REASON = 250
MAX_ID = 2**31 - 1


def id_mistake(name: str, value: object) -> str | None:
    """Return what is wrong with a value as the id of a record.

    >>> id_mistake("card_id", True), id_mistake("card_id", 7)
    ('card_id must be a whole number above zero', None)
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MAX_ID:
        return f"{name} must be a whole number above zero"
    return None


def text_mistake(name: str, value: object, most: int, required: bool) -> str | None:
    """Return what is wrong with a value as a text.

    >>> text_mistake("key", "", 5, True)
    'key must be a text of 1 to 5 characters'
    >>> text_mistake("reason", None, 5, False)
    """
    if not required and value in (None, False, ""):
        return None
    if not isinstance(value, str) or not value.strip() or len(value) > most or "\0" in value:
        return f"{name} must be a text of 1 to {most} characters"
    return None


def points_mistake(value: object) -> str | None:
    """Return what is wrong with a value as points: above zero, at most four decimals.

    >>> points_mistake(1.5), points_mistake("1")
    (None, 'points must be a number above zero')
    >>> points_mistake(0.00001), points_mistake(1e12)
    ('points have at most four decimals', 'points must be at most 1000000000')
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "points must be a number above zero"
    if not math.isfinite(value) or value <= 0:
        return "points must be a number above zero"
    if value > MAX_POINTS:
        return f"points must be at most {MAX_POINTS}"
    if abs(round(value, 4) - value) > 1e-9:
        return "points have at most four decimals"
    return None


def day_mistake(name: str, value: object) -> str | None:
    """Return what is wrong with a value as a day, written YYYY-MM-DD.

    >>> day_mistake("expires_on", "2026-02-30")
    'expires_on must be a day written as YYYY-MM-DD'
    >>> day_mistake("expires_on", False), day_mistake("expires_on", "2026-02-28")
    (None, None)
    """
    if value in (None, False):
        return None
    try:
        good = isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        good = False
    return None if good else f"{name} must be a day written as YYYY-MM-DD"


def mistakes(posting: object, fields: Mapping[str, bool]) -> Iterator[str]:
    """Yield what is wrong with one posting.

    :param fields: name → whether it is required, of what it may say

    >>> list(mistakes({"card_id": 1, "points": 5}, {"card_id": True, "points": True, "key": True}))
    ['key must be a text of 1 to 200 characters']
    >>> list(mistakes([], {})), list(mistakes({"color": 1}, {}))
    (['it must be an object'], ["'color' is not understood"])
    """
    if not isinstance(posting, Mapping):
        yield "it must be an object"
        return
    for name in posting:
        if name not in fields:
            yield f"{name!r} is not understood"
    for name, required in fields.items():
        wrong = _mistake(name, posting.get(name), required)
        if wrong:
            yield wrong


def _mistake(name: str, value: Any, required: bool) -> str | None:
    if name.endswith("_id"):
        return id_mistake(name, value) if required or value not in (None, False) else None
    if name == "points":
        return points_mistake(value) if required or value not in (None, False) else None
    if name.endswith("_on"):
        return day_mistake(name, value)
    return text_mistake(name, value, MAX_REASON if name == "reason" else MAX_KEY, required)
