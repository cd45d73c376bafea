"""Copies for an address that was taken over: kept with the post, in the same transaction."""

from __future__ import annotations

import json
from datetime import datetime, timezone

from event_store.store import Store
from mailjet_collector.webhooks import FORMER
from unit_tests.mailjet_collector.process import until
from unit_tests.mailjet_collector.running import NAME, OPEN, Running

FORMER_URL = "https://user:secret@former.example.com/hook"


def copies(store: Store) -> list[bytes]:
    return [relay.body for relay in store.due_relays(NAME, datetime.now(timezone.utc), 100)]


def test_an_address_that_was_taken_over_gets_copies_of_its_own_types(collector: Running) -> None:
    store = Store(collector.address)
    collector.post(OPEN)
    assert copies(store) == []
    store.set_note(NAME, FORMER, {"open": {"url": FORMER_URL, "version": 2}})
    items = [OPEN | {"MessageID": 5}, OPEN | {"event": "sent"}, OPEN | {"MessageID": 6}]

    def is_copied() -> bool:
        assert collector.post(items).status == 200
        return bool(copies(store))

    until(is_copied)  # a running collector reads the note every few seconds
    assert json.loads(copies(store)[0]) == [items[0], items[2]]
    store.close()
