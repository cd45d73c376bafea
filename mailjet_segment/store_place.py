"""Where `sync` keeps its events, and the names of its accounts and notes there: for all that look into a store."""

from __future__ import annotations

from pathlib import Path

from mailjet_reading.config import Config
from program.failure import Failure

DEFAULT_STORE = "mailjet-events.db"
READING = "reading"
"""The store's note with the state of an account's reading."""
_SQLITE = "sqlite:///"
_ACCOUNT = "account-"


def account_name(config: Config) -> str:
    """How the store calls an account: by the digest of its key."""
    return f"{_ACCOUNT}{config.api_key_digest}"


def is_of_sync(name: str) -> bool:
    """Whether an account of a store is read by `sync`, and not by a collector that uses the store too."""
    return name.startswith(_ACCOUNT)


def store_address(given: str | None, database: Path | None) -> str:
    """The store's address: as given (a path is an SQLite file), or a file beside the DuckDB file, or in this folder.

    Raises `Failure` for a DuckDB file that has no name.
    """
    if database and not database.name:
        raise Failure(f"{database} is a folder; give the path of a file in it as --duckdb.")
    if given is None:
        file = database.with_name(f"{database.stem}.events.db") if database else Path(DEFAULT_STORE)
        return f"{_SQLITE}{file}"
    return given if "://" in given else f"{_SQLITE}{given}"


def store_file(address: str) -> Path | None:
    """The file of an SQLite store; None for another."""
    return Path(address.removeprefix(_SQLITE)) if address.startswith(_SQLITE) else None
