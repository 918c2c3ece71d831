"""Texts in several directions of writing on one line."""

from __future__ import annotations

#: begin and end of a text whose direction of writing is its own (Unicode FSI, PDI)
ISOLATE, END = "\u2068", "\u2069"


def isolated(text: str) -> str:
    """The text, kept in its own direction of writing whatever stands around it.

    >>> isolated("+32 2 555 12 34") == f"{ISOLATE}+32 2 555 12 34{END}"
    True
    >>> isolated("")
    ''
    """
    return f"{ISOLATE}{text}{END}" if text else ""
