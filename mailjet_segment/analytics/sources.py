"""Brings the tables of events from a place into a database of DuckDB's: `source.<stream>`, with the declared columns.

A table that the place does not have is empty, a column that it does not have is null: a selection of streams, or the
tables of an earlier release, are enough. `source.tracks` is made of the others, as it is everywhere.
"""

from __future__ import annotations

import duckdb

from mailjet_segment.analytics.conversions import CONVERSIONS, shape_conversions
from mailjet_segment.analytics.duckdb_source import copy_duckdb
from mailjet_segment.analytics.place import Place
from mailjet_segment.analytics.postgresql_source import copy_postgresql
from mailjet_segment.analytics.source_tables import STREAMS, add_empty_table, made_tables
from mailjet_segment.analytics.sqlite_source import copy_store
from mailjet_segment.warehouse import Waiting
from program.failure import Failure
from segment_events.kinds import KINDS, TRACKS, columns_of

_COPY = {"duckdb": copy_duckdb, "postgresql": copy_postgresql, "sqlite": copy_store}


def copy_sources(connection: duckdb.DuckDBPyConnection, place: Place, waiting: Waiting) -> None:
    """Makes the tables; raises `Failure` if there is no such place, or no table of events in it."""
    connection.execute("CREATE SCHEMA source")
    _COPY[place.kind](connection, place, waiting)
    found = made_tables(connection).intersection(STREAMS)
    if not found:
        raise Failure(
            f"{place.name} has no tables of email events: fill it with mailjet-segment sync or load, or name another "
            "place with --duckdb or --database."
        )
    for stream in STREAMS:
        if stream not in found:
            add_empty_table(connection, stream)
    if place.conversions:
        shape_conversions(connection, place, place.conversions)
    columns = ", ".join(f'"{name}"' for name in columns_of(TRACKS))
    parts = " UNION ALL ".join(f'SELECT {columns} FROM source."{kind.stream}"' for kind in KINDS)
    connection.execute(f"CREATE VIEW source.{TRACKS} AS {parts}")


def has_conversions(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether what people did after an email is among the tables."""
    return CONVERSIONS in made_tables(connection)
