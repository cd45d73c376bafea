"""The values that go into the store and come out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

import orjson

from event_store.clock import from_ms
from event_store.cursor import at_place
from segment_events.kinds import KIND_BY_NAME, Kind

NO_CONTENT = {"body": None, "row_json": None, "other_body": None, "address": None}
"""The columns that a deleted event loses. It keeps all others, its id among them."""

Way = Literal["webhook", "rest"]
"""How an event was seen."""


class Item(NamedTuple):
    """An event as it was seen: `at` in Unix seconds, `body` as it came.

    `link_url` tells clicks of one message apart. `bounce_type` is `hard` or `soft` if it is known.
    """

    kind: Kind
    email_id: str
    at: int
    body: bytes
    link_url: str | None = None
    address: str | None = None
    bounce_type: str | None = None


class Refused(NamedTuple):
    """An item that came and is no event, and the reason, which quotes nothing of it."""

    reason: str
    body: bytes


class Relay(NamedTuple):
    """A copy of items that another address gets too: `target` is the collector's word for it."""

    target: str
    body: bytes
    expires_at: datetime


class Post(NamedTuple):
    """A post of webhooks, or a page of rows by REST. It is stored whole or not at all."""

    account: str
    received_at: datetime
    items: Sequence[Item]
    refused: Sequence[Refused] = ()
    way: Way = "webhook"
    relays: Sequence[Relay] = ()


class Receipt(NamedTuple):
    """The outcome of a post: events added, items that were stored already, refused items kept for the first time."""

    new: int
    repeated: int
    rejected: int


class Waiting(NamedTuple):
    """A stored event that has no position yet. `event_id` is its id, even if its body gives another."""

    inbox_id: int
    event_id: str
    at: int
    way: Way
    received_at: datetime
    body: bytes


class KnownEvent(NamedTuple):
    """An event whose surroundings are known: `at` in Unix seconds, `row` as its table has it, with its id."""

    kind: Kind
    email_id: str
    at: int
    row: Mapping[str, Any]


class StoredRow(NamedTuple):
    """A row of a warehouse table, the place of its event among those of its account, and when the event came.

    `kind`: the name of the event's kind; `text`: the row as the JSON that is stored. Most readers of many rows need
    only some of it, so it is parsed by those who ask for `row`.
    """

    place: int
    kind: str
    text: str
    received_at_ms: int

    @property
    def stream(self) -> str:
        """The stream that the row belongs to."""
        return KIND_BY_NAME[self.kind].stream

    @property
    def row(self) -> dict[str, Any]:
        """The row, parsed anew each time."""
        row: dict[str, Any] = orjson.loads(self.text)
        return row

    @property
    def received_at(self) -> datetime:
        """When the event came."""
        return from_ms(self.received_at_ms)


class Page(NamedTuple):
    """Rows in order of position. `after` is the last position looked at: reading goes on from it."""

    rows: Sequence[StoredRow]
    after: str
    more: bool

    def position(self, place: int) -> str:
        """The position of a place, for an account's readers."""
        return at_place(self.after, place)


class Batch(NamedTuple):
    """Rows as the JSON texts that are stored, by stream and in order of position; `after` and `more` as in `Page`."""

    texts: Mapping[str, Sequence[str]]
    after: str
    more: bool


class Account(NamedTuple):
    """An account of the store; `first_started_at` is when it was first opened here."""

    name: str
    first_started_at: datetime


class Consumer(NamedTuple):
    """How far a reader with a name is; `passed_over` counts the events that it could not hand on."""

    name: str
    after: str
    passed_over: int


class RejectedItem(NamedTuple):
    """A rejected item without its content."""

    rejected_id: int
    reason: str
    received_at: datetime
    size: int


class RejectedBody(NamedTuple):
    """A rejected item as it came."""

    rejected_id: int
    received_at: datetime
    body: bytes


class DueRelay(NamedTuple):
    """A copy that waits to be relayed."""

    relay_id: int
    target: str
    body: bytes


class Forgotten(NamedTuple):
    """How much `forget` deleted: events with or without a position, rejected items, copies not relayed yet."""

    events: int
    rejected: int
    relays: int


class Status(NamedTuple):
    """An account's state at a glance. `last_seen`: the time of the last webhook, by kind.

    `that_day`: how many events of the kind webhooks brought on the day of that time (UTC), repeats included.
    """

    waiting: int
    oldest_waiting: datetime | None
    rejected: int
    last_seen: Mapping[str, datetime]
    that_day: Mapping[str, int]
