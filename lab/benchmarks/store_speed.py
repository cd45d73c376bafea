"""How many events a second the event store receives: `python -m lab.benchmarks.store_speed`.

Posts of one account, as webhooks would bring them, one transaction a batch; then the same by REST, a second later each,
so that each joins a stored event; then rows and positions, and reading them.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from time import perf_counter

from event_store.store import Store
from event_store.values import Item, Post
from lab.postgres import find_programs, running
from segment_events.kinds import CLICKED, DELIVERED, OPENED, UNSUBSCRIBED

EVENTS = 50_000
BATCH = 500
ACCOUNT = "speed"
NOW = datetime(2026, 1, 31, tzinfo=timezone.utc)
FIRST_ID, FIRST_SECOND = 1152921519812251571, 1_769_800_000
MIX = (DELIVERED, DELIVERED, OPENED, OPENED, OPENED, CLICKED, DELIVERED, OPENED, UNSUBSCRIBED, CLICKED)


def items(shift_s: int = 0) -> Iterator[list[Item]]:
    """Batches of events, each of a message of its own for every ten of them, all later by some seconds."""
    for start in range(0, EVENTS, BATCH):
        yield [item(number, shift_s) for number in range(start, start + BATCH)]


def item(number: int, shift_s: int) -> Item:
    kind = MIX[number % len(MIX)]
    email_id, at = str(FIRST_ID + number // 3), FIRST_SECOND + number * 7 + shift_s
    url = f"https://example.com/offers/{number % 50}?campaign=spring" if kind is CLICKED else None
    address = f"person{number // 3}@example.com"
    body = json.dumps(
        {
            "event": kind.name,
            "time": at,
            "MessageID": int(email_id),
            "Message_GUID": "1ab23cd4-e567-8901-2345-6789f0gh1i2j",
            "email": address,
            "mj_campaign_id": 7257,
            "mj_contact_id": number // 3,
            "customcampaign": "",
            "CustomID": f"order-{number}",
            "Payload": '{"basket": 17}',
            "url": url,
            "ip": "127.0.0.1",
            "geo": "FR",
            "agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/33.0",
        }
    ).encode()
    return Item(kind, email_id, at, body, url, address)


def measure(address: str) -> dict[str, float]:
    """Events a second, by what was done with them."""
    store = Store(address)
    store.open_account(ACCOUNT, "00000000", NOW)
    leader = store.try_lead(ACCOUNT)
    assert leader
    webhooks = [[Post(ACCOUNT, NOW, batch[n : n + 10]) for n in range(0, BATCH, 10)] for batch in items()]
    pages = [[Post(ACCOUNT, NOW, batch, way="rest")] for batch in items(1)]
    figures = {
        "received by webhook": _rate(lambda: [store.receive(posts) for posts in webhooks]),
        "received again": _rate(lambda: [store.receive(posts) for posts in webhooks]),
        "matched by REST": _rate(lambda: [store.receive(page) for page in pages]),
    }

    def resolve() -> None:
        while waiting := store.unresolved(ACCOUNT, BATCH, NOW):
            rows = [
                (
                    event.inbox_id,
                    {"id": event.event_id, "anonymous_id": f"p{event.inbox_id}@example.com", "x": "y" * 400},
                )
                for event in waiting
            ]
            store.resolve(leader, rows)

    def read() -> None:
        after, more = None, True
        while more:
            _, after, more = store.read(ACCOUNT, after, 1000)

    figures["given a row and a position"] = _rate(resolve)
    figures["read"] = _rate(read)
    assert store.read(ACCOUNT, None, 1).more
    store.close()
    return figures


def _rate(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return EVENTS / (perf_counter() - began)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        _show("SQLite", measure(f"sqlite:///{Path(folder) / 'events.db'}"))
    programs = find_programs()
    if programs:
        with running(programs) as server:
            _show("PostgreSQL", measure(server.database()))


def _show(name: str, figures: dict[str, float]) -> None:
    for what, rate in figures.items():
        print(f"{name}: {rate:,.0f} events/s {what}")


if __name__ == "__main__":
    main()
