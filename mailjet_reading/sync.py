"""One sync: its bounds, and what it reads for whom."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from mailjet_events.event import Event
from mailjet_reading.config import Config, refuse_future_start
from mailjet_reading.feeds.deliveries import plan_deliveries
from mailjet_reading.feeds.engagements import plan_engagements
from mailjet_reading.feeds.feeds import BOUNCES, CLICKS, ENGAGEMENTS, FEEDS, MESSAGES, OPENS
from mailjet_reading.feeds.statistics import plan_statistics
from mailjet_reading.lookups.contact_property import find_property, sentence_without
from mailjet_reading.lookups.enrichment import Enrichment
from mailjet_reading.lookups.histories import Histories
from mailjet_reading.lookups.scratch_store import Store
from mailjet_reading.part import Part, Tools
from mailjet_reading.reading import Reading
from mailjet_reading.report import Report
from mailjet_reading.state import FeedState
from mailjet_rest.client import Mailjet
from mailjet_rest.pages import LIMIT, all_pages
from mailjet_rest.rows import parse_message_state
from mailjet_rest.windows import subtract

LOGGER = logging.getLogger("airbyte")
SETTLED_S = 5
"""How long before now a sync ends: what happened later may not be listed yet."""
GATHERED = 5 * LIMIT
"""Events whose surroundings are looked up together."""
Rows = tuple[Sequence[Event], list[dict[str, object]]]
"""Some of what happened, with its rows."""
PLANS: Mapping[str, Callable[[Reading, Tools], Iterator[Part]]] = {
    MESSAGES.name: plan_deliveries,
    OPENS.name: plan_statistics,
    CLICKS.name: plan_statistics,
    BOUNCES.name: plan_statistics,
    ENGAGEMENTS.name: plan_engagements,
}


class Sync:
    """What all readings of a sync share. Opening one asks Mailjet for its clock, the states of messages and the
    property.

    `until` is fixed for the whole sync: the earlier of this machine's clock and Mailjet's at its start, less
    `SETTLED_S`, or the configured end. Raises `Failure` where Mailjet cannot be asked, or where there is nothing
    between start and end.
    """

    def __init__(self, config: Config, api: Mailjet) -> None:
        self.config = config
        self.read_at = int(time.time())
        self.workers = threading.BoundedSemaphore(config.num_workers)
        states = [state for page in all_pages(api, "messagestate", {}, parse_message_state) for state in page]
        now = min(self.read_at, api.date or self.read_at) - SETTLED_S
        self.until = min(now, config.end or now)
        refuse_future_start(config, now)
        user_property = find_property(api, config)
        if config.user_id_from == "contact_property" and user_property is None:
            LOGGER.warning(sentence_without(config))
        self._api = api
        self._store = Store()
        self._pool = ThreadPoolExecutor(config.num_workers, thread_name_prefix="enrichment")
        self._enrichment = Enrichment(config, api, self._store, self._pool, user_property, self.read_at)
        self.report = Report()
        self._tools = Tools(
            config,
            api,
            self._store,
            self._enrichment.messages,
            Histories(api, self._store, self._pool),
            self._pool,
            {state.state_id: state for state in states},
            self.report,
        )

    def readings(self, states: Mapping[str, Mapping[str, FeedState]]) -> list[Reading]:
        """What is to be read for the streams with these states of their feeds, in this order: once for all with an
        equal one.
        """
        order = [feed.name for feed in FEEDS]
        groups: dict[tuple[int, str], tuple[FeedState, list[str]]] = {}
        for stream, feeds in states.items():
            for feed, state in feeds.items():
                groups.setdefault((order.index(feed), repr(state.to_json())), (state, []))[1].append(stream)
        config = self.config
        readings = [
            Reading(number, FEEDS[feed], state, streams, config.start, self.until, config.lookback_s)
            for number, ((feed, _), (state, streams)) in enumerate(sorted(groups.items(), key=lambda group: group[0]))
        ]
        listed = [span for one in readings if one.feed is MESSAGES for span in one.spans]
        read = [span for one in readings if one.feed is not MESSAGES for span in one.spans]
        self._tools.messages.expect(subtract(read, listed))
        return readings

    def plan(self, reading: Reading) -> Iterator[Part]:
        """The parts of a reading. Raises `Failure` where Mailjet fails."""
        return PLANS[reading.feed.name](reading, self._tools)

    def read(self, part: Part) -> Iterator[Iterator[Rows]]:
        """What happened in a part, batch by batch. Raises `Failure` where Mailjet fails, as reading a batch does.

        While a batch is read, `part.learned` is of this one and those before.
        """
        batches = part.read(part, self._tools)
        for batch in _gather(batches) if part.is_gathered else batches:
            yield self._rows(part.reading, batch)

    def _rows(self, reading: Reading, batch: Sequence[Event]) -> Iterator[Rows]:
        for events, rows in self._enrichment.rows(self.report.select(reading, batch)):
            self.report.count(reading, events)
            yield events, rows

    def close(self) -> None:
        """Ends whatever still asks or waits, and gives back what the sync held."""
        self._api.close()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._store.close()


def _gather(batches: Iterator[list[Event]]) -> Iterator[list[Event]]:
    """The same events in batches of several pages: what surrounds many is asked for in fewer requests."""
    gathered: list[Event] = []
    for batch in batches:
        gathered += batch
        if len(gathered) >= GATHERED:
            yield gathered
            gathered = []
    yield gathered
