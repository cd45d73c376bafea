"""Two views over the event tables, for people: `messages` and `campaign_funnel`, from the SQL beside this file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.resources import files

import duckdb

from mailjet_segment.warehouse import EVENT_STREAMS, tables

_MARK = "Made by mailjet-segment, which replaces it with each new release"


def has_events(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether all tables exist that the views read; before the first sync they do not."""
    return set(EVENT_STREAMS) <= set(tables(connection))


def queries() -> Mapping[str, str]:
    """The query of each view; neither needs the other, for a name may be taken by a table of the user's."""
    messages, funnel = (_sql(name) for name in ("messages", "campaign_funnel"))
    return {"messages": messages, "campaign_funnel": f"WITH messages AS (\n{messages})\n{funnel}"}


def make_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the views that are missing or of another release.

    A table or view of that name that somebody else made stays as it is: ours have a comment that says so.
    """
    if not has_events(connection):
        return
    taken = _comments(connection)
    for name, query in queries().items():
        comment = f"{_MARK} ({hashlib.sha256(query.encode()).hexdigest()[:8]})."
        if name not in taken or (taken[name].startswith(_MARK) and taken[name] != comment):
            connection.execute("BEGIN")  # a view without our comment would look like the user's, and never be replaced
            connection.execute(f"CREATE OR REPLACE VIEW main.{name} AS {query}")
            connection.execute(f"COMMENT ON VIEW main.{name} IS '{comment}'")
            connection.execute("COMMIT")


def _comments(connection: duckdb.DuckDBPyConnection) -> Mapping[str, str]:
    """The comments of all tables and views of the schema `main`, by name in lower case."""
    of_main = "WHERE schema_name = 'main' AND database_name = current_database() AND NOT internal"
    found = connection.execute(
        f"SELECT lower(view_name), comment FROM duckdb_views() {of_main}"
        f" UNION ALL SELECT lower(table_name), NULL FROM duckdb_tables() {of_main}"
    )
    return {name: comment or "" for name, comment in found.fetchall()}


def _sql(name: str) -> str:
    return files("mailjet_segment").joinpath(f"{name}.sql").read_text(encoding="utf-8")
