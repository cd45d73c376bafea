"""The outbox: which events of the DuckDB tables a destination has not accepted yet.

An event is in the outbox until its id stands in `delivery.accepted` beside the destination's key. The id decides, not a
time or a position: a row that is read again, and so gets a newer `received_at`, is not sent again; a row that arrives
late or out of order is not passed over; and the rows of a run that was killed are there for the next run. Events from
before the destination's `sent_from` in `delivery.destinations` are not sent to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

import duckdb

from destination_segment.config import parse_config
from mailjet_segment.warehouse import EVENT_STREAMS, tables
from program.credential import key_digest
from segment_events.instants import format_instant

PAGE_ROWS = 1000
"""Rows handed over between two states: after a crash, so many rows may have to be sent again."""

Row = dict[str, Any]

_NOT_ACCEPTED = """
    FROM main."{stream}" ANTI JOIN (SELECT id FROM delivery.accepted WHERE destination = $destination) USING (id)
    WHERE id IS NOT NULL AND NOT EXISTS (
        FROM delivery.destinations WHERE destination = $destination AND timestamp < sent_from
    )
"""


def destination_key(config: Mapping[str, Any]) -> str:
    """The name of a Segment source here: 8 hex digits of SHA-256 of its write key, and its region's address.

    A write key that is sent to the wrong region is accepted there and lost, so it must not count for the right one.
    """
    write_key = str(config.get("write_key", ""))
    return f"{key_digest(write_key)} {parse_config(config).origin}"


class Outbox:
    """The events for the destination with the key `destination`, in the database of `connection`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, destination: str) -> None:
        self._connection = connection
        self._destination = destination
        connection.execute("CREATE SCHEMA IF NOT EXISTS delivery")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS delivery.accepted (destination VARCHAR, id VARCHAR, accepted_at TIMESTAMP)"
        )
        connection.execute(
            "CREATE TABLE IF NOT EXISTS delivery.destinations (destination VARCHAR PRIMARY KEY, sent_from TIMESTAMP)"
        )

    def is_known(self) -> bool:
        """Whether it was decided which older events of the database this destination gets."""
        return bool(self._number("SELECT count(*) FROM delivery.destinations WHERE destination = $destination"))

    def has_accepted(self) -> bool:
        """Whether this destination has accepted anything."""
        return bool(self._number("SELECT count(*) FROM delivery.accepted WHERE destination = $destination"))

    def know(self, sent_from: datetime | None) -> None:
        """From now on the destination gets the events from `sent_from` on; all events, if that is None."""
        self._connection.execute(
            "INSERT OR REPLACE INTO delivery.destinations VALUES (?, ?)",
            [self._destination, None if sent_from is None else to_naive(sent_from)],
        )

    def held_before(self, instant: datetime) -> int:
        """How many events of the database happened before `instant` and are not accepted."""
        return sum(self._count(stream, instant) for stream in self._streams())

    def of_former_release(self) -> int:
        """How many ids release 0.1.0 recorded as accepted with this write key; it did not record to which region."""
        former = "SELECT count(*) FROM delivery.accepted WHERE destination = split_part($destination, ' ', 1)"
        return self._number(former)

    def decide_former(self, counts: bool) -> None:
        """The ids that release 0.1.0 recorded with this write key count as accepted by this destination, or by none."""
        former = self._destination.partition(" ")[0]
        if counts:
            change = "UPDATE delivery.accepted SET destination = ? WHERE destination = ?"
            self._connection.execute(change, [self._destination, former])
        else:
            self._connection.execute("DELETE FROM delivery.accepted WHERE destination = ?", [former])

    def send_again_from(self, instant: datetime) -> None:
        """Makes events at `instant` or later wait again, even if they were accepted."""
        since = to_naive(instant)
        for stream in self._streams():
            self._connection.execute(
                "DELETE FROM delivery.accepted WHERE destination = ?"
                f' AND id IN (SELECT id FROM main."{stream}" WHERE timestamp >= ?)',
                [self._destination, since],
            )
        self._connection.execute(
            "UPDATE delivery.destinations SET sent_from = least(sent_from, ?)"
            " WHERE destination = ? AND sent_from IS NOT NULL",
            [since, self._destination],
        )

    def waiting(self) -> Mapping[str, int]:
        """The number of waiting events of each stream; a stream without any is absent."""
        return {stream: count for stream in self._streams() if (count := self._count(stream))}

    def pages(self, stream: str) -> Iterator[list[Row]]:
        """The waiting events of `stream`, oldest first, `PAGE_ROWS` at a time, as the source emitted them.

        May be iterated in another thread than that of `accept`. They are copied to a temporary table first: a result
        that DuckDB still streams while its file is written to waits for ever at the next checkpoint (DuckDB 1.4.3).
        """
        cursor = self._connection.cursor()
        try:
            cursor.execute(
                "CREATE OR REPLACE TEMP TABLE waiting AS"
                " SELECT row_number() OVER (ORDER BY timestamp, id) AS _airbyte_place, *"
                + _NOT_ACCEPTED.format(stream=stream),
                {"destination": self._destination},
            )
            place = 0
            while rows := _fetch_page(cursor, place):
                yield rows
                place += PAGE_ROWS
        finally:
            cursor.close()

    def accept(self, ids: list[str], at: datetime) -> None:
        """Remember that the destination accepted the events with these `ids`; durable when it returns."""
        self._connection.execute(
            "INSERT INTO delivery.accepted SELECT ?, unnest(?::VARCHAR[]), ?",
            [self._destination, ids, to_naive(at)],
        )

    def _streams(self) -> list[str]:
        existing = tables(self._connection)
        return [stream for stream in EVENT_STREAMS if stream in existing]

    def _count(self, stream: str, before: datetime | None = None) -> int:
        query = "SELECT count(*)" + _NOT_ACCEPTED.format(stream=stream)
        if before is None:
            return self._number(query)
        return self._number(query + " AND timestamp < $before", before=to_naive(before))

    def _number(self, query: str, **values: Any) -> int:
        row = self._connection.execute(query, {"destination": self._destination, **values}).fetchone()
        return int(row[0]) if row else 0


def to_naive(instant: datetime) -> datetime:
    """An aware instant as the tables hold it: in UTC, without an offset."""
    return instant.astimezone(timezone.utc).replace(tzinfo=None)


def to_record(columns: list[str], values: tuple[Any, ...]) -> Row:
    """A row of a table as the source emitted it: instants as text, no column that is null, none of PyAirbyte's own."""
    return {
        column: _to_json(value)
        for column, value in zip(columns, values, strict=True)
        if value is not None and not column.startswith("_airbyte_")
    }


def _to_json(value: Any) -> Any:
    """PyAirbyte's timestamps are in UTC, without an offset."""
    if isinstance(value, datetime):
        return format_instant(value if value.tzinfo else value.replace(tzinfo=timezone.utc))
    return value


def _fetch_page(cursor: duckdb.DuckDBPyConnection, after: int) -> list[Row]:
    cursor.execute(
        "SELECT * FROM waiting WHERE _airbyte_place > ? AND _airbyte_place <= ? ORDER BY _airbyte_place",
        [after, after + PAGE_ROWS],
    )
    columns = [name for name, *_ in cursor.description or []]
    return [to_record(columns, values) for values in cursor.fetchall()]
