"""Posts into the store: many in one transaction, each whole or not at all, each event once.

A write holds the row of `store`, so that two collectors never match the same sightings at once.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from event_store.bulk import insert_rows, update_rows
from event_store.by_hand import run_by_hand
from event_store.clock import to_ms
from event_store.ledger import REPEATED_KINDS, WAYS, Ledger, NewEvent, Stored
from event_store.matching import Sighting
from event_store.schema import EVENT, REJECTED, RELAY
from event_store.values import Item, Post, Receipt

_MARGIN_S = 60
"""How far around a batch's seconds its messages' events are looked at; two sightings of one event are 2 s apart."""

_EVENT_COLUMNS = (
    *("event_no", "account_no", "wait_until", "email_id", "event_id", "kind", "link", "bounce", "second", "way"),
    *("received_at", "other_no", "other_second", "other_received_at", "address", "other_body", "body"),
)
_JOINED_COLUMNS = ("other_no", "other_second", "other_received_at", "other_body")

_STORED = f"""
SELECT event_no, email_id, kind, link, bounce, second, way, other_no, other_second FROM event
WHERE account_no = ? AND email_id {{is_wanted}}
AND (kind NOT IN ({", ".join(f"'{kind}'" for kind in sorted(REPEATED_KINDS))}) OR second BETWEEN ? AND ?)
"""
_STORED_IN_SQLITE = _STORED.format(is_wanted="IN (SELECT value FROM json_each(?))")
_STORED_IN_POSTGRES = f"""
SELECT stored.* FROM unnest(?::text[]) AS wanted (email_id),
LATERAL ({_STORED.format(is_wanted="= wanted.email_id")} OFFSET 0) AS stored
"""
"""`OFFSET 0` has PostgreSQL look up message by message. In the first minute of a table, before it has counted rows, it
would else read all of the account's."""

_TAKE_NUMBERS = "UPDATE store SET next_arrival = next_arrival + ? RETURNING next_arrival"
_DAY_MS = 86_400_000
_SEEN_AT = f"""
INSERT INTO last_seen (account_no, kind, at, that_day) VALUES {{rows}} ON CONFLICT (account_no, kind) DO UPDATE SET
at = CASE WHEN excluded.at > last_seen.at THEN excluded.at ELSE last_seen.at END,
that_day = excluded.that_day
    + CASE WHEN excluded.at / {_DAY_MS} = last_seen.at / {_DAY_MS} THEN last_seen.that_day ELSE 0 END
WHERE excluded.at / {_DAY_MS} >= last_seen.at / {_DAY_MS}
"""


class _Content(NamedTuple):
    """The rest of a sighting, besides its second. There is no body if the event was deleted."""

    received_at: int
    address: str | None
    body: bytes | None


def receive(connection: Connection, posts: Sequence[tuple[int, Post]]) -> list[Receipt]:
    """Stores posts, each with the number of its account; returns their receipts, in their order."""
    arrival = take_numbers(connection, sum(len(post.items) for _, post in posts))
    receipts: list[Receipt] = [Receipt(0, 0, 0)] * len(posts)
    by_account: dict[int, list[tuple[int, int, Post]]] = {}
    for place, (account_no, post) in enumerate(posts):
        by_account.setdefault(account_no, []).append((place, arrival, post))
        arrival += len(post.items)
    for account_no, numbered in by_account.items():
        ledger = Ledger(_stored(connection, account_no, [item for *_, post in numbered for item in post.items]))
        for place, first_arrival, post in numbered:
            receipts[place] = ledger.take(post, first_arrival)
        _write(connection, account_no, ledger, _contents(numbered))
        _write_besides(connection, account_no, [post for *_, post in numbered])
    return receipts


def take_numbers(connection: Connection, count: int) -> int:
    """Reserves numbers for `count` sightings and returns the first; nobody else receives until the commit."""
    return int(run_by_hand(connection, _TAKE_NUMBERS, count).scalar_one()) - count


def hold_receiving(connection: Connection) -> None:
    """Keeps everybody from receiving until the commit."""
    take_numbers(connection, 0)


def _stored(connection: Connection, account_no: int, items: Sequence[Item]) -> Iterable[Stored]:
    if not items:
        return []
    email_ids = list({item.email_id for item in items})
    seconds = [item.at for item in items]
    bounds = (min(seconds) - _MARGIN_S, max(seconds) + _MARGIN_S)
    if connection.dialect.name == "sqlite":
        found = run_by_hand(connection, _STORED_IN_SQLITE, account_no, json.dumps(email_ids), *bounds)
    else:
        found = run_by_hand(connection, _STORED_IN_POSTGRES, email_ids, account_no, *bounds)
    return [Stored._make(row) for row in found]


def _contents(numbered: Sequence[tuple[int, int, Post]]) -> dict[int, _Content]:
    contents: dict[int, _Content] = {}
    for _, first_arrival, post in numbered:
        received_at = to_ms(post.received_at)
        for arrival, item in enumerate(post.items, first_arrival):
            contents[arrival] = _Content(received_at, normal_address(item.address), item.body)
    return contents


def normal_address(address: str | None) -> str | None:
    """An address as `forget` compares it."""
    return (address.strip().lower() or None) if address else None


def _write(connection: Connection, account_no: int, ledger: Ledger, contents: dict[int, _Content]) -> None:
    new, joined = ledger.new_events(), ledger.joined()
    others = [arrival.other for arrival in new] + [arrival.other for arrival in joined]
    moved = {arrival.event_no for arrival in new} | {other.arrival for other in others if other}
    if strangers := moved - contents.keys():
        contents.update(_contents_that_had_joined(connection, list(filter(None, map(ledger.holder_of, strangers)))))
    gone = _gone(connection, [arrival.event_no for arrival in joined if arrival.other and not arrival.is_exact])
    insert_rows(connection, EVENT, _EVENT_COLUMNS, [_event_row(account_no, event, contents) for event in new])
    rows = [
        (arrival.event_no, *_other(arrival.other, arrival.is_exact or arrival.event_no in gone, contents))
        for arrival in joined
    ]
    update_rows(connection, EVENT, "event_no", _JOINED_COLUMNS, rows)


def _contents_that_had_joined(connection: Connection, holders: Sequence[int]) -> dict[int, _Content]:
    """The contents of the sightings that had joined these events, by arrival."""
    columns = (EVENT.c.other_no, EVENT.c.other_received_at, EVENT.c.address, EVENT.c.other_body)
    found = connection.execute(select(*columns).where(EVENT.c.event_no.in_(holders)))
    return {row[0]: _Content(*row[1:]) for row in found}


def _gone(connection: Connection, event_nos: Sequence[int]) -> set[int]:
    """Which of these events were deleted: nothing may be kept of a further sighting of them."""
    if not event_nos:
        return set()
    where = EVENT.c.event_no.in_(event_nos), EVENT.c.body.is_(None), EVENT.c.row_json.is_(None)
    return set(connection.scalars(select(EVENT.c.event_no).where(*where)))


def _event_row(account_no: int, event: NewEvent, contents: Mapping[int, _Content]) -> tuple[Any, ...]:
    content = contents[event.event_no]
    email_id, kind, link = event.subject
    is_exact = event.other is None or event.other.second == event.first.second
    other_no, other_second, other_received_at, other_body = _other(event.other, is_exact, contents)
    return (
        *(event.event_no, account_no, 0, email_id, event.event_id, kind, link, event.bounce, event.first.second),
        *(WAYS.index(event.way), content.received_at, other_no, other_second, other_received_at, content.address),
        *(other_body, content.body),
    )


def _other(
    other: Sighting | None, without_body: bool, contents: Mapping[int, _Content]
) -> tuple[int | None, int | None, int | None, bytes | None]:
    """The columns of the other way's sighting; its body is kept if it may become an event of its own."""
    if other is None:
        return None, None, None, None
    content = contents[other.arrival]
    return other.arrival, other.second, content.received_at, None if without_body else content.body


def _write_besides(connection: Connection, account_no: int, posts: Sequence[Post]) -> None:
    """Keeps rejected items, the copies to relay, and the last webhook of each kind."""
    refused = [(post, item) for post in posts for item in post.refused]
    insert_rows(
        connection,
        REJECTED,
        ("account_no", "digest", "received_at", "size", "reason", "body"),
        [rejected_row(account_no, to_ms(post.received_at), item.reason, item.body) for post, item in refused],
    )
    insert_rows(
        connection,
        RELAY,
        ("account_no", "due_at", "expires_at", "target", "body"),
        [
            (account_no, to_ms(post.received_at), to_ms(relay.expires_at), relay.target, relay.body)
            for post in posts
            for relay in post.relays
        ],
    )
    if seen := _seen(posts):
        values = [value for kind, (at, count) in sorted(seen.items()) for value in (account_no, kind, at, count)]
        run_by_hand(connection, _SEEN_AT.format(rows=", ".join(["(?, ?, ?, ?)"] * len(seen))), *values)


def _seen(posts: Iterable[Post]) -> dict[str, tuple[int, int]]:
    """The time of each kind's last webhook, and how many events of the kind webhooks brought on that day."""
    last: dict[str, int] = {}
    brought: Counter[tuple[str, int]] = Counter()
    for post in posts:
        if post.way == "webhook":
            at = to_ms(post.received_at)
            for kind, count in Counter(item.kind.name for item in post.items).items():
                last[kind] = max(at, last.get(kind, at))
                brought[kind, at // _DAY_MS] += count
    return {kind: (at, brought[kind, at // _DAY_MS]) for kind, at in last.items()}


def rejected_row(account_no: int, received_at: int, reason: str, body: bytes) -> tuple[Any, ...]:
    return account_no, sha256(body).hexdigest(), received_at, len(body), reason, body
