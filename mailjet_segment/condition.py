"""The condition of a store, for people: how far each account was read, and how many events each consumer lacks.

It reads, and changes nothing: a sync or a collector may run on the store meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from event_store.cursor import at_place, place_of
from event_store.store import Store
from event_store.values import Consumer, Status
from mailjet_collector.forward_plan import parse_note
from mailjet_collector.forwarding import plan_note
from mailjet_collector.note_names import COMPLETENESS
from mailjet_segment.last_sync import LastSync, read_last_sync
from mailjet_segment.store_failure import said_plainly
from mailjet_segment.store_place import READING, is_of_sync
from segment_events.instants import parse_instant
from segment_events.kinds import BLOCKED

_SEGMENT, _TARGET = "segment:", "load:"


@dataclass(frozen=True)
class Reader:
    """A consumer of an account's events: `consumer` is its name in the store, `name` one for people.

    `waiting` events are not there yet; `passed_over` were left out.
    """

    kind: Literal["segment", "target"]
    consumer: str
    name: str
    waiting: int
    passed_over: int


@dataclass(frozen=True)
class Condition:
    """An account of a store. `read_until`: up to when each feed was read, by REST. `events`: how many ever came.

    `last`: of `sync`. `status`: of webhooks, and of events that wait for their person.
    """

    account: str
    kind: Literal["sync", "collector"]
    last: LastSync | None
    read_until: Mapping[str, datetime]
    events: int
    status: Status
    readers: Sequence[Reader]

    @property
    def last_post(self) -> datetime | None:
        """When the last post of a webhook came."""
        return max(self.status.last_seen.values(), default=None)

    @property
    def fresh_at(self) -> datetime | None:
        """The last moment at which everything was here: of a complete sync, of a post, or of a reading by REST."""
        if self.last:
            return self.last.complete_at
        known = [self.last_post, min(self.read_until.values(), default=None)]
        return max(filter(None, known), default=None)


@contextmanager
def opened(address: str) -> Iterator[Store]:
    """A store that exists, to look into; raises `Failure` for any other."""
    with said_plainly(), closing(Store(address, must_exist=True)) as store:
        yield store


def read_conditions(store: Store) -> list[Condition]:
    """The condition of each account, by name."""
    return [read_condition(store, account) for account in sorted(store.account_names())]


def read_condition(store: Store, account: str) -> Condition:
    """The condition of one account."""
    is_sync = is_of_sync(account)
    return Condition(
        account=account,
        kind="sync" if is_sync else "collector",
        last=read_last_sync(store, account),
        read_until=_read_until(store.note(account, READING if is_sync else COMPLETENESS)),
        events=place_of(store.end(account)),
        status=store.status(account),
        readers=[reader for consumer in store.consumers(account) if (reader := _reader(store, account, consumer))],
    )


def _read_until(written: Mapping[str, Any] | None) -> dict[str, datetime]:
    """The end of the last window of each feed that was ever read to its end."""
    feeds = written.get("feeds", {}) if written else {}
    return {name: parse_instant(feed["read_until"]) for name, feed in feeds.items() if feed.get("covered")}


def _reader(store: Store, account: str, consumer: Consumer) -> Reader | None:
    if consumer.name.startswith(_TARGET):
        name = store.note(account, consumer.name) or consumer.name.removeprefix(_TARGET)
        return Reader("target", consumer.name, str(name), store.count_after(account, consumer.after, None), 0)
    if not consumer.name.startswith(_SEGMENT):
        return None
    name = consumer.name.removeprefix(_SEGMENT).rpartition(":")[0]
    waiting = _waiting_for_segment(store, account, consumer)
    return Reader("segment", consumer.name, name, waiting, consumer.passed_over)


def _waiting_for_segment(store: Store, account: str, consumer: Consumer) -> int:
    """How many events are to be sent: those after its position since the instant of its plan."""
    note = store.note(account, plan_note(consumer.name))
    plan = parse_note(note) if note else None
    after, since = consumer.after, plan.since if plan else ""
    if plan and plan.again and (plan.begins_again or place_of(after) < plan.again[0]):
        since = plan.again[1]
    if plan and plan.begins_again:
        after = at_place(after, 0)
    return store.count_after(account, after, parse_instant(since) if since else None, [BLOCKED])
