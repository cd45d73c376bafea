"""Posts of tests, and what a store holds after them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from event_store.leadership import Leadership
from event_store.store import Store
from event_store.values import Item, Post, Receipt, Refused, Way
from segment_events.kinds import BLOCKED, BOUNCED, CLICKED, DELIVERED, OPENED, Kind

ACCOUNT = "acme"
NOW = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)


def item(kind: Kind, at: int, email_id: str = "7", **fields: Any) -> Item:
    return Item(kind, email_id, at, f"{kind.name} {email_id} {at}".encode(), **fields)


def delivered(email_id: str, at: int = 100, address: str | None = None) -> Item:
    return item(DELIVERED, at, email_id, address=address)


def opened(at: int, email_id: str = "7") -> Item:
    return item(OPENED, at, email_id)


def clicked(at: int, url: str = "https://example.com/", email_id: str = "7") -> Item:
    return item(CLICKED, at, email_id, link_url=url)


def bounced(bounce_type: str | None, at: int = 100) -> Item:
    return item(BOUNCED, at, bounce_type=bounce_type)


def blocked(at: int = 100) -> Item:
    return item(BLOCKED, at)


def post(*items: Item, way: Way = "webhook", at: datetime = NOW, account: str = ACCOUNT) -> Post:
    return Post(account, at, items, way=way)


def receive(store: Store, *items: Item, way: Way = "webhook") -> Receipt:
    """What became of one post."""
    return store.receive([post(*items, way=way)])[0]


def refuse(store: Store, *bodies: bytes, at: datetime = NOW) -> Receipt:
    return store.receive([Post(ACCOUNT, at, (), [Refused("not JSON", body) for body in bodies])])[0]


def waiting_ids(store: Store, now: datetime = NOW) -> list[str]:
    return [each.event_id for each in store.unresolved(ACCOUNT, 10_000, now)]


def lead(store: Store) -> Leadership:
    leader = store.try_lead(ACCOUNT)
    assert leader
    return leader


def resolve_all(store: Store, leader: Leadership | None = None, limit: int = 1_000, **columns: Any) -> Leadership:
    """Gives each waiting event a row with its id."""
    leader = leader or lead(store)
    while waiting := store.unresolved(ACCOUNT, limit, NOW):
        rows = [(each.inbox_id, {"id": each.event_id, **columns}) for each in waiting]
        assert store.resolve(leader, rows) == len(rows)
    return leader


def ids_read(store: Store, after: str | None = None, limit: int = 1_000) -> list[str]:
    """The ids of all rows after a position, page by page."""
    ids: list[str] = []
    more = True
    while more:
        rows, after, more = store.read(ACCOUNT, after, limit)
        ids += [each.row["id"] for each in rows]
    return ids


def last_position(store: Store) -> str:
    """The last position given."""
    return store.read(ACCOUNT, None, 10_000).after


def deliveries(first: int, last: int) -> Sequence[Item]:
    return [delivered(str(number)) for number in range(first, last + 1)]
