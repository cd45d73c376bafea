"""Logs how far a sync is, at regular times, even while all of it waits for Mailjet."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from types import TracebackType

from mailjet_reading.reading import Reading
from mailjet_reading.report import Report
from mailjet_rest.client import Mailjet
from mailjet_rest.phrases import duration, instant

LOGGER = logging.getLogger("airbyte")
EVERY_S = 25.0
"""Seconds from line to line: never more than 30 pass without one, however busy the machine is."""


class Progress:
    """A context that logs a line every `every_s` seconds, from a thread of its own: the others may all be waiting.

    `clock` gives Unix seconds. `wait` waits so many seconds, or until the context ends; then it returns True.
    """

    def __init__(
        self,
        api: Mailjet,
        every_s: float = EVERY_S,
        clock: Callable[[], float] = time.time,
        wait: Callable[[float], bool] | None = None,
    ) -> None:
        self._api = api
        self._every_s = every_s
        self._clock = clock
        self._began_at = clock()
        self._over = threading.Event()
        self._wait = wait or self._over.wait
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)
        self._readings: Sequence[Reading] = ()
        self._report = Report()

    def __enter__(self) -> Progress:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def follow(self, readings: Sequence[Reading], report: Report) -> None:
        """From now on the progress is that of these readings, and the events those of the report."""
        self._readings, self._report = readings, report

    def line(self) -> str:
        """Events and requests so far, how many of the planned windows were read, and how long it waits."""
        facts = [
            f"After {duration(self._clock() - self._began_at)}: {sum(self._report.events.values()):,} events",
            f"{sum(self._api.counts.requests.values()):,} requests",
        ]
        tried_again = sum(sum(counts.values()) for counts in self._api.counts.retries.values())
        if tried_again:
            facts.append(f"{tried_again:,} of them tried again")
        if self._readings:
            facts.append(f"windows read: {self._windows()}")
        budget = self._api.budget
        if budget.waits:
            facts.append(f"waited for rate limits: {duration(budget.waited_s)}")
        remaining_s = budget.remaining_s
        if remaining_s:
            facts.append(f"now waiting until {instant(self._clock() + remaining_s)}")
        return "; ".join(facts) + "."

    def _windows(self) -> str:
        """By feed; `+` if more windows may still be planned."""
        done, planned, growing = Counter[str](), Counter[str](), set[str]()
        for reading in self._readings:
            read, parts, may_grow = reading.turn.progress()
            done[reading.feed.name] += read
            planned[reading.feed.name] += parts
            growing |= {reading.feed.name} if may_grow else set()
        return ", ".join(f"{feed} {done[feed]} of {planned[feed]}{'+' * (feed in growing)}" for feed in planned)

    def _run(self) -> None:
        while not self._wait(self._every_s):
            LOGGER.info("%s", self.line())
