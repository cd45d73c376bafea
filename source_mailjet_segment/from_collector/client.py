"""One page of a collector's rows by HTTP. While the collector cannot answer, the request is tried again."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any, NamedTuple

import orjson

from mailjet_rest.client import Patience
from program.backoff import backoff_s
from program.failure import ConfigurationError, Failure
from program.http_session import open_session, read_whole
from program.http_trouble import HTTP_ERRORS, Trouble, to_trouble, untrusted_sentence
from program.retry_after import parse_retry_after

LOGGER = logging.getLogger("airbyte")
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
        user_agent = f"source-mailjet-segment/{version('mailjet-segment')}"
        self._session = open_session(url, api_key, api_key_secret, user_agent)
        self.requests = 0

    def close(self) -> None:
        self._session.close()

    def page(self, after: str | None, stream: str | None, limit: int = LIMIT) -> Page:
        """The rows after a position, or from the oldest kept; of one stream, or of all.

        Raises `PositionLost`, and `Failure` if another try cannot help.
        """
        params: dict[str, str | int] = {"limit": limit}
        if after is not None:
            params["after"] = after
        if stream is not None:
            params["stream"] = stream
        began_at, attempt = time.monotonic(), 0
        while True:
            attempt += 1
            try:
                return self._request(params)
            except _Unavailable as error:
                pause_s = self._pause_s(attempt, error.wait_s)
                if time.monotonic() - began_at + pause_s > self._patience.unavailable_s:
                    raise Failure(
                        f"The collector at {self.url} {error}: check that it runs and can be reached from here, then "
                        "start again; a sync goes on from where it was.",
                        "transient_error",
                    ) from None
                if attempt == 1:
                    LOGGER.warning(
                        "The collector at %s %s: trying again in %.1f s; more of this is not logged.",
                        self.url,
                        error,
                        pause_s,
                    )
                self._sleep(pause_s)

    def _pause_s(self, attempt: int, server_s: float | None) -> float:
        first_s, longest_s = self._patience.first_wait_s, self._patience.longest_wait_s
        return backoff_s(attempt, server_s, random.random(), first_s=first_s, longest_s=longest_s)

    def _request(self, params: Mapping[str, str | int]) -> Page:
        self.requests += 1
        timeouts = (self._patience.connect_s, self._patience.read_s)
        try:
            with self._session.get(
                self.url, params=params, timeout=timeouts, allow_redirects=False, stream=True
            ) as answer:
                body = bytes(read_whole(answer, self._patience.answer_s, MAX_BODY_BYTES))
        except HTTP_ERRORS as error:
            raise self._judge_trouble(to_trouble(error)) from None
        return self._judge(answer.status_code, answer.headers, body, "after" in params)

    def _judge_trouble(self, trouble: Trouble) -> _Unavailable | ConfigurationError:
        match trouble:
            case Trouble("late"):
                return _Unavailable("did not answer in time")
            case Trouble("insecure"):
                return _Unavailable("could not be reached by a secure connection")
            case Trouble("untrusted"):
                return ConfigurationError(untrusted_sentence(self.url, "events_from.url"))
            case Trouble("environment", sentence):
                return ConfigurationError(sentence)
        return _Unavailable("could not be reached, or cut the connection")

    def _judge(self, status: int, headers: Mapping[str, str], body: bytes, has_position: bool) -> Page:
        if status == 200:
            return parse_page(body)
        if status in {401, 403}:
            raise ConfigurationError(
                f"The collector at {self.url} refuses the keys: set 'api_key' and 'api_key_secret' to those of the "
                "account that the address ends with."
            )
        if status == 410:
            raise PositionLost(
                f"The collector at {self.url} has deleted events that were not read yet ('retention_days'): clear "
                "this stream's data to read all events that it keeps."
            )
        if status == 400 and has_position:
            raise PositionLost(
                f"The collector at {self.url} does not know the position in the state, which is of another store: "
                "clear this stream's data to read everything again."
            )
        if status == 429 or status >= 500:
            raise _Unavailable(f"answered {status}", parse_retry_after(headers, time.time()))
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
        content = orjson.loads(body)
        rows = [CollectorRow(entry["stream"], entry["row"]) for entry in content["rows"]]
        page = Page(rows, content["after"], content["more"])
        if not isinstance(page.after, str) or not isinstance(page.more, bool):
            raise TypeError("no page")
        for entry in rows:
            if not (isinstance(entry.row["id"], str) and isinstance(entry.row["timestamp"], str)):
                raise TypeError("no row")
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _Unavailable("did not answer with a page of rows") from None
    return page
