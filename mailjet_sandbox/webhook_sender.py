"""Posts events to the addresses that are registered for them, as Mailjet does: again until 200, or until it gives up.

What happens while no address of its type is alive is posted nowhere, and never later.
"""

from __future__ import annotations

import heapq
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
import requests

from mailjet_sandbox.callback_urls import CallbackUrls, split_credentials

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Patience:
    """How Mailjet treats an address: a failed post again after `retry_s`, until `give_up_s` after its first failure.

    `timeout_s` is not published.
    """

    retry_s: float = 30
    give_up_s: float = 86_400
    timeout_s: float = 30


@dataclass
class Posted:
    """What became of events: `accepted` were answered 200, `dropped` given up or never posted.

    `tries`: how many posts were made; `answers`: their statuses, 0 where there was none.
    """

    accepted: int = 0
    dropped: int = 0
    tries: int = 0
    answers: Counter[int] = field(default_factory=Counter)


class _Try(NamedTuple):
    due_s: float
    number: int
    url: str
    body: bytes
    events: int
    failing_since_s: float | None


class WebhookSender:
    """`posted` counts what became of the events so far. Not for several threads at once."""

    def __init__(
        self, urls: CallbackUrls, patience: Patience = Patience(), clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.patience = patience
        self.posted = Posted()
        self._urls, self._clock = urls, clock
        self._tries: list[_Try] = []
        self._number = 0
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update({"User-Agent": "Go-http-client/1.1", "Content-Type": "application/json"})

    @property
    def has_addresses(self) -> bool:
        """Whether anybody is registered for anything."""
        return bool(self._urls.all())

    def take(self, items: Sequence[Item]) -> None:
        """Prepares the posts of a second's items, in their order, for the addresses of now."""
        grouped: dict[str, list[Item]] = {}
        for item in items:
            target = self._urls.target(str(item["event"]))
            if target is None:
                self.posted.dropped += 1
            elif target.is_grouped:
                grouped.setdefault(target.url, []).append(item)
            else:
                self._push(target.url, orjson.dumps(item), 1)
        for url, group in grouped.items():
            self._push(url, orjson.dumps(group), len(group))

    def work(self) -> float | None:
        """Makes the posts that are due; returns in how many seconds the next one is, None if none waits."""
        while self._tries and self._tries[0].due_s <= self._clock():
            self._try(heapq.heappop(self._tries))
        return max(0.0, self._tries[0].due_s - self._clock()) if self._tries else None

    def finish(self) -> None:
        """Works until no post waits."""
        while (wait_s := self.work()) is not None:
            time.sleep(wait_s)

    def close(self) -> None:
        """Ends all connections; what waits is lost."""
        self._session.close()

    def _push(self, url: str, body: bytes, events: int) -> None:
        self._number += 1
        heapq.heappush(self._tries, _Try(self._clock(), self._number, url, body, events, None))

    def _try(self, attempt: _Try) -> None:
        status = self._post(attempt.url, attempt.body)
        self.posted.tries += 1
        self.posted.answers[status] += 1
        if status == 200:
            self.posted.accepted += attempt.events
            return
        now_s = self._clock()
        since_s = now_s if attempt.failing_since_s is None else attempt.failing_since_s
        if now_s + self.patience.retry_s - since_s <= self.patience.give_up_s:
            heapq.heappush(self._tries, attempt._replace(due_s=now_s + self.patience.retry_s, failing_since_s=since_s))
            return
        self._urls.suspend(attempt.url)
        self._drop([attempt, *(other for other in self._tries if other.url == attempt.url)])

    def _drop(self, gone: Sequence[_Try]) -> None:
        self.posted.dropped += sum(attempt.events for attempt in gone)
        self._tries = [attempt for attempt in self._tries if attempt.url != gone[0].url]
        heapq.heapify(self._tries)

    def _post(self, url: str, body: bytes) -> int:
        address, headers = split_credentials(url)
        try:
            answer = self._session.post(
                address, data=body, headers=headers, timeout=self.patience.timeout_s, allow_redirects=False
            )
        except requests.RequestException:
            return 0
        return answer.status_code
