"""Two views over the event tables, for people: `messages` and `campaign_funnel`, from the SQL beside this file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from importlib.resources import files

from mailjet_segment.loads.database import SCHEMA_OF, Database, Dialect
from mailjet_segment.warehouse import EVENT_STREAMS

_MARK = "Made by mailjet-segment, which replaces it with each new release"
_LATEST = re.compile(r"arg_max\((\w+), received_at\)")
_LATEST_IN_POSTGRESQL = r"(array_agg(\1 ORDER BY received_at DESC) FILTER (WHERE \1 IS NOT NULL))[1]"
"""The latest value that is not null."""


def queries(dialect: Dialect = "duckdb") -> Mapping[str, str]:
    """The query of each view; neither needs the other, for a name may be taken by a table of the user's."""
    messages, funnel = (_sql(name) for name in ("messages", "campaign_funnel"))
    if dialect == "postgresql":
        messages = _LATEST.sub(_LATEST_IN_POSTGRESQL, messages).replace("FROM main.", f"FROM {SCHEMA_OF[dialect]}.")
    return {"messages": messages, "campaign_funnel": f"WITH messages AS (\n{messages})\n{funnel}"}


def make_views(database: Database) -> None:
    """Make the views that are missing or of another release.

    A table or view of that name that somebody else made stays as it is: ours have a comment that says so.
    """
    taken = database.comments()
    if not set(EVENT_STREAMS) <= set(taken):
        return
    for name, query in queries(database.dialect).items():
        comment = f"{_MARK} ({hashlib.sha256(query.encode()).hexdigest()[:8]})."
        if name not in taken or (taken[name].startswith(_MARK) and taken[name] != comment):
            with database.transaction():  # a view without our comment would look like the user's, and never be replaced
                database.run(f"CREATE OR REPLACE VIEW {database.schema}.{name} AS {query}")
                database.run(f"COMMENT ON VIEW {database.schema}.{name} IS '{comment}'")


def _sql(name: str) -> str:
    return files("mailjet_segment").joinpath(f"{name}.sql").read_text(encoding="utf-8")
