"""A target that speaks SQL and that we open ourselves, DuckDB or PostgreSQL: we make its tables, dlt fills them.

dlt would add columns to a table of the user's that has a name of ours. So we make the tables, and each has a comment
that says so, since the same transaction; a table without it is somebody else's. dlt then finds all columns in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from program.failure import Failure
from segment_events.kinds import BLOCKED, KINDS, TRACKS, ColumnType, columns_of

TABLES: tuple[str, ...] = (*(kind.stream for kind in KINDS), TRACKS)
"""The tables that every target has from its first load on."""
ALL_TABLES: tuple[str, ...] = (*TABLES, BLOCKED.stream)
"""`email_blocked` is there once there is such an event."""

Dialect = Literal["duckdb", "postgresql"]
SCHEMA_OF: Mapping[Dialect, str] = {"duckdb": "main", "postgresql": "mailjet"}
"""Where the tables are."""

MARK = "Made by mailjet-segment"
"""Part of the comment of each table that is ours; a user may add to it."""

_RELATIONS: Mapping[Dialect, str] = {
    "duckdb": """
SELECT lower(table_name), comment FROM duckdb_tables()
WHERE schema_name = 'main' AND database_name = current_database() AND NOT internal
UNION ALL SELECT lower(view_name), comment FROM duckdb_views()
WHERE schema_name = 'main' AND database_name = current_database() AND NOT internal
""",
    "postgresql": """
SELECT relname, obj_description(pg_class.oid, 'pg_class')
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = 'mailjet' AND relkind IN ('r', 'p', 'v', 'm', 'f')
""",
}
TYPES: Mapping[ColumnType, str] = {
    "text": "varchar",
    "boolean": "boolean",
    "integer": "bigint",
    "instant": "timestamp with time zone",
}
"""By names that DuckDB and PostgreSQL share; they are the types that dlt gives the columns of our Arrow tables."""
_ID: Mapping[Dialect, str] = {"duckdb": "NOT NULL", "postgresql": "PRIMARY KEY"}
"""In DuckDB an index would cost memory and slow each load; it finds equal ids without one."""


@dataclass(frozen=True)
class Database:
    """An open database; `connection` is DuckDB's or psycopg2's, which commits each statement by itself."""

    connection: Any
    dialect: Dialect
    name: str

    @property
    def schema(self) -> str:
        return SCHEMA_OF[self.dialect]

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a statement, if it has any."""
        if self.dialect == "duckdb":
            return list(self.connection.execute(statement).fetchall())
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.run("BEGIN")
        try:
            yield
        except BaseException:
            self.run("ROLLBACK")
            raise
        self.run("COMMIT")

    def comments(self) -> Mapping[str, str]:
        """The comments of all tables and views beside ours, by name."""
        return {name: comment or "" for name, comment in self.run(_RELATIONS[self.dialect])}


def missing_tables(database: Database, names: Iterable[str]) -> tuple[str, ...]:
    """Those of the tables that are not there; raises `Failure` if one is there and somebody else's."""
    found = database.comments()
    for name in names:
        if name in found and MARK not in found[name]:
            raise Failure(
                f"{database.name} has a table {name} that is not of this program: rename it, or load into another "
                f"database. (This program knows its tables by their comment, '{MARK}'.)"
            )
    return tuple(name for name in names if name not in found)


def has_schema(database: Database, name: str) -> bool:
    """Whether there is a schema; `name` is one of ours."""
    if database.dialect == "postgresql":
        return bool(database.run(f"SELECT 1 FROM pg_namespace WHERE nspname = '{name}'"))
    of_file = "database_name = current_database()"
    return bool(database.run(f"SELECT 1 FROM duckdb_schemas() WHERE {of_file} AND schema_name = '{name}'"))


def make_tables(database: Database, names: Iterable[str]) -> None:
    """Makes tables, all or none."""
    with database.transaction():
        if not has_schema(database, database.schema):
            database.run(f"CREATE SCHEMA {database.schema}")
        for name in names:
            create_table(database, name)


def create_table(database: Database, name: str) -> None:
    """Makes a table of ours, with all columns; part of a transaction of the caller's."""
    columns = ", ".join(f'"{column}" {TYPES[kind]}' for column, kind in columns_of(name).items())
    columns = columns.replace('"id" varchar', f'"id" varchar {_ID[database.dialect]}', 1)
    database.run(f'CREATE TABLE {database.schema}."{name}" ({columns})')
    database.run(f"COMMENT ON TABLE {database.schema}.\"{name}\" IS '{MARK}, which loads events into it.'")
