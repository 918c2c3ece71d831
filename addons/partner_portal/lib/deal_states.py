"""The states of a deal registration and which may follow which.

One table, read by the models, the pages and the tests. A state that no arrow leaves is final.
"""

from __future__ import annotations

#: Handed in and not decided: whoever submits later for the same customer waits behind these.
UNDECIDED: tuple[str, ...] = ("submitted", "in_review", "info_needed")
#: Counted against the number of deals that a partner may have at once.
LIVE: tuple[str, ...] = (*UNDECIDED, "approved")
#: The opportunity decides between these.
FOLLOWING: tuple[str, ...] = ("approved", "won", "lost", "expired")
#: Refused or taken back before it was decided.
TURNED_DOWN: tuple[str, ...] = ("rejected", "withdrawn")

#: From each state, the states that may follow it.
NEXT: dict[str, tuple[str, ...]] = {
    "draft": ("submitted",),
    # back to draft: more than its partner may register, found by a check that had to wait
    "submitted": ("draft", "in_review", "info_needed", "approved", "rejected", "withdrawn"),
    "in_review": ("info_needed", "approved", "rejected", "withdrawn"),
    "info_needed": ("in_review", "rejected", "withdrawn"),
    "approved": ("won", "lost", "expired", "rejected"),
    "won": ("approved", "lost"),
    "lost": ("approved", "won"),
    "expired": ("won",),
    "rejected": (),
    "withdrawn": (),
}


def may_follow(before: str, after: str) -> bool:
    """Whether a deal may go from one state to another.

    >>> may_follow("in_review", "info_needed"), may_follow("approved", "withdrawn")
    (True, False)
    >>> may_follow("draft", "approved"), may_follow("rejected", "submitted")
    (False, False)
    """
    return after in NEXT[before]
