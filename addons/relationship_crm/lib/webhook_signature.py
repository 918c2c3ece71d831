"""How a receiver knows that a message comes from us, is whole, and is not an old one sent again."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit

SCHEMES = ("https", "http")
PREFIX = "sha256="


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a body that is sent at a time.

    :param timestamp: seconds since 1970, as sent beside the signature
    :return: ``sha256=`` and the HMAC-SHA256 of ``<timestamp>.<body>`` in hexadecimal digits

    >>> sign("secret", 1767225600, b'{"id":1}')
    'sha256=97b5e286e0787bc828806008c500155f0522c15d4e9d491274c2baaf04c4dd8e'
    """
    message = str(timestamp).encode() + b"." + body
    return PREFIX + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def verify(
    secret: str, timestamp: str, body: bytes, signature: str, now: int, tolerance: int = 300
) -> bool:
    """Whether a receiver should believe a message.

    :param timestamp: as received
    :param now: the receiver's clock, seconds since 1970
    :param tolerance: seconds by which a message may be late

    >>> signature = sign("secret", 1000, b"{}")
    >>> verify("secret", "1000", b"{}", signature, now=1100)
    True
    >>> verify("secret", "1000", b"{ }", signature, now=1100)
    False
    >>> verify("secret", "1000", b"{}", signature, now=2000), verify("s", "x", b"{}", "", now=1)
    (False, False)
    """
    if not timestamp.isdecimal() or abs(now - int(timestamp)) > tolerance:
        return False
    return hmac.compare_digest(sign(secret, int(timestamp), body), signature)


def url_mistake(url: str) -> str:
    """Why no message can be sent to this address; empty when it can.

    >>> url_mistake("https://hook.example/in?x=1"), url_mistake("http://10.0.0.1:8080/")
    ('', '')
    >>> url_mistake("ftp://hook.example"), url_mistake("https://"), url_mistake("https://a b")
    ('scheme', 'host', 'host')
    >>> url_mistake("https://[::1"), url_mistake("https://hook.example:99999/")
    ('host', 'host')
    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return "host"
    if parts.scheme not in SCHEMES:
        return "scheme"
    blank = any(not char.isprintable() or char.isspace() for char in url)
    return "host" if not host or blank else ""
