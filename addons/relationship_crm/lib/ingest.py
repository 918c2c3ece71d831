"""Events that another system sends: what is wrong with each, and what it says in our terms."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from .resolve import Key, keys_mistake, read_keys

#: events in one call
MOST = 10_000
#: bytes of a payload, characters of texts
PAYLOAD_MAX, SUMMARY_MAX, REF_MAX, NAME_MAX = 16_384, 250, 250, 250
MAX_AMOUNT = 10**15
#: clocks of other systems may be ahead of ours by this much
AHEAD = timedelta(minutes=5)
EARLIEST = datetime(1900, 1, 1)
FIELDS = frozenset(
    (
        "kind source external_ref occurred_at keys channel amount currency summary payload"
        " create_unknown name"
    ).split()
)
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?(Z|z|[+-]\d\d(?::?\d\d)?)?)?"
)


class Mistake(NamedTuple):
    """What is wrong with one event; `place` is its place in the call, from 0."""

    place: int
    field: str
    message: str


class Event(NamedTuple):
    """An event that can be recorded; `place` is its place in the call, from 0.

    `occurred_at` is UTC, as Odoo writes it; `payload` is JSON text or None; `keys` as
    :func:`resolve.read_keys` gives them; `country` that of the keys, '' where none is named.
    """

    place: int
    kind_id: int
    source: str
    external_ref: str
    occurred_at: str
    keys: list[Key]
    channel: str | None
    amount: float | int | None
    currency_id: int | None
    summary: str | None
    payload: str | None
    create: bool
    name: str
    country: str


class _Wrong(Exception):
    def __init__(self, field: str, message: str):
        super().__init__(field, message)
        self.field, self.message = field, message


@dataclass(frozen=True)
class Reader:
    """Reads events by what is known in a database.

    :param kinds: code → id of each kind of interaction; None for an archived one
    :param channels: the channels there are
    :param currencies: code → id of each active currency
    :param currency: id of the currency of an amount that names none
    :param sources: names of the sources that the caller may send for
    :param normal_phone: phone number and country code → E.164 or ''
    :param country: code of the country of numbers that name none
    :param now: UTC
    """

    kinds: Mapping[str, int | None]
    channels: frozenset[str]
    currencies: Mapping[str, int]
    currency: int
    sources: frozenset[str]
    normal_phone: Callable[[str, str], str]
    country: str
    now: datetime

    def sort(self, events: Iterable[object]) -> tuple[list[Event], list[Mistake]]:
        """The events that can be recorded, and the first mistake of each other one."""
        good: list[Event] = []
        bad: list[Mistake] = []
        for place, event in enumerate(events):
            found = self._read(place, event)
            if isinstance(found, Event):
                good.append(found)
            else:
                bad.append(found)
        return good, bad

    def _read(self, place: int, event: object) -> Event | Mistake:
        try:
            return self._event(place, event)
        except _Wrong as wrong:
            return Mistake(place, wrong.field, wrong.message)

    def _event(self, place: int, event: object) -> Event:
        if not isinstance(event, dict):
            raise _Wrong("", "must be an object")
        if not FIELDS.issuperset(event):
            unknown = min(str(name)[:50] for name in event if name not in FIELDS)
            raise _Wrong(unknown, "is no field of an event")
        kind, source, channel = event.get("kind"), event.get("source"), event.get("channel")
        if not isinstance(kind, str) or kind not in self.kinds:
            raise _Wrong("kind", "must be the code of a kind of interaction")
        kind_id = self.kinds[kind]
        if kind_id is None:
            raise _Wrong("kind", "is archived: nothing of this kind is recorded")
        if not isinstance(source, str) or source not in self.sources:
            raise _Wrong("source", "must be a source that you may send for")
        if channel and (not isinstance(channel, str) or channel not in self.channels):
            raise _Wrong("channel", f"must be one of {', '.join(sorted(self.channels))}")
        amount, currency = self._money(event.get("amount"), event.get("currency"))
        given = event.get("keys")
        # in the order of the fields: names cost a tenth of the time that an event takes
        return Event(
            place,
            kind_id,
            source,
            text("external_ref", event.get("external_ref"), REF_MAX, required=True),
            moment(event.get("occurred_at"), self.now),
            self._keys(given),
            channel or None,
            amount,
            currency,
            text("summary", event.get("summary"), SUMMARY_MAX) or None,
            payload(event.get("payload")),
            flag("create_unknown", event.get("create_unknown")),
            text("name", event.get("name"), NAME_MAX),
            str(given.get("country") or "").upper() if isinstance(given, dict) else "",
        )

    def _keys(self, given: object) -> list[Key]:
        wrong = keys_mistake(given)
        if wrong or not isinstance(given, dict):
            raise _Wrong("keys", wrong)
        keys = read_keys(given, self.normal_phone, self.country)
        if not keys:
            raise _Wrong("keys", "hold no value that can be a key")
        return keys

    def _money(self, amount: object, currency: object) -> tuple[float | int | None, int | None]:
        if currency and (not isinstance(currency, str) or currency not in self.currencies):
            raise _Wrong("currency", "must be the code of an active currency")
        if amount is None or amount is False:
            return None, None
        if isinstance(amount, bool) or not isinstance(amount, (int, float)):
            raise _Wrong("amount", "must be a number")
        if not abs(amount) <= MAX_AMOUNT:  # nor "not a number"
            raise _Wrong("amount", "must be a number of at most 15 digits before the point")
        return amount, self.currencies[str(currency)] if currency else self.currency


def text(field: str, value: object, most: int, required: bool = False) -> str:
    """A text without surrounding space; '' for none.

    >>> text("summary", " ok ", 9), text("summary", None, 9)
    ('ok', '')
    """
    if value is None or value is False:
        if required:
            raise _Wrong(field, "is needed")
        return ""
    if not isinstance(value, str):
        raise _Wrong(field, "must be a text")
    value = value.strip()
    if required and not value:
        raise _Wrong(field, "is needed")
    if len(value) > most:
        raise _Wrong(field, f"must have at most {most} characters")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise _Wrong(field, "holds half of a character") from error
    if "\0" in value:
        raise _Wrong(field, "holds a null character")
    return value


def flag(field: str, value: object) -> bool:
    """True or false; nothing means false."""
    if value is None:
        return False
    if not isinstance(value, bool):
        raise _Wrong(field, "must be true or false")
    return value


def moment(value: object, now: datetime) -> str:
    """A time in ISO 8601 as Odoo writes it: UTC, in whole seconds; without offset it is UTC.

    >>> now = datetime(2026, 11, 22)
    >>> moment("2026-11-21T10:00:00+02:00", now), moment("2026-11-21 10:00:00.123Z", now)
    ('2026-11-21 08:00:00', '2026-11-21 10:00:00')
    >>> moment("2026-11-21", now)
    '2026-11-21 00:00:00'
    """
    shape = "must be a time that exists, in ISO 8601, such as 2026-11-22T09:30:00+01:00"
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise _Wrong("occurred_at", shape)
    day, minutes, seconds, offset = found.groups()
    try:
        when = datetime.fromisoformat(f"{day} {minutes or '00:00'}:{seconds or '00'}")
        if offset:
            when -= _ahead_of_utc(offset)
    except (ValueError, OverflowError) as error:
        raise _Wrong("occurred_at", shape) from error
    if when > now + AHEAD:
        raise _Wrong("occurred_at", "lies in the future")
    if when < EARLIEST:
        raise _Wrong("occurred_at", "lies before 1900")
    return str(when)


@lru_cache(256)
def _ahead_of_utc(offset: str) -> timedelta:
    """How far the clocks of an offset are ahead of UTC.

    :raise ValueError: there are no such clocks

    >>> str(_ahead_of_utc("Z")), str(_ahead_of_utc("+0230")), str(_ahead_of_utc("+03"))
    ('0:00:00', '2:30:00', '3:00:00')
    """
    if offset in "Zz":
        return timedelta()
    # with a colon every supported Python reads it
    colon = f"{offset[:3]}:{offset[-2:] if len(offset) > 3 else '00'}"
    return datetime.fromisoformat(f"2000-01-01 00:00:00{colon}").utcoffset() or timedelta()


def payload(value: object) -> str | None:
    """Details as JSON text; None for none.

    >>> payload({"items": [1]}), payload({}), payload(None)
    ('{"items":[1]}', None, None)
    """
    if value is None or value is False or value == {}:
        return None
    if not isinstance(value, dict):
        raise _Wrong("payload", "must be an object")
    try:
        dumped = _JSON.encode(value)
        size = len(dumped) if dumped.isascii() else len(dumped.encode())
    except (ValueError, RecursionError) as error:
        raise _Wrong("payload", "holds what JSON cannot hold") from error
    if size > PAYLOAD_MAX:
        raise _Wrong("payload", f"must have at most {PAYLOAD_MAX} bytes")
    if "\\u0000" in dumped:
        raise _Wrong("payload", "holds a null character")
    return dumped


def without_repeats(events: Sequence[Event]) -> list[Event]:
    """The first event of each source and reference."""
    first = {(event.source, event.external_ref): event for event in reversed(events)}
    return sorted(first.values())
