"""Looks now and then whether Mailjet still posts to us: it suspends an address if posts have failed for too long.

The result is a note for the admin page. A suspended address is logged, with the command that mends it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import datetime, timezone

from event_store.store import Store
from mailjet_collector import webhooks
from mailjet_collector.config import AccountConfig
from mailjet_collector.troubles import Troubles
from mailjet_collector.webhooks import Standing
from mailjet_rest.client import Mailjet
from program.failure import Failure
from segment_events.instants import format_instant

ADDRESSES_NOTE = "webhook_addresses"
"""The last result: `{"at": "...", "addresses": [{"event", "state", "alive"}]}`, with the words of `webhooks
status --json`."""


class AddressWatch:
    """Watches one account's addresses. For one thread."""

    def __init__(self, account: AccountConfig, public_url: str, store: Store, log: logging.Logger) -> None:
        self._name, self._store = account.name, store
        self._ours = webhooks.ours_of(account, public_url)
        self._troubles = Troubles(log, f"Account {account.name}, addresses at Mailjet")

    def look(self, mailjet: Mailjet, ended: threading.Event) -> None:
        """Asks Mailjet once. A failure stops nothing, and is logged unless it comes of the end. Raises `StoreError`."""
        try:
            standings = webhooks.standing(mailjet, self._store, self._name, self._ours)
        except Failure as failure:
            if not ended.is_set():
                self._troubles.note(failure.sentence)
            return
        note_standings(self._store, self._name, standings)
        if sentence := suspended_sentence(standings):
            self._troubles.note(sentence)
        else:
            self._troubles.note_end()


def note_standings(store: Store, account: str, standings: Sequence[Standing]) -> None:
    """Keeps for the page how an account's addresses stand now."""
    addresses = [
        {"event": standing.event, "state": standing.state, "alive": standing.is_alive} for standing in standings
    ]
    now = datetime.now(timezone.utc).replace(microsecond=0)
    store.set_note(account, ADDRESSES_NOTE, {"at": format_instant(now), "addresses": addresses})


def suspended_sentence(standings: Sequence[Standing]) -> str | None:
    """The fault and the remedy, if Mailjet has suspended an address of ours."""
    dead = ", ".join(standing.event for standing in standings if standing.state == "ours" and not standing.is_alive)
    return f"Mailjet has suspended the address of {dead}: run mailjet-segment webhooks register." if dead else None
