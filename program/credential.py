"""Keys: the check that HTTP Basic can send one, the digest that names it, and the forms to hide in logs."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable

from program.failure import FieldError

_KEY = re.compile("[!-9;-~]+")
"""A key that Basic authentication sends whole: printable, no space, and no colon, because that ends the user name."""


SHORTEST_SECRET = 8
"""A shorter one is no key but a mistake, and hiding it would make words unreadable."""


def require_key(path: str, text: str, service: str) -> str:
    """The key in the field `path`, if HTTP Basic can send it; else raises `FieldError`. `service` issued it.

    It is stricter than the pattern of a schema: the `$` of a pattern lets a trailing line break through.
    """
    if not _KEY.fullmatch(text):
        raise FieldError(path, f"must be the key as {service} shows it, without spaces, colons or line breaks")
    return text


def key_digest(key: str) -> str:
    """8 hex digits by which a key is known without being shown."""
    return hashlib.sha256(key.encode()).hexdigest()[:8]


def secret_forms(user: str, password: str = "") -> list[str]:
    """The forms in which a pair of keys may show: as HTTP Basic sends it, and plain."""
    basic = b64encode(f"{user}:{password}".encode()).decode()
    return [form for form in (basic, user, password) if len(form) >= SHORTEST_SECRET]


def mask(text: str, forms: Iterable[str]) -> str:
    """`text` with `****` for each of the forms, the longest first: one may be part of another."""
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "****")
    return text
