"""The registrable domain of a host, by the public suffix list that lies beside this module.

The list (`data/public_suffix_list.dat`) is the unmodified file of publicsuffix.org, under the
Mozilla Public License 2.0; its version is in its head. Rules of the list:
https://github.com/publicsuffix/list/wiki/Format
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

LIST = Path(__file__).parent / "data" / "public_suffix_list.dat"


@cache
def suffixes() -> frozenset[str]:
    """Every rule of the list, in ASCII: `com`, `*.ck`, `!www.ck`; read once, when first asked.

    >>> {"com", "co.uk", "*.ck", "!www.ck", "xn--p1ai"} <= suffixes()
    True
    """
    lines = LIST.read_text(encoding="utf-8").splitlines()
    rules = (line.split()[0] for line in lines if line.strip() and not line.startswith("//"))
    return frozenset(_ascii(rule) for rule in rules)


def list_version() -> str:
    """The version that the list states in its head.

    >>> list_version() >= "2026"
    True
    """
    with LIST.open(encoding="utf-8") as lines:
        return next(line.split(":", 1)[1].strip() for line in lines if "VERSION:" in line)


@lru_cache(16384)
def registrable_domain(host: str) -> str:
    """The part of a host that somebody registered; '' for a public suffix itself.

    :param host: ASCII, lower case, as :func:`keys.domain_of` gives it

    >>> [registrable_domain(h) for h in ("shop.acme.co.uk", "acme.com", "co.uk", "")]
    ['acme.co.uk', 'acme.com', '', '']
    >>> [registrable_domain(h) for h in ("me.github.io", "a.b.c.ck", "www.ck", "a.b.example")]
    ['me.github.io', 'b.c.ck', 'www.ck', 'b.example']
    """
    labels = host.split(".")
    rules = suffixes()
    for place in range(len(labels)):
        name = ".".join(labels[place:])
        if "!" + name in rules:
            return name
        parent = ".".join(labels[place + 1 :])
        if name in rules or f"*.{parent}" in rules:
            return ".".join(labels[place - 1 :]) if place else ""
    return ".".join(labels[-2:]) if len(labels) > 1 else ""


def _ascii(rule: str) -> str:
    if rule.isascii():
        return rule
    mark = "!" if rule.startswith("!") else ""
    return mark + ".".join(
        label if label == "*" else label.encode("idna").decode("ascii")
        for label in rule.removeprefix("!").split(".")
    )
