"""Addresses that stand in texts of the account, such as a link or a subject, and do not belong into the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

HIDDEN = "\u2026"
_ADDRESS = re.compile(r"[^\s<>\"'(),;:=&?/#\[\]|]{1,64}(?:@|%(?:25)*40)[\w.\-]{1,255}", re.IGNORECASE)
"""A link within a link spells `@` as `%2540`."""


def without_addresses(text: str) -> str:
    """`text` with an ellipsis for whatever looks like an address, also the way a URL spells it."""
    return _ADDRESS.sub(HIDDEN, text) if "@" in text or "%" in text else text


def without_query(url: str) -> str:
    """A URL without the parts that may say who clicked it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return HIDDEN
    if not parts.query and not parts.fragment:
        return url
    return parts._replace(query=HIDDEN if parts.query else "", fragment="").geturl()


def cleaner(with_recipients: bool) -> Callable[[object], str]:
    """The function that cleans each text of the account before it is shown; None becomes an empty text."""
    if with_recipients:
        return lambda text: "" if text is None else str(text)
    return lambda text: "" if text is None else without_addresses(str(text))
