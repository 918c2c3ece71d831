"""Scopes of a protection: product categories as ranges of their path.

A category's ``parent_path`` lists the ids from the root down, as ``1/4/``. All categories below it
have paths that begin so, and in the order of plain bytes they lie between ``1/4/`` and ``1/40``
(``0`` is the character after ``/``). A protection of a category is that range of paths, so that
a category and one below it overlap, and two beside each other don't.
"""

from __future__ import annotations

#: A scope: first path, and the first path after it; (None, None) is everything.
Scope = tuple[str | None, str | None]
EVERYTHING: Scope = (None, None)


def scope_of(parent_path: str) -> Scope:
    """The range of paths of a category and all below it; everything for an empty path.

    >>> scope_of("1/4/"), scope_of("")
    (('1/4/', '1/40'), (None, None))
    """
    return (parent_path, parent_path[:-1] + "0") if parent_path else EVERYTHING


def overlap(one: Scope, other: Scope) -> bool:
    """Whether two scopes have a category in common.

    >>> overlap(scope_of("1/4/"), scope_of("1/4/9/")), overlap(scope_of("1/4/"), scope_of("1/40/"))
    (True, False)
    >>> overlap(EVERYTHING, scope_of("7/"))
    True
    """
    low = max(one[0] or "", other[0] or "")
    high = min(one[1] or "\U0010ffff", other[1] or "\U0010ffff")
    return low < high


def widest(paths: list[str]) -> list[str]:
    """The paths that lie below none of the others, sorted; each once.

    >>> widest(["1/4/9/", "1/4/", "1/5/", "1/5/"])
    ['1/4/', '1/5/']
    """
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not (kept and path.startswith(kept[-1])):
            kept.append(path)
    return kept
