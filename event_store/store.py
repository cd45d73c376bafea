"""The store's only public face: each method is one transaction, and raises `StoreError` and nothing of a driver's.

Any thread may call it. A method that is reserved for an account's leader takes its `Leadership`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select

from event_store import (
    accounts,
    consumers,
    counting,
    forgetting,
    keeping,
    positions,
    reading,
    receiving,
    rejected,
    relays,
    retention,
    views,
)
from event_store.by_hand import run_by_hand
from event_store.cursor import parse_position, place_of, write_position
from event_store.database import Database
from event_store.errors import StoreError
from event_store.leadership import AdvisoryLocks, FileLocks, Leadership, check_epoch, lock_number, next_epoch
from event_store.opening import prepare, refuse_other_schema
from event_store.schema import STORE
from event_store.values import (
    Account,
    Batch,
    Consumer,
    DueRelay,
    Forgotten,
    KnownEvent,
    Page,
    Post,
    Receipt,
    RejectedBody,
    RejectedItem,
    Status,
    Waiting,
)
from segment_events.kinds import Kind

_LOOKED_AT_TOGETHER = 20_000
"""Events in which `forget` looks for an address at once: a fraction of a second."""


class Store:
    """Opens `sqlite:///a-file.db` or `postgresql://...`, and makes or upgrades its tables.

    Raises `LaterStore` for a store that a later version made. `must_exist`: for those who only look or delete, whatever
    runs on the store meanwhile; nothing is made or upgraded, and `NoStore` is raised instead.
    """

    def __init__(self, address: str, must_exist: bool = False) -> None:
        self._database = Database(address, makes_file=not must_exist)
        try:
            (refuse_other_schema if must_exist else prepare)(self._database)
            with self._database.reading() as connection:
                self._id = str(connection.scalar(select(STORE.c.store_id)))
                self._numbers = dict(accounts.account_names(connection))
        except BaseException:
            self._database.close()  # nobody gets a store that they could close
            raise
        self._files = FileLocks(self._database.file) if self._database.file else None
        self._advisory = AdvisoryLocks(self._database, self._id)
        self._claim: int | None = None

    @property
    def id(self) -> str:
        """The 16 hex digits by which positions name this store."""
        return self._id

    @property
    def file(self) -> Path | None:
        """The file of a store in SQLite."""
        return self._database.file

    def close(self) -> None:
        """Lets go of all connections and locks."""
        self._advisory.close()
        if self._claim is not None:
            os.close(self._claim)
            self._claim = None
        self._database.close()

    # Accounts and leaders

    def claim(self) -> None:
        """Makes this the one collector of an SQLite file, until `close`; raises `StoreInUse`. PostgreSQL takes any."""
        if self._files and self._claim is None:
            self._claim = self._files.claim("collector")

    def open_account(self, name: str, key_digest: str, now: datetime) -> Account:
        """The account, which is added with its views if it is new.

        `key_digest`: 8 hex digits of SHA-256 of its API key; raises `OtherKey` if the account has another.
        """
        with self._database.writing() as connection:
            number, account = accounts.open_account(connection, name, key_digest, now)
            views.make_views(connection, number, name)
        self._numbers[name] = number
        return account

    @property
    def name(self) -> str:
        """The store as sentences call it, without a password."""
        return self._database.name

    def account_names(self) -> set[str]:
        """The accounts that were ever opened here."""
        with self._database.reading() as connection:
            return set(accounts.account_names(connection))

    def try_lead(self, account: str) -> Leadership | None:
        """The leadership of an account, or None while another process (or object) has it. Ask again every 2 s."""
        number = self._number(account)
        if self._files:
            return self._lead_by_file(self._files, account, number)
        held = self._advisory.try_lock(number)
        if held is None:
            return None
        release = partial(self._advisory.unlock, held, number)
        return Leadership(
            account, self._next_epoch(number, release), partial(self._advisory.is_held, held, number), release
        )

    @contextmanager
    def hold(self, name: str) -> Iterator[bool]:
        """A lock by its name, while the context lasts. The value is False if another process (or object) has it."""
        if self._files:
            descriptor = self._files.try_lock(name)
            try:
                yield descriptor is not None
            finally:
                if descriptor is not None:
                    os.close(descriptor)
            return
        number = lock_number(name)
        held = self._advisory.try_lock(number)
        try:
            yield held is not None
        finally:
            if held is not None:
                self._advisory.unlock(held, number)

    def note(self, account: str, name: str) -> Any:
        """The note of an account under a name (JSON), or None."""
        with self._database.reading() as connection:
            return accounts.get_note(connection, self._number(account), name)

    def set_note(self, account: str, name: str, value: Any, leader: Leadership | None = None) -> None:
        """Notes a JSON value; None takes the note away. With `leader`, only while it leads: raises `NotLeader`."""
        with self._database.writing() as connection:
            if leader:
                check_epoch(connection, self._number(account), leader.epoch)
            accounts.set_note(connection, self._number(account), name, value)

    # Events as they came

    def receive(self, posts: Sequence[Post]) -> list[Receipt]:
        """Stores posts durably, in one transaction or not at all; returns their receipts, in their order."""
        numbered = [(self._number(post.account), post) for post in posts]
        with self._database.writing() as connection:
            return receiving.receive(connection, numbered)

    def keep(self, leader: Leadership, events: Sequence[KnownEvent], received_at: datetime) -> int:
        """Stores events that are resolved already, each with its row and position; returns how many are new.

        Raises `NotLeader`.
        """
        with self._database.writing() as connection:
            number = self._number(leader.account)
            return keeping.keep(connection, self._id, number, leader.epoch, events, received_at)

    def unresolved(self, account: str, limit: int, now: datetime, after: int = 0) -> list[Waiting]:
        """Events without a position, in order of arrival; not those that are postponed beyond `now`.

        `after`: the number of an event; only those that arrived after it.
        """
        with self._database.reading() as connection:
            return positions.unresolved(connection, self._number(account), limit, now, after)

    def postpone(self, account: str, inbox_ids: Sequence[int], until: datetime) -> None:
        """Lets events wait, for instance until Mailjet can say who the person is; others pass them."""
        with self._database.writing() as connection:
            positions.postpone(connection, self._number(account), inbox_ids, until)

    def resolve(self, leader: Leadership, rows: Sequence[tuple[int, Mapping[str, Any]]]) -> int:
        """Gives events their rows and, in this order, their positions; returns how many. Raises `NotLeader`."""
        with self._database.writing() as connection:
            return positions.resolve(connection, self._id, self._number(leader.account), leader.epoch, rows)

    def reject(self, leader: Leadership, reasons: Sequence[tuple[int, str]], now: datetime) -> None:
        """Moves events that turned out to be none among the rejected items. Raises `NotLeader`."""
        with self._database.writing() as connection:
            positions.reject(connection, self._number(leader.account), leader.epoch, reasons, now)

    def events_of(self, account: str, email_ids: Sequence[str]) -> list[tuple[str, Mapping[str, Any] | bytes]]:
        """The stored events of messages: each with its message and its row, or with its body while it has no row."""
        with self._database.reading() as connection:
            return positions.events_of(connection, self._number(account), email_ids)

    def emails_with(self, account: str, kind: Kind, email_ids: Sequence[str]) -> set[str]:
        """The messages that have an event of a kind, including events deleted since."""
        with self._database.reading() as connection:
            return positions.emails_with(connection, self._number(account), kind.name, email_ids)

    def rejected(self, account: str, limit: int) -> list[RejectedItem]:
        """The latest rejected items, without content."""
        with self._database.reading() as connection:
            return rejected.list_rejected(connection, self._number(account), limit)

    def rejected_bodies(self, account: str, after: int, limit: int) -> list[RejectedBody]:
        """Rejected items as they came; `after` is the last `rejected_id` of the page before, or 0."""
        with self._database.reading() as connection:
            return rejected.bodies(connection, self._number(account), after, limit)

    def replay(self, account: str, rejected_ids: Sequence[int], post: Post) -> Receipt:
        """Takes rejected items out and stores the posts that they are read as now, in one transaction."""
        with self._database.writing() as connection:
            rejected.take_out(connection, self._number(account), rejected_ids)
            return receiving.receive(connection, [(self._number(account), post)])[0]

    # Rows and readers

    def read(self, account: str, after: str | None, limit: int, stream: str | None = None) -> Page:
        """Rows after a position, or from the oldest kept; raises `BadPosition`, `GonePosition`.

        A stream that does not exist is a `KeyError`.
        """
        with self._database.reading() as connection:
            return reading.read(connection, self._id, self._number(account), after, limit, stream)

    def read_many(self, account: str, after: str | None, limit: int) -> Batch:
        """As `read`, for readers of many rows of all streams: the rows are JSON texts."""
        with self._database.reading() as connection:
            return reading.read_texts(connection, self._id, self._number(account), after, limit)

    def consumer(self, account: str, name: str, after: str | None = None) -> Consumer:
        """A consumer's place; a new one begins at `after`, or before the first event."""
        number = self._number(account)
        begin = parse_position(self._id, number, after)
        with self._database.writing() as connection:
            position, passed_over = consumers.open_consumer(connection, number, name, begin)
        return Consumer(name, write_position(self._id, number, position), passed_over)

    def consumers(self, account: str) -> list[Consumer]:
        """All consumers of an account, by name."""
        number = self._number(account)
        with self._database.reading() as connection:
            found = consumers.list_consumers(connection, number)
        return [Consumer(name, write_position(self._id, number, place), passed) for name, place, passed in found]

    def advance(
        self, account: str, name: str, after: str, passed_over: int = 0, leader: Leadership | None = None
    ) -> None:
        """Marks all up to a position as consumed, never back. With `leader`, raises `NotLeader`."""
        number = self._number(account)
        position = parse_position(self._id, number, after)
        with self._database.writing() as connection:
            if leader:
                check_epoch(connection, number, leader.epoch)
            consumers.advance(connection, number, name, position, passed_over)

    def move_back(self, account: str, name: str, after: str | None) -> None:
        """Lets a consumer read again from a position on."""
        number = self._number(account)
        position = parse_position(self._id, number, after)
        with self._database.writing() as connection:
            consumers.move_back(connection, number, name, position)

    def begin_again(self, name: str) -> None:
        """Lets a consumer read again from the first event on, in all accounts."""
        with self._database.writing() as connection:
            consumers.begin_again(connection, name)

    # Deleting

    def delete_before(self, account: str, before: datetime, forwarding: Iterable[str] = ()) -> int:
        """Deletes events that came before an instant and that all consumers of `forwarding` have passed; how many."""
        number, names, deleted = self._number(account), list(forwarding), 0
        while True:
            with self._database.writing() as connection:
                batch = retention.delete_before(connection, number, before, names)
            if batch is None:
                return deleted
            deleted += batch

    def forget(
        self,
        address: str,
        now: datetime,
        expect: Callable[[int], None] = lambda events: None,
        count: Callable[[int], None] = lambda events: None,
    ) -> Forgotten:
        """Deletes all that is stored of an address, in any case and all accounts; ids stay.

        An event that waits, and turns out to be of this address, will get no row either. `expect` hears how many events
        will be looked at, `count` how many more were.
        """
        with self._database.writing() as connection:
            forgetting.announce(connection, self._id, address, now)
        with self._database.reading() as connection:
            through = forgetting.last_event(connection)
        expect(through)
        found: list[int] = []
        for after in range(0, through, _LOOKED_AT_TOGETHER):
            last = min(after + _LOOKED_AT_TOGETHER, through)
            with self._database.reading() as connection:
                found += forgetting.find_events(connection, address, after, last)
            count(last - after)
        with self._database.writing() as connection:
            forgotten = forgetting.forget(connection, address, found, through)
        self._database.empty_log()
        return forgotten

    def forgets(self) -> int:
        """How often `forget` ran. If you keep addresses in memory, drop them when this changes."""
        with self._database.reading() as connection:
            return int(run_by_hand(connection, "SELECT forgets FROM store").scalar_one())

    # Relays, status

    def due_relays(self, account: str, now: datetime, limit: int) -> list[DueRelay]:
        """Copies to relay now; those that expired are deleted."""
        with self._database.writing() as connection:
            return relays.due(connection, self._number(account), now, limit)

    def relayed(self, account: str, relay_ids: Sequence[int]) -> None:
        """Deletes copies that need no further try."""
        with self._database.writing() as connection:
            relays.relayed(connection, self._number(account), relay_ids)

    def relay_later(self, account: str, relay_ids: Sequence[int], due_at: datetime) -> None:
        """Lets copies wait for their next try."""
        with self._database.writing() as connection:
            relays.relay_later(connection, self._number(account), relay_ids, due_at)

    def hold_relays(self, account: str, target: str, due_at: datetime) -> None:
        """Lets all copies for a target wait at least until an instant."""
        with self._database.writing() as connection:
            relays.hold(connection, self._number(account), target, due_at)

    def status(self, account: str) -> Status:
        """How many events wait, since when, how many items are rejected, and what webhooks brought last."""
        with self._database.reading() as connection:
            return counting.status(connection, self._number(account))

    def waiting(self, account: str) -> int:
        """How many events have no position yet."""
        with self._database.reading() as connection:
            return counting.waiting(connection, self._number(account))[0]

    def end(self, account: str) -> str:
        """The last position given."""
        number = self._number(account)
        with self._database.reading() as connection:
            return write_position(self._id, number, counting.last_position(connection, number))

    def count_before(self, account: str, instant: datetime) -> int:
        """How many events with a row happened before an instant."""
        with self._database.reading() as connection:
            return counting.count_before(connection, self._number(account), int(instant.timestamp()))

    def count_after(self, account: str, after: str, since: datetime | None, leaves_out: Collection[Kind] = ()) -> int:
        """How many events have a row and a later position, and happened at or after an instant; not of these kinds."""
        number, second = self._number(account), int(since.timestamp()) if since else 0
        kinds = [kind.name for kind in leaves_out]
        with self._database.reading() as connection:
            return counting.count_after(connection, number, place_of(after), second, kinds)

    def last_seen(self, account: str) -> Mapping[str, datetime]:
        """When a webhook last reported each kind."""
        with self._database.reading() as connection:
            return counting.last_seen(connection, self._number(account))

    def ping(self) -> None:
        """Raises `StoreError` if nothing can be stored: takes the lock of a write and gives it back."""
        with self._database.writing() as connection:
            receiving.hold_receiving(connection)

    def _lead_by_file(self, files: FileLocks, account: str, number: int) -> Leadership | None:
        descriptor = files.try_lock(f"leader-{number}")
        if descriptor is None:
            return None
        held = [descriptor]

        def release() -> None:
            if held:
                os.close(held.pop())

        return Leadership(account, self._next_epoch(number, release), lambda: bool(held), release)

    def _next_epoch(self, number: int, release: Callable[[], None]) -> int:
        """The epoch of a new leader. If it cannot be noted, the lock is given back: else nobody could ever lead."""
        try:
            with self._database.writing() as connection:
                return next_epoch(connection, number)
        except BaseException:
            release()
            raise

    def _number(self, account: str) -> int:
        number = self._numbers.get(account)
        if number is None:
            with self._database.reading() as connection:
                self._numbers.update(accounts.account_names(connection))
            number = self._numbers.get(account)
        if number is None:
            raise StoreError(f"This store has no account {account}.")
        return number
