"""What a sync tells of itself at its end: events by kind, requests by resource, and what looks odd in them."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from segment_events.kinds import CLICKED, DELIVERED, OPENED, Kind
from source_mailjet_segment.events import Happening

LOGGER = logging.getLogger("airbyte")


class Report:
    """Counts what a sync reads of `kinds`; may be used by many threads."""

    def __init__(self, kinds: Collection[Kind]) -> None:
        self._kinds = kinds
        self._lock = threading.Lock()
        self._events: Counter[str] = Counter()
        self._tracked: Counter[str] = Counter()

    def count(self, happenings: Sequence[Happening]) -> None:
        """Counts events, and the deliveries of messages whose opens or clicks can be known."""
        with self._lock:
            for one in happenings:
                self._events[one.kind.name] += 1
                if one.kind is DELIVERED and one.message:
                    self._tracked[OPENED.name] += one.message.is_open_tracked is not False
                    self._tracked[CLICKED.name] += one.message.is_click_tracked is not False

    def log(self, requests_by_resource: Mapping[str, int], waited_s: float) -> None:
        """Writes the end of the log: one line of events, one of requests, and one for each kind that is not tracked."""
        events, requests = sum(self._events.values()), sum(requests_by_resource.values())
        LOGGER.info("Read %d events: %s.", events, _listed(self._events) or "nothing new")
        LOGGER.info(
            "Asked Mailjet %d times%s: %s. Waited %d s because of its rate limit.",
            requests,
            f" ({1000 * requests / events:.1f} per 1,000 events)" if events else "",
            _listed(requests_by_resource),
            round(waited_s),
        )
        for kind in (kind for kind in (OPENED, CLICKED) if kind in self._kinds):
            self._log_untracked(kind)

    def _log_untracked(self, kind: Kind) -> None:
        if self._events[DELIVERED.name] and not self._events[kind.name] and not self._tracked[kind.name]:
            LOGGER.warning(
                "There are deliveries but no %s events, because %s tracking was off for all of these messages: turn it "
                "on in Mailjet's account settings, or when sending.",
                kind.event_text,
                "open" if kind is OPENED else "click",
            )


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items(), key=lambda one: -one[1]))
