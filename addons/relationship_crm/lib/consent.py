"""Which of the things a person said counts. Pure functions: no database, no clock."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple


class Said(NamedTuple):
    """One row of what a person said: channel None is every channel."""

    date: datetime
    id: int
    channel: str | None
    state: str


def current(said: Iterable[Said], channel: str | None = None) -> str | None:
    """Give the state that counts for a channel: the newest row for it or for every channel.

    :param said: what one person said about one purpose
    :param channel: None asks about no channel in particular: only rows for every channel count
    :return: ``granted``, ``refused``, ``withdrawn`` or None when nothing was said

    >>> day = datetime(2026, 1, 1)
    >>> rows = [Said(day, 1, None, "refused"), Said(day, 2, "email", "granted")]
    >>> current(rows, "email"), current(rows, "phone"), current(rows)
    ('granted', 'refused', 'refused')
    >>> current(rows[1:]) is None
    True
    """
    rows = [row for row in said if row.channel is None or row.channel == channel]
    return max(rows, key=lambda row: (row.date, row.id)).state if rows else None


def refusals(people: Iterable[Iterable[Said]]) -> list[str | None]:
    """Give the channels that must be refused when these people turn out to be one.

    What any of them refuses stays refused: channels (None: every channel) that one of them
    refuses and that the newest row of all together would grant or leave open.

    >>> old, new = datetime(2026, 1, 1), datetime(2026, 2, 1)
    >>> refusals([[Said(old, 1, None, "refused")], [Said(new, 2, None, "granted")]])
    [None]
    >>> refusals([[Said(old, 1, "email", "withdrawn")], [Said(new, 2, None, "granted")]])
    ['email']
    >>> refusals([[Said(new, 1, None, "refused")], [Said(old, 2, None, "granted")]])
    []
    """
    lists = [list(rows) for rows in people]
    together = [row for rows in lists for row in rows]
    channels: set[str] = {row.channel for row in together if row.channel}
    if _refused(lists, None) and not _refuses(together, None):
        return [None]
    return [
        channel
        for channel in sorted(channels)
        if _refused(lists, channel) and not _refuses(together, channel)
    ]


def _refused(lists: list[list[Said]], channel: str | None) -> bool:
    return any(_refuses(rows, channel) for rows in lists)


def _refuses(rows: list[Said], channel: str | None) -> bool:
    return current(rows, channel) in ("refused", "withdrawn")
