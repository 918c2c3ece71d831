"""An order of people that anybody can work out again from the seed."""

from __future__ import annotations

from hashlib import sha256

#: the same in SQL, for a column ``id``: see feedback.wave
SQL_RANK = "encode(sha256(convert_to(%s || ':' || {column}, 'UTF8')), 'hex')"


def rank(seed: str, contact_id: int) -> str:
    """Return the place of a contact in the draw, to be sorted as text.

    :param seed: the wave's seed
    :return: 64 hexadecimal digits, evenly spread and independent of the number of the contact

    >>> rank("2026-11", 7)[:12], rank("2026-11", 8)[:12]
    ('9a8218d33744', '88a293fd2151')
    """
    return sha256(f"{seed}:{contact_id}".encode()).hexdigest()
