"""Keys as HTTP Basic sends them."""

from __future__ import annotations

import re

from program.failure import FieldError

_KEY = re.compile("[!-9;-~]+")
"""What fits into Basic authentication whole: printable, no space, and no colon, which would end the user's name."""


def require_key(path: str, text: str, service: str) -> str:
    """The key in the field `path`, if HTTP Basic can send it; else raises `FieldError`. `service` is who gave it.

    Stricter than the pattern of a schema, whose `$` lets a trailing line break through.
    """
    if not _KEY.fullmatch(text):
        raise FieldError(path, f"must be the key as {service} shows it, without spaces, colons or line breaks")
    return text
