"""Addresses as digests, keyed with random bytes that nobody keeps: equal addresses are equal digests, in one file only.

Without the key, nobody can try whether a digest is that of an address they know.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

_ADDRESS = re.compile(r"[^\s<>\"'(),;:=&?/#\[\]|]+(?:@|%(?:25)*40)[\w\-]+(?:\.[\w\-]+)*", re.IGNORECASE)
"""Also as a URL spells it, in links and subjects; in a link within a link, `@` is `%2540`."""
_DIGITS = 16


class Digests:
    """Replaces addresses; each object has a key of its own."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def without_addresses(self, text: str) -> str:
        """The text with a digest for each address in it, whatever its case."""
        return _ADDRESS.sub(lambda found: self._digest(found[0]), text)

    def _digest(self, address: str) -> str:
        plain = re.sub("%(?:25)*40", "@", address.lower())
        return hmac.new(self._key, plain.encode(), hashlib.sha256).hexdigest()[:_DIGITS]
