"""Makes the rows of events, with their surroundings (`surroundings.py`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mailjet_events.event import Event
from mailjet_events.to_row import blank_of, to_row
from mailjet_reading.config import Config
from mailjet_reading.limits import ROWS_AT_ONCE
from mailjet_reading.lookups.surroundings import Lookups
from segment_events.instants import format_second
from segment_events.kinds import ALL_KINDS


class Enrichment:
    """Makes rows of events, for all feeds of a sync that began at `read_at` (Unix seconds)."""

    def __init__(self, config: Config, lookups: Lookups, read_at: int) -> None:
        self._config = config
        self._lookups = lookups
        name, received_at = config.unsubscribe_event_name, format_second(read_at)
        self._blanks = {kind.name: blank_of(kind, name, received_at) for kind in ALL_KINDS}

    def rows(self, events: Sequence[Event]) -> Iterator[tuple[Sequence[Event], Iterator[dict[str, Any]]]]:
        """The events in batches, each with its rows. Raises `Failure` if Mailjet fails.

        A row is made when it is taken: so the memory of the one before is used again, which is faster.
        """
        surroundings = self._lookups.look_up(events)
        user_id_from = self._config.user_id_from

        def make(event: Event) -> dict[str, Any]:
            return to_row(event, surroundings, self._blanks[event.kind.name], user_id_from)

        for first in range(0, len(events), ROWS_AT_ONCE):
            batch = events[first : first + ROWS_AT_ONCE]
            yield batch, map(make, batch)
