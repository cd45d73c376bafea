"""The addresses that get copies of posts, as far as this collector knows: `webhooks` may change them at any time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress

from event_store.errors import StoreError
from event_store.store import Store
from mailjet_collector.relaying import RelayTarget, relay_targets

READ_EVERY_S = 2.0


class KnownTargets:
    """The targets of accounts. Begins with those in the store."""

    def __init__(self, store: Store, accounts: Iterable[str]) -> None:
        self._store, self._accounts = store, list(accounts)
        self._targets: dict[str, list[RelayTarget]] = {}
        self._read()

    def of(self, account: str) -> Sequence[RelayTarget]:
        return self._targets[account]

    async def keep_up(self) -> None:
        """Reads them again and again, until it is cancelled."""
        while True:
            await asyncio.sleep(READ_EVERY_S)
            with suppress(StoreError):  # the ones known last are used meanwhile
                await asyncio.to_thread(self._read)

    def _read(self) -> None:
        self._targets = {account: relay_targets(self._store, account) for account in self._accounts}
