"""Web origins that a key may be sent to."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from program.failure import FieldError

_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[\w-]+(\.[\w-]+)*)(:\d+)?/?", re.ASCII | re.IGNORECASE)
"""A host in letters and digits that cannot be taken for others; one in another script is written as `xn--...`."""

_LOOPBACK_NAMES = frozenset({"localhost", "host.docker.internal"})
"""Names of this machine; the second is how a container calls the one that it runs on."""


def require_origin(path: str, text: str) -> str:
    """The origin in the field `path`, as `parse_origin` has it; raises `FieldError`."""
    try:
        return parse_origin(text)
    except ValueError as error:
        raise FieldError(path, str(error)) from None


def parse_origin(text: str) -> str:
    """`https://host` or `https://host:port`, without a trailing slash; `http` to this machine only.

    Raises `ValueError`; its text continues a sentence that begins with the name of a field.
    """
    if not _ORIGIN.fullmatch(text):
        raise ValueError("must be https://host or https://host:port, in plain letters, without user, path or query")
    try:
        parts = urlsplit(text.rstrip("/"))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("has a host or port that cannot exist") from None
    if port == 0:
        raise ValueError("has a host or port that cannot exist")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError(
            "must begin with https://; plain http is for localhost, 127.0.0.0/8, ::1 and host.docker.internal"
        )
    return f"{parts.scheme}://{parts.netloc}"


def is_loopback_origin(origin: str) -> bool:
    """Whether an origin leads to this machine."""
    return is_loopback(urlsplit(origin).hostname or "")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: its names, `127.0.0.0/8` and `::1`."""
    if host in _LOOPBACK_NAMES:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address in ipaddress.ip_network("127.0.0.0/8") if address.version == 4 else str(address) == "::1"
