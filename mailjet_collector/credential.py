"""Basic credentials for posts and for readers, compared in a time that does not show which part of them was right."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable
from hashlib import sha256

_SCHEME = b"basic "


class Credential:
    """A user with one password or more, of which any is right. Only digests are kept."""

    def __init__(self, user: str, passwords: Iterable[str]) -> None:
        self._digests = [sha256(f"{user}:{password}".encode()).digest() for password in passwords]

    def fits(self, authorization: bytes | None) -> bool:
        """Whether a header `Authorization` holds the user and one of the passwords."""
        given = sha256(_pair(authorization or b"")).digest()
        # A list, not a generator: each digest is compared, even if another one was equal.
        return any([hmac.compare_digest(given, digest) for digest in self._digests])


NOBODY = Credential("", ())
"""No header fits it. It is compared if an account does not exist, so that this takes as long."""


def _pair(authorization: bytes) -> bytes:
    """`user:password`, or nothing."""
    if authorization[: len(_SCHEME)].lower() != _SCHEME:
        return b""
    try:
        return base64.b64decode(authorization[len(_SCHEME) :].strip(), validate=True)
    except binascii.Error:
        return b""
