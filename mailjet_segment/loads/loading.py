"""A load: all that the store has after the target's place, batch by batch, and the place is marked after each package.

The rows of a package are in the target before its place is marked, and merged by id: a crash at any moment repeats at
most the package in flight. dlt keeps no state for us: the store has the place, the target has the tables.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module

from event_store.cursor import place_of
from event_store.errors import GonePosition
from event_store.store import Store
from event_store.values import Batch
from mailjet_segment.loads.place import Place, open_place
from mailjet_segment.loads.target import Target
from mailjet_segment.scratch import scratch_in
from program.failure import Failure

AT_ONCE = 2_500
"""Rows that are read from the store, and made a table of Arrow's, together."""
PACKAGE_ROWS = 200_000
"""Rows after which a package ends: dlt and the merge cost much for each package, and little for each row."""


@cache
def import_in_advance() -> None:
    """Imports dlt in a thread, once, while the caller still waits for something else: it takes most of a second.

    The process does not end before: libraries that are half loaded do not like to be. A package that is missing is said
    by the load.
    """
    threading.Thread(target=_import_pipeline, name="import").start()


def _import_pipeline() -> None:
    with suppress(ImportError):
        import_module("mailjet_segment.loads.pipeline")


@dataclass
class Loaded:
    """The events that a load handed to its target, by stream; each of the six kinds is in `tracks` too."""

    rows: Counter[str] = field(default_factory=Counter)


def load(
    store: Store,
    accounts: Sequence[str],
    target: Target,
    stop: threading.Event,
    count: Callable[[int], None] = lambda events: None,
    say: Callable[[str], None] = lambda sentence: None,
    package_rows: int = PACKAGE_ROWS,
    expect: Callable[[int], None] = lambda events: None,
) -> Loaded:
    """Loads the new events of these accounts; raises `Failure` with one sentence, after which another load goes on.

    `expect` hears how many events come, `count` how many more are in the target, `say` that it waits for somebody.
    Once `stop` is set, the load ends after the package in flight.
    """
    with store.hold(f"load-{target.digest}") as is_ours:
        if not is_ours:
            raise Failure(f"Another run loads into {target.name} just now; run this again when it has ended.")
        beside = store.file.parent if store.file else None
        with scratch_in(beside) as folder, open_place(target, store.id, folder, stop, say) as place:
            if place.is_new():
                store.begin_again(target.consumer)  # first: tables that are there, and empty, are not new any more
                place.make_tables()
            loaded = Loaded()
            expect(sum(_ahead(store, account, target) for account in accounts))
            for account in accounts:
                _load_account(store, account, target, place, stop, count, package_rows, loaded)
                place.is_empty = False  # whatever accounts are configured, an id is merged if it may be there already
            place.make_views()
            return loaded


def _ahead(store: Store, account: str, target: Target) -> int:
    """How many events come after the target's place, or a few more: some may have been deleted."""
    return place_of(store.end(account)) - place_of(store.consumer(account, target.consumer).after)


def _load_account(
    store: Store,
    account: str,
    target: Target,
    place: Place,
    stop: threading.Event,
    count: Callable[[int], None],
    package_rows: int,
    loaded: Loaded,
) -> None:
    after = store.consumer(account, target.consumer).after
    if store.note(account, target.consumer) is None:
        store.set_note(account, target.consumer, target.name)  # for people who ask how far it is
    is_over = False
    while not is_over and not stop.is_set():
        package = Package(store, account, after, package_rows)
        forgets = store.forgets()
        has_content = place.extract(package.batches())
        if store.forgets() != forgets:
            place.discard()  # it may hold a person who was to be forgotten: it is read again, without
            continue
        if has_content:
            place.load()
        store.advance(account, target.consumer, package.after)
        after, is_over = package.after, not package.more
        loaded.rows.update(package.rows)
        count(package.rows.total())


class Package:
    """Batches that are loaded together, as they are read from the store."""

    def __init__(self, store: Store, account: str, after: str, most_rows: int) -> None:
        self._store, self._account, self._most_rows = store, account, most_rows
        self.after, self.more, self.rows = after, True, Counter[str]()

    def batches(self) -> Iterator[Batch]:
        while self.more and self.rows.total() < self._most_rows:
            batch = self._read(min(AT_ONCE, self._most_rows - self.rows.total()))
            self.after, self.more = batch.after, batch.more
            self.rows.update({stream: len(texts) for stream, texts in batch.texts.items()})
            if batch.texts:
                yield batch

    def _read(self, limit: int) -> Batch:
        try:
            return self._store.read_many(self._account, self.after, limit)
        except GonePosition:  # of a target that is new, or was not loaded for long: deleted events cannot be loaded
            return self._store.read_many(self._account, None, limit)
