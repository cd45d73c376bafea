"""Brings the tables of events from a place into a database of DuckDB's: `source.<stream>`, with the declared columns.

A table that the place does not have is empty, a column that it does not have is null: a selection of streams, or the
tables of an earlier release, are enough. `source.tracks` is made of the others, as it is everywhere.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from mailjet_segment.analytics.place import Place
from mailjet_segment.loads.database import TYPES
from mailjet_segment.postgresql import explained_reading, with_settings
from mailjet_segment.warehouse import Waiting, refuse_impossible, when_free
from program.failure import Failure
from segment_events.kinds import ALL_KINDS, KINDS, TRACKS, columns_of

if TYPE_CHECKING:
    import pyarrow as pa

CONVERSIONS = "conversions"
"""What people did after an email: the user's own table of an event, as Segment's warehouses have it."""
_CONVERSION_COLUMNS: Mapping[str, str] = {
    "id": "VARCHAR",
    "user_id": "VARCHAR",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "event": "VARCHAR",
    "revenue": "DOUBLE",
}
_NEEDED = ("id", "user_id", "timestamp")
_AS_FOUND = "conversions_as_found"

SOURCE = "source"
"""The schema of the tables of events."""
STREAMS = tuple(kind.stream for kind in ALL_KINDS)
_SQLITE_HEAD = b"SQLite format 3\x00"
_AT_ONCE = 10_000
"""Rows of a store that are read together."""


def copy_sources(connection: duckdb.DuckDBPyConnection, place: Place, waiting: Waiting) -> None:
    """Makes the tables; raises `Failure` if there is no such place, or no table of events in it."""
    connection.execute("CREATE SCHEMA source")
    copy = {"duckdb": _from_duckdb, "postgresql": _from_postgresql, "sqlite": _from_store}[place.kind]
    found = copy(connection, place, waiting)
    if not found:
        raise Failure(
            f"{place.name} has no tables of email events: fill it with mailjet-segment sync or load, or name another "
            "place with --duckdb or --database."
        )
    for stream in STREAMS:
        if stream not in found:
            columns = ", ".join(f'"{name}" {TYPES[kind]}' for name, kind in columns_of(stream).items())
            connection.execute(f'CREATE TABLE source."{stream}" ({columns})')
    if place.conversions:
        _shape_conversions(connection, place, place.conversions)
    columns = ", ".join(f'"{name}"' for name in columns_of(TRACKS))
    parts = " UNION ALL ".join(f'SELECT {columns} FROM source."{kind.stream}"' for kind in KINDS)
    connection.execute(f"CREATE VIEW source.{TRACKS} AS {parts}")


def _from_duckdb(connection: duckdb.DuckDBPyConnection, place: Place, waiting: Waiting) -> set[str]:
    path = Path(place.address)
    _refuse_missing(path)
    with path.open("rb") as file:
        if file.read(len(_SQLITE_HEAD)) == _SQLITE_HEAD:
            raise Failure(f"{path} is a file of SQLite: give it as --database sqlite:///{path}")
    refuse_impossible(path)
    quoted = str(path).replace("'", "''")
    when_free(path, waiting, lambda: connection.execute(f"ATTACH '{quoted}' AS place (READ_ONLY)"))
    try:
        found = connection.execute(
            "SELECT lower(table_name), lower(column_name) FROM information_schema.columns "
            "WHERE table_catalog = 'place' AND table_schema = 'main'"
        )
        columns = _grouped(found.fetchall())
        for stream in columns:
            selection = _selection(stream, columns[stream])
            connection.execute(f'CREATE TABLE source."{stream}" AS SELECT {selection} FROM place.main."{stream}"')
        if place.conversions and (table := _find(connection, place.conversions)):
            connection.execute(f"CREATE TABLE source.{_AS_FOUND} AS SELECT * FROM place.{table}")
        return set(columns)
    finally:
        connection.execute("DETACH place")


def _shape_conversions(connection: duckdb.DuckDBPyConnection, place: Place, name: str) -> None:
    """Makes the table of conversions of what was found; raises `Failure` if that is nothing, or no table of an event.

    Without a column `event`, the table's name is the event's.
    """
    found = connection.execute(
        "SELECT lower(column_name) FROM duckdb_columns() WHERE schema_name = 'source' AND table_name = ?", [_AS_FOUND]
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
        for column, kind in _CONVERSION_COLUMNS.items()
    )
    connection.execute(f"CREATE TABLE source.{CONVERSIONS} AS SELECT {columns} FROM source.{_AS_FOUND}")
    connection.execute(f"DROP TABLE source.{_AS_FOUND}")


def _find(connection: duckdb.DuckDBPyConnection, name: str) -> str | None:
    """A table or view of the place with that name, quoted; None if there is none."""
    schema, _, table = name.rpartition(".")
    found = connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables "
        "WHERE table_catalog = 'place' AND lower(table_schema) = lower(?) AND lower(table_name) = lower(?)",
        [schema or "main", table],
    ).fetchone()
    return ".".join(_quoted(part) for part in found) if found else None


def _from_postgresql(connection: duckdb.DuckDBPyConnection, place: Place, waiting: Waiting) -> set[str]:
    with _server(place) as server, closing(server.cursor()) as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for schema in _schemas(cursor):
            cursor.execute(
                "SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema = $1",
                (schema,),
            )
            for stream, columns in _grouped(cursor.fetchall()).items():
                cursor.execute(f'SELECT {_names(stream, columns)} FROM "{schema}"."{stream}"')
                _add(connection, stream, columns, cursor.fetch_record_batch())
        made = _made(connection)
        if place.conversions:
            schema, _, table = place.conversions.rpartition(".")
            cursor.execute(
                "SELECT table_schema::text, table_name::text FROM information_schema.tables "
                "WHERE table_name = $1 AND table_schema = $2",
                (table, schema or "public"),
            )
            for names in cursor.fetchall():
                cursor.execute(f"SELECT {_conversion_columns(cursor, *names)} FROM {'.'.join(map(_quoted, names))}")
                connection.register("conversions_to_add", cursor.fetch_record_batch())
                connection.execute(f"CREATE TABLE source.{_AS_FOUND} AS SELECT * FROM conversions_to_add")
                connection.unregister("conversions_to_add")
        return made


def _conversion_columns(cursor: Any, schema: str, table: str) -> str:
    """The columns of a table of conversions that are needed. The driver would bring `money` as its smallest unit."""
    cursor.execute(
        "SELECT column_name::text, data_type::text FROM information_schema.columns "
        "WHERE table_schema = $1 AND table_name = $2",
        (schema, table),
    )
    needed = [(name, kind) for name, kind in cursor.fetchall() if name.lower() in _CONVERSION_COLUMNS]
    parts = (f"{_quoted(name)}{'::numeric' if kind == 'money' else ''} AS {_quoted(name)}" for name, kind in needed)
    return ", ".join(parts) or "1 AS nothing"


@contextmanager
def _server(place: Place) -> Iterator[Any]:
    from adbc_driver_manager import Error
    from adbc_driver_postgresql import dbapi

    address = with_settings(place.address)
    with explained_reading(place.name, Error), closing(dbapi.connect(address)) as server:
        yield server


def _schemas(cursor: Any) -> list[str]:
    """`mailjet`, which `sync` and `load` fill; where there is none, the schemas of a collector's accounts."""
    listed = ", ".join(f"'{stream}'" for stream in STREAMS)
    cursor.execute(
        "SELECT DISTINCT table_schema::text FROM information_schema.tables "
        f"WHERE table_name IN ({listed}) AND (table_schema = 'mailjet' OR table_schema LIKE 'mailjet\\_%') "
        "ORDER BY 1"
    )
    schemas = [schema for (schema,) in cursor.fetchall()]
    return ["mailjet"] if "mailjet" in schemas else schemas


def _from_store(connection: duckdb.DuckDBPyConnection, place: Place, waiting: Waiting) -> set[str]:
    """The rows of all accounts, as JSON. A store's log lets others read while somebody writes."""
    from mailjet_segment.loads.tables import to_tables

    path = Path(place.address)
    _refuse_missing(path)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as store:
            for kind in ALL_KINDS:
                rows = store.execute("SELECT row_json FROM event WHERE row_json IS NOT NULL AND kind = ?", [kind.name])
                while texts := [text for (text,) in rows.fetchmany(_AT_ONCE)]:
                    table = to_tables({kind.stream: texts})[kind.stream]
                    _add(connection, kind.stream, set(columns_of(kind.stream)), table)
    except sqlite3.Error as error:
        if "no such table" in str(error) or "no such column" in str(error):
            return set()
        raise Failure(f"{path} cannot be read as a store of SQLite ({error}).") from None
    return _made(connection)


def _refuse_missing(path: Path) -> None:
    if path.is_dir():
        raise Failure(f"{path} is a folder; give the path of a file in it.")
    if not path.exists():
        raise Failure(f"{path} is not there: run mailjet-segment sync first, or give the right path.")


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """The columns of each stream that is there."""
    columns: dict[str, set[str]] = {}
    for table, column in pairs:
        if table in STREAMS:
            columns.setdefault(table, set()).add(column)
    return columns


def _names(stream: str, there: set[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns_of(stream) if name in there)


def _selection(stream: str, there: set[str]) -> str:
    """All columns of a stream's table, of their types; null where the place has no such column."""
    columns = columns_of(stream).items()
    return ", ".join(
        f'CAST("{name}" AS {TYPES[kind]}) AS "{name}"' if name in there else f'CAST(NULL AS {TYPES[kind]}) AS "{name}"'
        for name, kind in columns
    )


def _add(connection: duckdb.DuckDBPyConnection, stream: str, there: set[str], rows: pa.Table) -> None:
    """Adds rows to a stream's table, which is made if need be. `rows`: a table or a reader of batches."""
    connection.register("rows_to_add", rows)
    query = f"SELECT {_selection(stream, there)} FROM rows_to_add"
    exists = stream in _made(connection)
    connection.execute(
        f'INSERT INTO source."{stream}" {query}' if exists else f'CREATE TABLE source."{stream}" AS {query}'
    )
    connection.unregister("rows_to_add")


def has_table(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    """Whether there is such a table beside ours."""
    query = "SELECT 1 FROM duckdb_tables() WHERE schema_name = ? AND table_name = ?"
    return bool(connection.execute(query, [schema, table]).fetchall())


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _made(connection: duckdb.DuckDBPyConnection) -> set[str]:
    found = connection.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'source'")
    return {name for (name,) in found.fetchall()}
