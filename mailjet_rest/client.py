"""The only place that sends requests to Mailjet: it waits for its turn, tries again within a bound, and counts."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Literal, Protocol, TypeVar, cast

import requests

from mailjet_rest.clock import warn_of_clock
from mailjet_rest.counts import Counts
from mailjet_rest.errors import MailjetError, ThrottledError
from mailjet_rest.no_answer import judge_trouble
from mailjet_rest.outcome import Again, Answer, Missing, Outcome, Refused, Row, judge, judge_change
from program.backoff import backoff_s
from program.budget import Budget
from program.failure import Failure
from program.http_session import Interruptible, open_session, read_whole
from program.http_trouble import HTTP_ERRORS, to_trouble
from program.retry_after import parse_http_date

T = TypeVar("T")
Params = Mapping[str, str | int]
Method = Literal["GET", "POST", "PUT", "DELETE"]
ALL = ""
LOGGER = logging.getLogger("airbyte")
COUNTED = "counted, not logged"
MOST_CONNECTIONS = 64
"""Requests at once: more than the threads of a reading."""
MAX_BODY_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Patience:
    """How long one request is tried.

    `unavailable_s`: from the first failure on, while Mailjet throttles, fails or cannot be reached.
    `malformed_tries`: how often an answer may be wrong in itself. `connect_s`, `read_s`: timeouts; `answer_s`: for a
    whole answer, however slowly it trickles.
    """

    unavailable_s: float = 300
    malformed_tries: int = 4
    connect_s: float = 10
    read_s: float = 60
    answer_s: float = 120
    first_wait_s: float = 0.5
    longest_wait_s: float = 60


class RateListener(Protocol):
    """Somebody who hears when Mailjet limits the rate: never two words at once, and each wait's end after its begin."""

    def rate_limited(self, until_s: float | None) -> None:
        """All requests wait from now on, until that Unix time if Mailjet named one."""

    def rate_lifted(self) -> None:
        """Mailjet answers again."""


class Nobody:
    """A listener that does nothing."""

    def rate_limited(self, until_s: float | None) -> None: ...

    def rate_lifted(self) -> None: ...


class Mailjet:
    """Mailjet's REST API for one pair of keys; may be used by many threads.

    `counts`: the requests and their outcomes; `date` is the time by Mailjet's clock, in Unix seconds, of its
    last answer. `listener` hears of rate limits. `budget`: one that is shared with others. `trusted_filters`: the
    resources that were found to cut by time.
    """

    def __init__(
        self,
        origin: str,
        api_key: str,
        api_key_secret: str,
        max_requests_per_second: float,
        patience: Patience = Patience(),
        sleep: Callable[[float], object] | None = None,
        jitter: Callable[[], float] = random.random,
        listener: RateListener | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.origin = origin
        self.counts = Counts()
        self.date: int | None = None
        self.trusted_filters: set[str] = set()
        self._patience = patience
        self._closed = threading.Event()
        self._sleep = sleep or self._closed.wait
        self._jitter = jitter
        self._listener = listener or Nobody()
        self._rate_lock = threading.Lock()
        self._is_rate_limited = False
        self._refused: dict[str, Failure] = {}
        self.budget = budget or Budget(max_requests_per_second, time.monotonic, self._sleep)
        user_agent = f"source-mailjet-segment/{version('mailjet-segment')}"
        self._session = open_session(origin, api_key, api_key_secret, user_agent)
        self._connections = Interruptible(MOST_CONNECTIONS)
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, self._connections)

    def rows(self, path: str, params: Params, parse: Callable[[Row], T]) -> list[T]:
        """The rows of one page; of an object that does not exist (any more), none.

        Raises `Failure` if Mailjet refuses, or fails for longer than patience lasts.
        """
        answer = self._ask(path, params, parse)
        return answer.rows if answer else []

    def find(self, path: str, params: Params, parse: Callable[[Row], T]) -> T | None:
        """The one row of `resource/id`, or None if it does not exist (any more). Raises as `rows` does."""
        answer = self._ask(path, params, parse)
        return answer.rows[0] if answer and answer.rows else None

    def change(self, method: Method, path: str, fields: Mapping[str, Any] | None = None) -> bool:
        """Adds, changes or deletes an object; False if it does not exist (any more). Raises as `rows` does.

        It may be made twice: an answer that is lost is asked for again.
        """
        return self._ask(path, {}, lambda row: row, method, fields) is not None

    def count(self, path: str, params: Params) -> int:
        """How many rows a listing has, without reading them. Raises as `rows` does."""
        answer = self._ask(path, {**params, "countOnly": 1}, lambda row: row)
        return answer.count if answer else 0

    @property
    def refuses_all(self) -> bool:
        """Whether nothing is asked any more: Mailjet refused the keys, could not be reached, or `hold_off` said so."""
        return ALL in self._refused or self._closed.is_set()

    def hold_off(self, failure: Failure) -> None:
        """Asks nothing until `try_again`: whoever asks gets this error at once."""
        self._refused.setdefault(ALL, failure)

    def try_again(self) -> None:
        """Repeats also requests that were refused or given up before: for whoever lives longer than a sync."""
        self._refused.clear()

    def close(self) -> None:
        """Ends all requests and waits: callers get an error from now on."""
        self._closed.set()
        self._connections.interrupt()
        self._session.close()

    def _ask(
        self,
        path: str,
        params: Params,
        parse: Callable[[Row], T],
        method: Method = "GET",
        fields: Mapping[str, Any] | None = None,
    ) -> Answer[T] | None:
        resource = path.split("/")[0]
        failing_since_s: float | None = None
        malformed = tries = 0
        while True:
            self._raise_refusal(resource)
            self.budget.take()
            self._raise_refusal(resource)
            outcome = self._send(path, params, parse, method, fields)
            self._note_rate(outcome)
            if isinstance(outcome, Answer):
                return outcome
            if isinstance(outcome, Missing):
                self.counts.missing(resource)
                return None
            if isinstance(outcome, Refused):
                if outcome.scope != "request":
                    self._refused[resource if outcome.scope == "resource" else ALL] = outcome.error
                raise outcome.error
            tries += 1
            malformed += outcome.malformed
            now_s = time.monotonic()
            failing_since_s = failing_since_s or now_s
            wait_s = self._wait_s(outcome, tries)
            if malformed >= self._patience.malformed_tries:
                raise self._give_up(resource, outcome, f"{malformed} times")
            # A longer wait is not begun: nothing is lost by a sync that ends here, and the next one goes on from it.
            if wait_s > self._patience.unavailable_s:
                raise self._give_up(resource, outcome, f"and asks to wait {wait_s:.0f} s")
            if now_s + wait_s - failing_since_s > self._patience.unavailable_s:
                raise self._give_up(resource, outcome, f"for {max(1, round(now_s - failing_since_s))} s")
            is_first = self.counts.tried_again(resource, outcome.reason)
            if outcome.throttled:
                self._hold_all(wait_s, is_asked=outcome.wait_s is not None)
            else:
                log = LOGGER.warning if is_first else LOGGER.debug
                values = (resource, outcome.reason, wait_s, COUNTED)
                log("Mailjet's '%s' %s: trying again in %.1f s; more of this is %s.", *values)
                self._sleep(wait_s)

    def _raise_refusal(self, resource: str) -> None:
        """Raises the error of a request that was refused, or given up, before; or one of its own after the end."""
        if refusal := self._refused.get(ALL) or self._refused.get(resource):
            raise refusal
        if self._closed.is_set():
            raise MailjetError("The sync has ended.")

    def _hold_all(self, wait_s: float, *, is_asked: bool) -> None:
        """Has all requests wait. The listener hears of a wait once, however many requests have met it."""
        with self._rate_lock:
            if self.budget.pause(wait_s):
                log = LOGGER.info if self.budget.waits == 1 else LOGGER.debug
                log("Mailjet limits the rate (429): all requests wait for %.1f s; more of this is %s.", wait_s, COUNTED)
                self._is_rate_limited = True
                self._listener.rate_limited(time.time() + wait_s if is_asked else None)

    def _note_rate(self, outcome: Outcome[T]) -> None:
        """Tells the listener that a wait is over; a request that was sent before it began does not prove that."""
        if not self._is_rate_limited or not isinstance(outcome, (Answer, Missing)):
            return
        with self._rate_lock:
            if self._is_rate_limited and not self.budget.remaining_s:
                self._is_rate_limited = False
                self._listener.rate_lifted()

    def _send(
        self,
        path: str,
        params: Params,
        parse: Callable[[Row], T],
        method: Method,
        fields: Mapping[str, Any] | None,
    ) -> Outcome[T]:
        self.counts.note_request(path.split("/")[0])
        try:
            with self._session.request(
                method,
                f"{self.origin}/v3/REST/{path}",
                params=dict(params),
                json=fields,
                timeout=(self._patience.connect_s, self._patience.read_s),
                allow_redirects=False,
                stream=True,
            ) as response:
                body = read_whole(response, self._patience.answer_s, MAX_BODY_BYTES)
        except HTTP_ERRORS as error:
            return judge_trouble(to_trouble(error), self.origin)
        self._note_date(response)
        read = judge if method == "GET" else judge_change
        return read(response.status_code, response.headers, body, path, self.origin, time.time(), parse, params)

    def _note_date(self, response: requests.Response) -> None:
        date_s = parse_http_date(response.headers.get("Date", ""))
        if date_s is None:
            return
        with self._rate_lock:
            is_first, self.date = self.date is None, int(date_s)
        warning = warn_of_clock(self.origin, date_s - time.time()) if is_first else None
        if warning:
            LOGGER.warning("%s", warning)

    def _wait_s(self, outcome: Again, tries: int) -> float:
        first_s, longest_s = self._patience.first_wait_s, self._patience.longest_wait_s
        return backoff_s(tries + 1, outcome.wait_s, self._jitter(), first_s=first_s, longest_s=longest_s)

    def _give_up(self, resource: str, outcome: Again, how_long: str) -> MailjetError:
        """The error of a request that was tried long enough; nobody waits as long for the same resource again."""
        service = "Mailjet" if outcome.of_host else f"Mailjet's '{resource}'"
        kind = ThrottledError if outcome.throttled else MailjetError
        error = kind(f"{service} at {self.origin} {outcome.reason}, {how_long}: {outcome.mend}.")
        return cast("MailjetError", self._refused.setdefault(ALL if outcome.of_host else resource, error))
