"""Which contact a set of keys names: reading the keys, and choosing among those who hold them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from . import keys as forms

Key = tuple[str, str]
#: types of keys that name somebody, the strongest first
STRENGTH = ("external", "card", "vat", "email", "phone", "device")
#: keys that say enough of somebody to make a new contact of
STRONG = ("external", "vat", "email", "phone")
#: values of one type that one set of keys may hold, and characters of each
MOST_VALUES, MOST_CHARACTERS = 10, 500


class Holder(NamedTuple):
    """Who holds a key: the contact, and the company or person it belongs to (or is)."""

    contact: int
    family: int


class Match(NamedTuple):
    """Whom keys name, and the keys that say so; `ambiguous` when other families hold the key."""

    contact: int
    family: int
    evidence: tuple[tuple[Key, int], ...]
    ambiguous: bool


def keys_mistake(given: object) -> str:
    """Why this is no set of keys; empty when it is one.

    >>> keys_mistake({"email": "a@b.example", "phone": ["1", "2"], "country": "BE"})
    ''
    >>> keys_mistake({"mail": "x"})
    'mail is no type of key; use external, card, vat, email, phone, device, country'
    >>> keys_mistake({"email": 5}), keys_mistake([])
    ('email must be a text of up to 500 characters, or a list of up to 10 of them', \
'must be an object with at least one key')
    """
    if not isinstance(given, dict) or not given:
        return "must be an object with at least one key"
    for name, value in given.items():
        if name == "country":
            if value and not (isinstance(value, str) and len(value) == 2):
                return "country must be a code of two letters"
        elif name not in STRENGTH:
            return f"{str(name)[:50]} is no type of key; use {', '.join(STRENGTH)}, country"
        elif not _texts(value):
            most = f"of up to {MOST_CHARACTERS} characters"
            return f"{name} must be a text {most}, or a list of up to {MOST_VALUES} of them"
    return ""


def _texts(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= MOST_CHARACTERS
    if value is None or value is False:
        return True
    if not isinstance(value, list) or len(value) > MOST_VALUES:
        return False
    return all(isinstance(text, str) and len(text) <= MOST_CHARACTERS for text in value)


def read_keys(
    given: Mapping[str, object], normal_phone: Callable[[str, str], str], country: str = ""
) -> list[Key]:
    """The keys of a set in the form that is compared, the strongest first, each once.

    Values that can't be what they are said to be are left out.

    :param given: a set for which :func:`keys_mistake` finds nothing
    :param normal_phone: phone number and country code → E.164 or ''
    :param country: code of the country that is meant where the set names none

    >>> plain = lambda number, country: number
    >>> read_keys({"email": ["A@b.example", "?"], "external": "Shop:1"}, plain)
    [('external', 'shop:1'), ('email', 'a@b.example')]
    >>> read_keys({"vat": "0477472701"}, plain, "BE")
    [('vat', 'BE0477472701'), ('vat', '0477472701')]
    """
    code = given.get("country")
    named = code.upper() if isinstance(code, str) else ""
    found: dict[Key, None] = {}
    for kind in STRENGTH:
        if kind not in given:
            continue
        for text in _values(given[kind]):
            for value in _normal(kind, text, named, country, normal_phone):
                if value:
                    found[kind, value] = None
    return list(found)


def _values(value: object) -> Sequence[str]:
    if isinstance(value, str):
        return (value,)
    return value if isinstance(value, list) else ()


def _normal(
    kind: str, text: str, named: str, fallback: str, normal_phone: Callable[[str, str], str]
) -> Collection[str]:
    """The forms to look for; a VAT number without a country may be held with ours or without."""
    if kind == "email":
        return forms.normal_emails(text)
    if kind == "phone":
        return (normal_phone(text, named or fallback),)
    if kind == "vat":
        first = forms.normal_vat(text, named or fallback)
        return (first,) if named else (first, forms.normal_vat(text))
    return (_PLAIN[kind](text),)


_PLAIN: dict[str, Callable[[object], str]] = {
    "external": forms.normal_external,
    "card": forms.normal_card,
    "device": forms.normal_device,
}


def choose(wanted: Sequence[Key], holders: Mapping[Key, Sequence[Holder]]) -> Match | None:
    """Whom the strongest key that anybody holds names.

    A *family* is a company with its contacts, or a person who stands for themselves. The family is
    that of the first holder of the strongest held key. Within it the contact is who holds that key;
    when that is the family's head, a weaker key may name a person of the family.

    :param wanted: from :func:`read_keys`
    :param holders: who holds each key, whom to prefer first

    >>> email, vat = ("email", "a@b.example"), ("vat", "BE1")
    >>> choose([vat, email], {vat: [Holder(1, 1)], email: [Holder(2, 1), Holder(9, 9)]})
    Match(contact=2, family=1, evidence=((('vat', 'BE1'), 1), (('email', 'a@b.example'), 2)), \
ambiguous=False)
    >>> choose([email], {email: [Holder(9, 9), Holder(2, 1)]}).ambiguous
    True
    >>> choose([email], {}) is None
    True
    """
    family, ambiguous = 0, False
    evidence: list[tuple[Key, int]] = []
    for key in wanted:
        found = holders.get(key)
        if not found:
            continue
        if not family:
            family = found[0].family
            ambiguous = any(holder.family != family for holder in found)
        inside = next((holder.contact for holder in found if holder.family == family), 0)
        if inside:
            evidence.append((key, inside))
    if not family:
        return None
    people = (contact for _key, contact in evidence if contact != family)
    return Match(next(people, family), family, tuple(evidence), ambiguous)
