"""Which new contacts a set of events of unknown people calls for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .ingest import Event
from .resolve import STRENGTH, STRONG, Key


@dataclass
class Newcomer:
    """Somebody whom nobody knows yet: all keys that name them, and what else their events say."""

    name: str
    country: str
    source: str
    keys: dict[Key, None] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def first(self, kind: str) -> str:
        """Their first key of a type; '' for none.

        >>> Newcomer("", "", "", {("email", "a@b.example"): None}).first("email")
        'a@b.example'
        """
        return next((value for key_kind, value in self.keys if key_kind == kind), "")

    def label(self) -> str:
        """What to call them.

        >>> Newcomer("", "", "", {("external", "shop:1"): None, ("phone", "+1"): None}).label()
        '+1'
        """
        kinds = ("email", "phone", "vat", "external")
        return self.name or next((self.first(kind) for kind in kinds if self.first(kind)), "")


def gather(
    events: Iterable[Event], usable: Callable[[Event, Key], bool]
) -> tuple[list[Newcomer], list[Event]]:
    """The newcomers that events of unknown people name, and the events that name none.

    The same as taking the events one after the other: an event whose strongest known key names a
    newcomer is theirs, and adds its keys to them; another one that may create, and has a strong
    key, makes a newcomer. Events that may not create join those who were made by any other one.

    :param events: events that resolve to nobody, in their order
    :param usable: whether a key of an event may become a key of a contact

    >>> new = lambda n, *keys: Event(n, 1, "s", str(n), "", list(keys), None, None, None, None,
    ...                              None, n < 9, "", "")
    >>> ann, phone, bob = ("email", "ann@b.example"), ("phone", "+1"), ("email", "bob@b.example")
    >>> people, rest = gather([new(9, phone), new(0, ann), new(1, ann, phone), new(2, bob)],
    ...                       lambda event, key: True)
    >>> [[event.place for event in person.events] for person in people], rest
    ([[0, 1, 9], [2]], [])
    """
    holders: dict[Key, Newcomer] = {}
    people: list[Newcomer] = []
    waiting: list[Event] = []
    for event in events:
        keys = [key for key in event.keys if usable(event, key)] if event.create else []
        person = next((holders[key] for key in event.keys if key in holders), None)
        if person is None and any(kind in STRONG for kind, _value in keys):
            person = Newcomer(event.name, event.country, event.source)
            people.append(person)
        if person is None:
            waiting.append(event)
            continue
        person.events.append(event)
        person.name = person.name or event.name
        person.country = person.country or event.country
        for key in keys:
            if holders.setdefault(key, person) is person:
                person.keys[key] = None
    rest: list[Event] = []
    for event in waiting:
        person = next((holders[key] for key in event.keys if key in holders), None)
        (person.events if person else rest).append(event)
    for person in people:
        order = sorted(person.keys, key=lambda key: STRENGTH.index(key[0]))
        person.keys = dict.fromkeys(order)
    return people, rest
