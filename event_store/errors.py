"""The errors of a store. Each has one sentence, without anybody's data."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout

_FULL = ("53100", "53200")
"""SQLSTATE of a full disk and of no memory left (PostgreSQL documentation, appendix A)."""

_PASSING = frozenset({"08", "40", "53", "55", "57"})
"""Classes of SQLSTATE that pass: no connection, rolled back, no resources, locked, stopped by an operator."""


class StoreError(Exception):
    """`sentence` names the failure and the remedy."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class StoreUnavailable(StoreError):
    """The store cannot be reached or is locked. The same call may succeed later, and stores nothing twice."""


class StoreFull(StoreError):
    """The disk is full. Nothing of the call was stored."""


class StoreInUse(StoreError):
    """Another collector runs on this SQLite file."""


class NoStore(StoreError):
    """There is no store at the address, or one that an earlier version made and nobody has upgraded."""


class LaterStore(StoreError):
    """The store was made by a later version of this program."""


class OtherKey(StoreError):
    """The account's events in this store were read with another API key."""


class NotLeader(StoreError):
    """Another process leads this account now. Nothing of the call was stored."""


class BadPosition(StoreError):
    """A position of another store or account, one beyond the last event, or no position at all."""


class GonePosition(StoreError):
    """Retention has deleted an event after this position."""


@contextmanager
def explained(database: str) -> Iterator[None]:
    """Raises a driver's errors as `StoreError`, and says neither statement nor values: they hold addresses."""
    try:
        yield
    except DBAPIError as error:
        raise _to_store_error(error, database) from None
    except PoolTimeout:
        raise StoreUnavailable(f"All connections to {database} are busy; it answers too slowly.") from None
    except (ArgumentError, NoSuchModuleError):
        raise StoreError(_WRONG_ADDRESS) from None


_WRONG_ADDRESS = "The store must be sqlite:///a-file.db or postgresql://user@host/database."


def wrong_address() -> StoreError:
    return StoreError(_WRONG_ADDRESS)


def _to_store_error(error: DBAPIError, database: str) -> StoreError:
    cause = error.orig
    state = getattr(cause, "sqlstate", None)
    code = getattr(cause, "sqlite_errorname", "")  # Python 3.11 and later
    text = str(cause)
    if state in _FULL or code == "SQLITE_FULL" or "disk is full" in text:
        return StoreFull(f"The disk of {database} is full: nothing of this was stored. Make room on it.")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) or "database is locked" in text:
        return StoreUnavailable(f"{database} is locked by another process; nothing of this was stored.")
    is_passing = state is None or state[:2] in _PASSING
    if error.connection_invalidated or (is_passing and not isinstance(cause, sqlite3.Error)):
        return StoreUnavailable(
            f"{database} cannot be used now ({_name(cause, state)}). Check that it runs and can be reached; another "
            "try stores nothing twice."
        )
    return StoreError(f"{database} cannot be read or written ({code or _name(cause, state)}).")


def _name(cause: BaseException | None, state: str | None) -> str:
    return f"{type(cause).__name__}, SQLSTATE {state}" if state else type(cause).__name__
