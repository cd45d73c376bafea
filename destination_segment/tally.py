"""Counts of the events by their outcome, and the log of the events that were passed over."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence

MOST_SKIPS_LOGGED = 1_000
MOST_LISTED = 12
"""Names or reasons in one line; there may be as many as there are events."""
MOST_REASONS = 100
"""Reasons that are counted one by one: some quote a size."""
MOST_NAME_CHARACTERS = 60


class Tally:
    """The counts that a sync logs at its end."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._accepted: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._retries: Counter[str] = Counter()
        self._repeating_streams: set[str] = set()
        self._deleted: Counter[str] = Counter()
        self.accepted = 0
        """Events that Segment answered for with 200."""
        self.skipped = 0
        """Events left out because Segment would drop them."""
        self.repeats = 0
        """Rows of streams that only repeat others."""
        self.waited_s = 0.0
        """How long at least one batch could not go on."""

    def settle(self, events: Sequence[str], refused: Sequence[int]) -> None:
        """Counts the events of settled calls as accepted, except those at the places `refused`."""
        self._accepted.update(events)
        self._accepted.subtract(events[place] for place in refused)
        self.accepted += len(events) - len(refused)

    def skip(self, event: str, reason: str) -> None:
        """Counts an event that is left out, and logs it unless very many were."""
        self.skipped += 1
        self._reasons[reason if len(self._reasons) < MOST_REASONS or reason in self._reasons else "others"] += 1
        if self.skipped <= MOST_SKIPS_LOGGED:
            self._log.warning(f"Skipped {event}: {reason}.")
        if self.skipped == MOST_SKIPS_LOGGED:
            self._log.warning(
                f"{MOST_SKIPS_LOGGED:,} events were skipped; more are counted, but not logged one by one."
            )

    def leave_out(self, stream: str) -> None:
        """Counts a row of a stream that only repeats others; the first is worth a line."""
        if not self.repeats:
            self._log.info(
                f"Rows of {stream} are left out: their events arrive, with their properties, by the other streams."
            )
        self.repeats += 1
        self._repeating_streams.add(stream)

    def pass_over(self, stream: str) -> None:
        """Counts a record of a deleted row; the first is worth a line."""
        if not self._deleted:
            self._log.info(
                f"Stream {stream} has records of deleted rows (_ab_cdc_deleted_at): they are no events, and are passed "
                "over."
            )
        self._deleted[stream] += 1

    def try_again(self, reason: str) -> None:
        """Counts a request that has to be sent again."""
        self._retries[reason] += 1

    def summary(self) -> str:
        """One line with all counts, events by name."""
        names = Counter[str]()
        for name, count in self._accepted.items():
            names[name_kind(name)] += count
        parts = [f"Segment accepted {self.accepted:,} events{_listed(names)}"]
        if self.skipped:
            parts.append(
                f"{self.skipped:,} were skipped because Segment would have dropped them{_listed(self._reasons)}"
            )
        if self.repeats:
            streams = ", ".join(sorted(self._repeating_streams))
            parts.append(f"{self.repeats:,} rows that only repeat others were left out ({streams})")
        if self._deleted:
            count = sum(self._deleted.values())
            parts.append(f"{count:,} records of deleted rows were passed over{_listed(self._deleted)}")
        return "; ".join(parts) + "."

    def troubles(self) -> str:
        """One line with the repeated requests and the time of waiting."""
        times = f"Requests sent again: {sum(self._retries.values()):,}{_listed(self._retries)}"
        return f"{times}; waited for Segment: {self.waited_s:.0f} s."


def _listed(counts: Counter[str]) -> str:
    """` (17 Email Opened, 4 Email Delivered)`, the most frequent first; nothing if there are none."""
    listed = [f"{count:,} {name}" for name, count in counts.most_common(MOST_LISTED) if count]
    rest = sum(counts.values()) - sum(count for _, count in counts.most_common(MOST_LISTED))
    return f" ({', '.join([*listed, *([f'{rest:,} others'] if rest else [])])})" if listed else ""


def name_kind(event: str) -> str:
    """An event's name as a log may have it: neither an address nor a text of any length."""
    text = " ".join(event.split())
    if "@" in text:
        return "whose name holds an address"
    return text if len(text) <= MOST_NAME_CHARACTERS else f"{text[:MOST_NAME_CHARACTERS]}..."
