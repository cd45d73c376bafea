"""Counts of what became of the events, and the log of those that were passed over."""

from __future__ import annotations

import hashlib
import logging

MOST_SKIPS_LOGGED = 1_000


class Tally:
    """What a sync says of itself at its end."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self.accepted = 0
        """Events that Segment answered for with 200."""
        self.skipped = 0
        """Events left out because Segment would drop them."""
        self.left_out = 0
        """Rows of streams that only repeat others."""

    def accept(self, events: int) -> None:
        """Counts events that Segment has."""
        self.accepted += events

    def skip(self, event: str, reason: str) -> None:
        """Counts an event that is left out, and logs it unless very many were."""
        self.skipped += 1
        if self.skipped <= MOST_SKIPS_LOGGED:
            self._log.warning(f"Skipped {event}: {reason}.")
        if self.skipped == MOST_SKIPS_LOGGED:
            self._log.warning(
                f"{MOST_SKIPS_LOGGED:,} events were skipped; more are counted, but not logged one by one."
            )

    def leave_out(self, stream: str) -> None:
        """Counts a row of a stream that only repeats others; the first is worth a line."""
        if not self.left_out:
            self._log.info(
                f"Rows of {stream} are left out: their events arrive, with their properties, by the other streams."
            )
        self.left_out += 1

    def summary(self) -> str:
        """One line with all counts."""
        parts = [f"Segment accepted {self.accepted:,} events"]
        if self.skipped:
            parts.append(f"{self.skipped:,} were skipped because Segment would have dropped them")
        if self.left_out:
            parts.append(f"{self.left_out:,} rows that only repeat others were left out")
        return "; ".join(parts) + "."


def name_event(message_id: object) -> str:
    """A message id as a log may have it: one that holds an address is named by its digest."""
    text = str(message_id)
    if "@" in text:
        return f"the event whose message id has the SHA-256 {hashlib.sha256(text.encode()).hexdigest()[:16]}..."
    return f"event {text}"
