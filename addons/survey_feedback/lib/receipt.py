"""Receipts of anonymous answers: proof of having answered that leads to no answer.

The last page of an anonymous survey shows a receipt, made up on the spot and stored nowhere.
Whoever brings it with an invitation has answered. It can be checked without a list of the receipts
given out, as it is signed; a list of them would join answers and people.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from secrets import token_urlsafe

#: random characters of a receipt, and characters of its signature
NONCE, SIGNATURE = 16, 32


def new_receipt(key: str) -> str:
    """Return a receipt signed with the key of a wave.

    >>> one, other = new_receipt("key"), new_receipt("key")
    >>> one != other, is_valid("key", one), is_valid("another key", one)
    (True, True, False)
    """
    nonce = token_urlsafe(NONCE)[:NONCE]
    return nonce + _sign(key, nonce)


def is_valid(key: str, receipt: object) -> bool:
    """Whether a receipt was signed with this key; also for whatever else a browser may send.

    >>> is_valid("key", None), is_valid("key", ""), is_valid("key", "x" * 48), is_valid("key", "é")
    (False, False, False, False)
    """
    if not isinstance(receipt, str) or len(receipt) != NONCE + SIGNATURE or not receipt.isascii():
        return False
    return hmac.compare_digest(_sign(key, receipt[:NONCE]), receipt[NONCE:])


def spent(receipt: str) -> str:
    """Return what is kept of a receipt, so that it is taken once.

    >>> spent("x")[:8]
    '2d711642'
    """
    return sha256(receipt.encode()).hexdigest()


def _sign(key: str, nonce: str) -> str:
    return hmac.new(key.encode(), nonce.encode(), sha256).hexdigest()[:SIGNATURE]
