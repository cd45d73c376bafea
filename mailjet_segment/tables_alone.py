"""Tables without their store: all that they tell of a sync is when their newest row was read."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from mailjet_segment.loads.database import SCHEMA_OF
from mailjet_segment.loads.target import Target
from mailjet_segment.postgresql import explained_reading, with_settings
from program.failure import Failure
from segment_events.kinds import TRACKS

_HAS_TABLE = "SELECT count(*) FROM information_schema.tables WHERE table_schema = '{}' AND table_name = '{}'"
_NEWEST = 'SELECT extract(epoch FROM max(received_at)) FROM {}."{}"'


def has_store(target: Target) -> bool:
    """Whether a PostgreSQL database has an event store beside its tables."""
    return bool(_ask(target, _HAS_TABLE.format("event_store", "account")))


def newest_row(target: Target) -> datetime | None:
    """When the newest row was read; None if there is no row. Raises `Failure` if these are not tables of ours."""
    schema = SCHEMA_OF["duckdb" if target.kind == "duckdb" else "postgresql"]
    if not _ask(target, _HAS_TABLE.format(schema, TRACKS)):
        raise Failure(f"{target.name} has no tables of mailjet-segment: give the database that sync loads into.")
    second = _ask(target, _NEWEST.format(schema, TRACKS))
    return None if second is None else datetime.fromtimestamp(float(second), timezone.utc)


def _ask(target: Target, query: str) -> Any:
    """The one value that a query has."""
    if target.kind == "duckdb":
        from mailjet_segment.warehouse import open_to_read

        with open_to_read(Path(target.address)) as connection:
            row = connection.execute(query).fetchone()
            return row[0] if row else None
    import psycopg

    address = with_settings(target.address)
    with explained_reading(target.name, psycopg.Error), closing(psycopg.connect(address)) as server:
        found = server.execute(query.encode()).fetchone()
        return found[0] if found else None
