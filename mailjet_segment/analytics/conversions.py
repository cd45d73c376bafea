"""What people did after an email: the user's own table of an event, as Segment's warehouses have it."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from mailjet_segment.analytics.place import Place
from program.failure import Failure

CONVERSIONS = "conversions"
"""The table among those of events."""
AS_FOUND = "conversions_as_found"
"""The user's table, as a place has it, until it has its shape."""
COLUMNS: Mapping[str, str] = {
    "id": "VARCHAR",
    "user_id": "VARCHAR",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "event": "VARCHAR",
    "revenue": "DOUBLE",
}
_NEEDED = ("id", "user_id", "timestamp")


def shape_conversions(connection: duckdb.DuckDBPyConnection, place: Place, name: str) -> None:
    """Makes the table of conversions of what was found; raises `Failure` if that is nothing, or no table of an event.

    Without a column `event`, the table's name is the event's.
    """
    found = connection.execute(
        "SELECT lower(column_name) FROM duckdb_columns() WHERE schema_name = 'source' AND table_name = ?", [AS_FOUND]
    )
    there = {column for (column,) in found.fetchall()}
    if not there:
        raise Failure(f"{place.name} has no table {name}: --conversions must name one that is there.")
    if missing := [column for column in _NEEDED if column not in there]:
        raise Failure(
            f"The table {name} has no column {' and no '.join(missing)}: --conversions needs a table of events."
        )
    absent = {"event": "'" + name.rpartition(".")[2].replace("'", "''") + "'"}
    columns = ", ".join(
        f'CAST({f"{column}" if column in there else absent.get(column, "NULL")} AS {kind}) AS "{column}"'
        for column, kind in COLUMNS.items()
    )
    connection.execute(f"CREATE TABLE source.{CONVERSIONS} AS SELECT {columns} FROM source.{AS_FOUND}")
    connection.execute(f"DROP TABLE source.{AS_FOUND}")
