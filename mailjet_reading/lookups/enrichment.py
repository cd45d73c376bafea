"""Makes the rows of events, with their surroundings (`surroundings.py`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone

from mailjet_events.event import Event
from mailjet_events.to_call import event_text, to_track_call
from mailjet_reading.config import Config
from mailjet_reading.limits import ROWS_AT_ONCE
from mailjet_reading.lookups.surroundings import Lookups
from segment_events.row import to_row


class Enrichment:
    """Makes rows of events, for all feeds of a sync that began at `read_at` (Unix seconds)."""

    def __init__(self, config: Config, lookups: Lookups, read_at: int) -> None:
        self._config = config
        self._lookups = lookups
        self._read_at = datetime.fromtimestamp(read_at, timezone.utc)

    def rows(self, events: Sequence[Event]) -> Iterator[tuple[Sequence[Event], list[dict[str, object]]]]:
        """The events in batches, each with its rows. Raises `Failure` if Mailjet fails."""
        surroundings = self._lookups.look_up(events)
        user_id_from, name = self._config.user_id_from, self._config.unsubscribe_event_name
        for first in range(0, len(events), ROWS_AT_ONCE):
            batch = events[first : first + ROWS_AT_ONCE]
            calls = [to_track_call(event, surroundings, event_text(event.kind, name), user_id_from) for event in batch]
            yield batch, [to_row(call, self._read_at) for call in calls]
