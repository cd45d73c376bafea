"""Whether something as it came names an address. Pure."""

from __future__ import annotations

import re
from urllib.parse import quote

_ESCAPE = re.compile(r"\\(?:u([0-9a-f]{4})|(.))", re.DOTALL)


_BEFORE = r"(?:(?<![\w.+-])|(?<=%[0-9a-f]{2}))"
_AFTER = r"(?![\w-]|\.\w)"
"""No part of a longer address."""


def mentions(body: bytes, address: str) -> bool:
    """Whether bytes hold an address, in any case: as it is, in JSON with escapes, or in a URL's form."""
    plain = address.strip().lower()
    forms = {plain, quote(plain).lower(), quote(plain, safe="@").lower()}
    pattern = re.compile(f"{_BEFORE}(?:{'|'.join(map(re.escape, sorted(forms)))}){_AFTER}")
    text = body.decode("utf-8", "replace").lower()
    return bool(pattern.search(text)) or ("\\" in text and bool(pattern.search(_unescaped(text))))


def _unescaped(text: str) -> str:
    """Text with JSON's escapes resolved, even if it is no JSON."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] else match[2], text).lower()
