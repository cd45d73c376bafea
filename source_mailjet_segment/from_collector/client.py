"""One page of a collector's rows by HTTP: asks, and asks again within a bound while the collector cannot answer."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import requests
from requests.auth import HTTPBasicAuth

from mailjet_rest.client import Patience
from mailjet_rest.tls import trusted_authorities
from program.failure import ConfigurationError, Failure

LIMIT = 1_000
"""Rows a page."""
MAX_BODY_BYTES = 256 * 1024 * 1024
"""A page of 1,000 rows, each with a large payload."""


class CollectorRow(NamedTuple):
    """A row of a warehouse table, and the stream that it belongs to."""

    stream: str
    row: Mapping[str, Any]


class Page(NamedTuple):
    """Rows in order of position; reading goes on from `after`."""

    rows: list[CollectorRow]
    after: str
    more: bool


class PositionLost(ConfigurationError):
    """The collector cannot go on from a stream's position."""


class _Unavailable(Exception):
    """No usable answer; another try may bring one. Its text says why."""

    def __init__(self, reason: str, wait_s: float | None = None) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


class Collector:
    """The rows of one account, at `url` (`https://host/events/<account>`), for its Mailjet keys.

    Keys go to this address alone: redirects are not followed, and no other credentials are looked up.
    """

    def __init__(
        self,
        url: str,
        api_key: str,
        api_key_secret: str,
        patience: Patience,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url
        self._patience, self._sleep = patience, sleep
        self._session = requests.Session()
        self._session.trust_env = True
        self._session.verify = trusted_authorities(os.environ)
        self._session.auth = HTTPBasicAuth(api_key, api_key_secret)
        self.requests = 0

    def close(self) -> None:
        self._session.close()

    def page(self, after: str | None, stream: str | None, limit: int = LIMIT) -> Page:
        """The rows after a position, or from the oldest kept; of one stream, or of all.

        Raises `PositionLost`, and `Failure` for what cannot be mended by another try.
        """
        params: dict[str, str | int] = {"limit": limit}
        if after is not None:
            params["after"] = after
        if stream is not None:
            params["stream"] = stream
        began_at, wait_s = time.monotonic(), self._patience.first_wait_s
        while True:
            try:
                return self._ask(params)
            except _Unavailable as error:
                pause_s = error.wait_s if error.wait_s is not None else wait_s * random.uniform(0.5, 1)
                if time.monotonic() - began_at + pause_s > self._patience.unavailable_s:
                    raise Failure(
                        f"The collector at {self.url} {error}: check that it runs and can be reached from here, then "
                        "start again; a sync goes on from where it was.",
                        "transient_error",
                    ) from None
                self._sleep(pause_s)
                wait_s = min(2 * wait_s, self._patience.longest_wait_s)

    def _ask(self, params: Mapping[str, str | int]) -> Page:
        self.requests += 1
        timeouts = (self._patience.connect_s, self._patience.read_s)
        try:
            with self._session.get(
                self.url, params=params, timeout=timeouts, allow_redirects=False, stream=True
            ) as answer:
                return self._judge(answer, "after" in params, time.monotonic() + self._patience.answer_s)
        except requests.exceptions.SSLError:
            raise _Unavailable("could not be reached by a secure connection") from None
        except (requests.RequestException, OSError):
            raise _Unavailable("could not be reached, or cut the connection") from None

    def _judge(self, answer: requests.Response, has_position: bool, deadline: float) -> Page:
        status = answer.status_code
        if status == 200:
            return parse_page(_body(answer, deadline))
        if status in {401, 403}:
            raise ConfigurationError(
                f"The collector at {self.url} refuses the keys: set 'api_key' and 'api_key_secret' to those of the "
                "account that the address ends with."
            )
        if status == 410:
            raise PositionLost(
                f"The collector at {self.url} has deleted events that were not read yet ('retention_days'): clear "
                "this stream's data to read what is kept."
            )
        if status == 400 and has_position:
            raise PositionLost(
                f"The collector at {self.url} does not know the position in the state, which is of another store: "
                "clear this stream's data to read everything again."
            )
        if status == 429 or status >= 500:
            raise _Unavailable(f"answered {status}", _asked_wait(answer))
        if 300 <= status < 400:
            raise ConfigurationError(
                f"The collector at {self.url} answers with a redirect, which is not followed because the keys would "
                "go there: set 'events_from.url' to the address itself."
            )
        raise ConfigurationError(
            f"No collector answers at {self.url} (status {status}): set 'events_from.url' to its address, as "
            "https://host/events/account."
        )


def parse_page(body: bytes) -> Page:
    """The page in an answer; raises `_Unavailable` for anything else, which a proxy may have answered."""
    try:
        content = json.loads(body)
        rows = [CollectorRow(entry["stream"], entry["row"]) for entry in content["rows"]]
        page = Page(rows, content["after"], content["more"])
        if not isinstance(page.after, str) or not isinstance(page.more, bool):
            raise TypeError("no page")
        for entry in rows:
            if not (isinstance(entry.row["id"], str) and isinstance(entry.row["timestamp"], str)):
                raise TypeError("no row")
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _Unavailable("answered what is no page of rows") from None
    return page


def _body(answer: requests.Response, deadline: float) -> bytes:
    """The body of an answer, however slowly it trickles; `deadline` by `time.monotonic`."""
    body = bytearray()
    for part in answer.iter_content(1 << 16):
        body += part
        if len(body) > MAX_BODY_BYTES:
            raise _Unavailable("answered what is no page of rows")
        if time.monotonic() > deadline:
            raise _Unavailable("answers too slowly")
    return bytes(body)


def _asked_wait(answer: requests.Response) -> float | None:
    """The seconds of a `Retry-After`; None for a date, or none."""
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None
