"""Tokens of invitations: the person holds the token, the database only its hash."""

from __future__ import annotations

from hashlib import sha256
from secrets import token_urlsafe

#: 24 random bytes are 32 characters in an address
BYTES = 24
LENGTH = 32


def new_token() -> str:
    """Return a token that cannot be guessed.

    >>> len(new_token()) == LENGTH and new_token() != new_token()
    True
    """
    return token_urlsafe(BYTES)


def token_hash(token: str) -> str:
    """Return what is kept of a token; a plain hash does, the token itself is random.

    >>> token_hash("x")[:8]
    '2d711642'
    """
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
