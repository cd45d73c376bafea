"""What counts as a leak in a line that a connector says. Only the data of records may hold addresses."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"[\w.%+-]+(?:@|%40)(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}")
_AUTHORIZATION = re.compile(r"\b(?:Basic|Bearer)\s+[A-Za-z0-9+/=_-]{8,}", re.IGNORECASE)
_RECORD = b'{"type":"RECORD"'
_SHOWN = 300
"""So many characters of a line are in the message of the test that fails."""


def leaks_in(line: bytes, secrets: frozenset[str], speaker: str) -> list[str]:
    """A sentence for each kind of leak in the line, with the keys masked."""
    text = line.decode("utf-8", "replace")
    kinds = ["a key"] if any(secret in text for secret in secrets) else []
    if not line.startswith(_RECORD):
        kinds += ["an address"] if _ADDRESS.search(text) else []
        kinds += ["an Authorization header"] if _AUTHORIZATION.search(text) else []
    return [f"{kind} in {speaker}: {_masked(text, secrets)[:_SHOWN]}" for kind in kinds]


def _masked(text: str, secrets: frozenset[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "****")
    return text
