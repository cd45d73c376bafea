"""A PostgreSQL: settings by which one that is gone is noticed, and why it cannot be read, whichever driver says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl, quote, urlencode

from mailjet_segment.loads.failure import UNREACHABLE, reason_of
from program.failure import Failure

_SETTINGS = {
    "connect_timeout": "10",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
    "application_name": "mailjet-segment",
}
"""A server that is gone is noticed within seconds. What the user's address says stays."""


def with_settings(address: str) -> str:
    """The address of a PostgreSQL with settings by which a server that is gone is noticed."""
    base, _, query = address.partition("?")
    return f"{base}?{urlencode({**_SETTINGS, **dict(parse_qsl(query))}, quote_via=quote)}"


@contextmanager
def explained_reading(name: str, error_of_driver: type[Exception]) -> Iterator[None]:
    """Raises each error of a driver's as a `Failure`, in one sentence, which quotes nothing of the server's."""
    try:
        yield
    except error_of_driver as error:
        reason = "this user may not read the tables" if "permission denied" in str(error) else reason_of(error)
        raise Failure(f"{name} cannot be read: {reason or UNREACHABLE}.") from None
