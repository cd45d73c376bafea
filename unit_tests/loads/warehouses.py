"""Targets of tests, looked into by their own drivers."""

from __future__ import annotations

from collections import Counter
from typing import Any

import duckdb
import psycopg

from mailjet_segment.loads.target import Target, parse_target
from segment_events.kinds import ALL_KINDS, TRACKS


class Warehouse:
    """A DuckDB file, or a database of PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_duckdb = url.startswith("duckdb")

    @property
    def target(self) -> Target:
        return parse_target(self.url)

    @property
    def schema(self) -> str:
        return "main" if self.is_duckdb else "mailjet"

    def query(self, statement: Any) -> list[tuple[Any, ...]]:
        """The rows of a statement, in which `{schema}` is where the tables are."""
        statement = statement.replace("{schema}", self.schema)
        if self.is_duckdb:
            with duckdb.connect(self.url.removeprefix("duckdb:///")) as connection:
                connection.execute("SET TimeZone = 'UTC'")
                return list(connection.execute(statement).fetchall())
        with psycopg.connect(self.url, autocommit=True) as server:
            server.execute("SET TimeZone TO 'UTC'")
            cursor = server.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def tables(self) -> set[str]:
        """The tables and views beside ours, but for dlt's."""
        found = self.query("SELECT table_name FROM information_schema.tables WHERE table_schema = '{schema}'")
        return {name for (name,) in found if not name.startswith("_dlt")}

    def ids(self) -> dict[str, Counter[str]]:
        """The ids in each table that has rows."""
        names = {kind.stream for kind in ALL_KINDS} | {TRACKS}
        found = {
            name: Counter(row for (row,) in self.query(f"SELECT id FROM {{schema}}.{name}"))
            for name in names & self.tables()
        }
        return {name: ids for name, ids in found.items() if ids}
