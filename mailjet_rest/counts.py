"""How many requests were made, and how those ended that brought no answer: counts that many threads add to."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping


class Counts:
    """Requests, objects that are gone, requests tried again, and rows that name no message, by resource."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[str] = Counter()
        self._missing: Counter[str] = Counter()
        self._again: Counter[tuple[str, str]] = Counter()
        self._nameless: Counter[str] = Counter()

    def note_request(self, resource: str) -> None:
        """One more request, whatever its outcome."""
        with self._lock:
            self._requests[resource] += 1

    def missing(self, resource: str) -> None:
        """One more object that does not exist (any more)."""
        with self._lock:
            self._missing[resource] += 1

    def tried_again(self, resource: str, reason: str) -> bool:
        """One more request that has to be tried again; returns whether it is the first for this reason."""
        with self._lock:
            self._again[resource, reason] += 1
            return self._again[resource, reason] == 1

    def nameless(self, resource: str, rows: int) -> None:
        """So many more rows that are no event, because they name no message."""
        if rows:
            with self._lock:
                self._nameless[resource] += rows

    @property
    def rows_without_message(self) -> Mapping[str, int]:
        """Rows that name no message, by resource."""
        with self._lock:
            return dict(self._nameless)

    @property
    def requests(self) -> Mapping[str, int]:
        """Requests by resource."""
        with self._lock:
            return dict(self._requests)

    @property
    def gone(self) -> Mapping[str, int]:
        """Objects that do not exist (any more), by resource."""
        with self._lock:
            return dict(self._missing)

    @property
    def retries(self) -> Mapping[str, Mapping[str, int]]:
        """Requests that were tried again, by reason and resource."""
        retries: dict[str, dict[str, int]] = {}
        with self._lock:
            for (resource, reason), count in self._again.items():
                retries.setdefault(reason, {})[resource] = count
        return retries
