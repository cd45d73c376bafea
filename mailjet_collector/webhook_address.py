"""Addresses that webhooks are posted to, with and without the credentials in them. Pure."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from program.origin import is_loopback


class Credentials(NamedTuple):
    """Basic credentials."""

    user: str
    password: str


def split_credentials(url: str) -> tuple[str, Credentials | None]:
    """The address that may be shown, and the credentials in it; percent signs are read as Mailjet's client does."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    credentials = Credentials(unquote(name), unquote(password)) if at else None
    return urlunsplit(parts._replace(scheme=parts.scheme.lower(), netloc=host.lower())), credentials


def with_credentials(address: str, credentials: Credentials) -> str:
    """The address as Mailjet gets it; `address` has none."""
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{quote(credentials.user, safe='')}:{quote(credentials.password, safe='')}@{rest}"


def is_under(address: str, base: str) -> bool:
    """Whether an address is `base` or begins with it; `/mailjet/shop-2` does not begin with `/mailjet/shop`."""
    path = address.partition("?")[0].rstrip("/")
    start = split_credentials(base)[0]
    return path == start or path.startswith(f"{start}/")


def can_be_relayed_to(address: str) -> bool:
    """Whether copies of posts may go there: over https, or to this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
