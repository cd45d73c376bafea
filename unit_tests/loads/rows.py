"""Events of tests: some of each kind, with rows as a collector makes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from event_store.store import Store
from event_store.values import Item, Post, Waiting
from segment_events.instants import format_instant
from segment_events.kinds import BOUNCED, CLICKED, DELIVERED, KIND_BY_NAME, OPENED, SPAM, UNSUBSCRIBED, Kind
from unit_tests.event_store.posts import ACCOUNT, NOW

MIX = (DELIVERED, OPENED, CLICKED, DELIVERED, OPENED, UNSUBSCRIBED, SPAM, BOUNCED)
FIRST_SECOND = 1_769_800_000
TEXT = 'Größe "Ü", \t\\ and \u2028 a line\nbreak, \U0001f600'
"""A text that a wrong way of quoting would change."""


def open_store(address: str, *accounts: str) -> Store:
    store = Store(address)
    for number, account in enumerate(accounts or (ACCOUNT,)):
        store.open_account(account, f"{number:08x}", NOW)
    return store


def add_events(store: Store, first: int, count: int, account: str = ACCOUNT, kind: Kind | None = None) -> None:
    """Adds events with the numbers from `first` on, of all kinds in turn or of one, and gives them rows."""
    items = [_item(kind or MIX[number % len(MIX)], account, number) for number in range(first, first + count)]
    store.receive([Post(account, NOW, items)])
    leader = store.try_lead(account)
    assert leader
    while waiting := store.unresolved(account, 5_000, NOW):
        store.resolve(leader, [(event.inbox_id, row_of(event)) for event in waiting])
    leader.release()


def row_of(event: Waiting) -> Mapping[str, Any]:
    """A row with every type of column; columns that this kind of event does not have are absent."""
    _, kind_name, email_id, *_ = event.event_id.split("-")
    kind = KIND_BY_NAME[kind_name]
    number = int(event.body)
    at = format_instant(NOW.fromtimestamp(event.at, NOW.tzinfo))
    row: dict[str, Any] = {
        "id": event.event_id,
        "event": kind.stream,
        "event_text": kind.event_text,
        "anonymous_id": f"person{number}@example.com",
        "timestamp": at,
        "original_timestamp": at,
        "received_at": "2026-01-31T12:00:00.25Z" if number % 2 else "2026-01-31T12:00:00Z",
        "sent_at": "2026-01-31T12:00:00Z",
        "context_traits_email": f"person{number}@example.com",
        "email_id": email_id,
        "email_subject": TEXT if number % 3 else "",
        "campaign_id": f"{number % 3}",
        "campaign_name": f"Campaign {number % 3}",
    }
    if kind in {OPENED, CLICKED}:
        row |= {"is_bot": number % 5 == 0, "agent_browser": "Firefox"}
    if kind is CLICKED:
        row |= {"click_delay_s": number, "link_url": "https://example.com/"}
    return row


def rows_of_store(store: Store, *accounts: str) -> dict[str, Counter[str]]:
    """The ids of each table as they should be."""
    ids: dict[str, Counter[str]] = {}
    for account in accounts or (ACCOUNT,):
        after, more = None, True
        while more:
            rows, after, more = store.read(account, after, 5_000)
            for stored in rows:
                for table in {stored.stream} | ({"tracks"} if stored.stream != "email_blocked" else set()):
                    ids.setdefault(table, Counter())[stored.row["id"]] += 1
    return ids


def _item(kind: Kind, account: str, number: int) -> Item:
    url = "https://example.com/" if kind is CLICKED else None
    email_id = f"{int.from_bytes(account.encode()[:4], 'big')}{number:09}"
    return Item(kind, email_id, FIRST_SECOND + number, str(number).encode(), url, f"person{number}@example.com")
