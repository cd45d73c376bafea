"""One sync: its bounds, its readings, and the tools that all of them share."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from mailjet_events.event import Event
from mailjet_reading.config import Config, refuse_future_start
from mailjet_reading.feeds.feeds import ALL_FEEDS, BLOCKS, MESSAGES
from mailjet_reading.limits import GATHERED, SETTLED_S
from mailjet_reading.lookups.contact_property import find_property, sentence_without
from mailjet_reading.lookups.enrichment import Enrichment
from mailjet_reading.lookups.histories import Histories
from mailjet_reading.lookups.scratch_store import Store
from mailjet_reading.lookups.surroundings import Lookups
from mailjet_reading.part import Part, Stored, Tools, nothing_stored
from mailjet_reading.reading import Reading, begin_reading
from mailjet_reading.report import Report
from mailjet_reading.state import FeedState
from mailjet_rest.client import Mailjet
from mailjet_rest.pages import all_pages
from mailjet_rest.rows import State, parse_message_state
from mailjet_rest.windows import subtract

LOGGER = logging.getLogger("airbyte")
Rows = tuple[Sequence[Event], Iterator[dict[str, Any]]]
"""Events, and the row of each, which is made when it is taken."""


class Sync:
    """Everything that the readings of a sync share. To make one asks Mailjet for its clock, the states of bounces and
    the contact property.

    `until` is fixed for the whole sync: the earlier of this machine's clock and Mailjet's at its start, less
    `SETTLED_S`, or the configured end. Raises `Failure` if Mailjet does not answer, or if the start is not before the
    end. `stored`: the messages about which nothing more has to be asked. `states`: those of bounces, if they are known;
    then somebody must have asked Mailjet something before, for its clock.
    """

    def __init__(
        self,
        config: Config,
        api: Mailjet,
        stored: Stored = nothing_stored,
        states: Sequence[State] | None = None,
    ) -> None:
        self.config = config
        self.read_at = int(time.time())
        self.workers = threading.BoundedSemaphore(config.num_workers)
        states = read_states(api) if states is None else states
        now = min(self.read_at, api.date or self.read_at) - SETTLED_S
        self.until = min(now, config.end or now)
        refuse_future_start(config, now)
        user_property = find_property(api, config)
        if config.user_id_from == "contact_property" and user_property is None:
            LOGGER.warning(sentence_without(config))
        self._api = api
        self._store = Store()
        self._pool = ThreadPoolExecutor(config.num_workers, thread_name_prefix="enrichment")
        lookups = Lookups(api, self._store, self._pool, user_property)
        self._enrichment = Enrichment(config, lookups, self.read_at)
        self.report = Report()
        self._tools = Tools(
            config,
            api,
            self._store,
            lookups.messages,
            Histories(api, self._store, self._pool),
            self._pool,
            {state.state_id: state for state in states},
            self.report,
            stored,
        )

    def readings(self, states: Mapping[str, Mapping[str, FeedState]]) -> list[Reading]:
        """Groups streams whose feeds have equal states: each distinct (feed, state) pair is read once and shared.

        `states`: of each stream, by feed. Order: as in `ALL_FEEDS`.
        """
        groups: dict[tuple[int, str], tuple[FeedState, list[str]]] = {}
        for stream, feeds in states.items():
            for place, feed in enumerate(ALL_FEEDS):
                if state := feeds.get(feed.name):
                    groups.setdefault((place, repr(state.to_json())), (state, []))[1].append(stream)
        start, lookback_s = self.config.start, self.config.lookback_s
        readings = [
            begin_reading(number, ALL_FEEDS[place], state, streams, start, self.until, lookback_s)
            for number, ((place, _), (state, streams)) in enumerate(sorted(groups.items(), key=lambda group: group[0]))
        ]
        listed = [span for reading in readings if reading.feed is MESSAGES for span in reading.spans]
        # A blocked message comes with its event, and has no others: nobody looks for it.
        read = [span for reading in readings if reading.feed not in (MESSAGES, BLOCKS) for span in reading.spans]
        self._tools.messages.expect(subtract(read, listed))
        return readings

    def plan(self, reading: Reading) -> Iterator[Part]:
        """The parts of a reading, by the plan of its feed. Raises `Failure` if Mailjet fails."""
        return reading.feed.plan(reading, self._tools)

    def read(self, part: Part) -> Iterator[Iterator[Rows]]:
        """The events of a part with their rows, batch by batch. Raises `Failure` if Mailjet fails, as reading a batch
        does. While a batch is read, the part has learned from this batch and those before, from no later one.
        """
        batches = part.read(part, self._tools)
        for batch in _gather(batches) if part.is_gathered else batches:
            yield self._rows(part.reading, batch)

    def events(self, part: Part) -> Iterator[list[Event]]:
        """As `read`, without rows: nothing is looked up."""
        for batch in part.read(part, self._tools):
            yield self.report.select(part.reading, batch)

    def _rows(self, reading: Reading, batch: Sequence[Event]) -> Iterator[Rows]:
        for events, rows in self._enrichment.rows(self.report.select(reading, batch)):
            self.report.count(reading, events)
            yield events, rows

    def close(self) -> None:
        """Ends requests and threads that are left, and releases the temporary files."""
        self._api.close()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._store.close()


def read_states(api: Mailjet) -> list[State]:
    """The states of bounces. Raises `Failure`."""
    return [state for page in all_pages(api, "messagestate", {}, parse_message_state) for state in page]


def _gather(batches: Iterator[list[Event]]) -> Iterator[list[Event]]:
    """The same events in batches of several pages: the more are looked up together, the fewer requests it takes."""
    gathered: list[Event] = []
    for batch in batches:
        gathered += batch
        if len(gathered) >= GATHERED:
            yield gathered
            gathered = []
    yield gathered
