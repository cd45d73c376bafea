"""What can be looked at: two tables, and a few first views of them, from which people go on by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from mailjet_segment.exploring.addresses import Digests
from program.failure import Failure

MOST_ROWS = 500_000
"""Of a table: the file has some hundred bytes for each, and a browser all of them in memory."""

TABLES = {"messages": "mailjet__messages", "events": "mailjet__events"}
"""The table of each of the page's."""
_ADDED = {
    "messages": (
        "CAST(1 AS INTEGER) AS messages",
        "CAST(unsubscribed_at IS NOT NULL AS INTEGER) AS unsubscribed",
        "CAST(complained_at IS NOT NULL AS INTEGER) AS complained",
    ),
    "events": ("CAST(1 AS INTEGER) AS events",),
}
"""Columns whose sum counts."""
_NAMES = {"campaign_name": "coalesce(campaign_name, 'campaign ' || nullif(campaign_id, ''), 'no campaign')"}
"""A campaign that was deleted has no name."""


@dataclass(frozen=True)
class View:
    """A first look: `data` is a table of the page, `config` how Perspective is to show it."""

    title: str
    data: str
    config: Mapping[str, Any] = field(default_factory=dict)


_RATES = ["opened_people", "clicked_people", "unsubscribed", "complained"]
_PERCENT = {"number_format": {"style": "percent", "minimumFractionDigits": 2, "maximumFractionDigits": 2}}
VIEWS: Sequence[View] = (
    View(
        "Campaigns: messages, opens, clicks",
        "messages",
        {
            "plugin": "Datagrid",
            "group_by": ["campaign_name"],
            "columns": ["messages", "was_delivered", "opened_people", "clicked_people", "unsubscribed", "complained"],
            "sort": [["messages", "desc"]],
        },
    ),
    View(
        "Delivered messages: rates by mailbox provider",
        "messages",
        {
            "plugin": "Datagrid",
            "group_by": ["provider"],
            "columns": ["messages", *_RATES],
            "aggregates": dict.fromkeys(_RATES, "avg"),
            "filter": [["was_delivered", "==", 1]],
            "columns_config": dict.fromkeys(_RATES, _PERCENT),
            "sort": [["messages", "desc"]],
        },
    ),
    View(
        "Events by day",
        "events",
        {
            "plugin": "Y Bar",
            "group_by": ["day"],
            "split_by": ["kind"],
            "expressions": {"day": "bucket(\"happened_at\", 'D')"},
            "columns": ["events"],
            "group_rollup_mode": "flat",
        },
    ),
    View("All messages", "messages", {"plugin": "Datagrid"}),
    View("All events", "events", {"plugin": "Datagrid"}),
)


def read_tables(connection: duckdb.DuckDBPyConnection, most_rows: int = MOST_ROWS) -> Mapping[str, pa.Table]:
    """The tables of the page, without addresses; truth values are 0 and 1, so that sums count and averages are rates.

    Raises `Failure` if one is too large for a page.
    """
    digests = Digests()
    return {name: _read(connection, name, digests, most_rows) for name in TABLES}


def _read(connection: duckdb.DuckDBPyConnection, data: str, digests: Digests, most_rows: int) -> pa.Table:
    table = TABLES[data]
    [(rows,)] = connection.execute(f'SELECT count(*) FROM "{table}"').fetchall()
    if rows > most_rows:
        raise Failure(
            f"{rows:,} rows are too many for a page that a browser has to hold ({most_rows:,} at most): take a shorter "
            "period with --since and --until, or export --format parquet for other tools."
        )
    kinds = connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = 'main' AND table_name = ? "
        "ORDER BY column_index",
        [table],
    ).fetchall()
    columns = [*(_column(name, kind) for name, kind in kinds), *_ADDED[data]]
    found: pa.Table = connection.sql(f'SELECT {", ".join(columns)} FROM "{table}"').to_arrow_table()
    for place, field_ in enumerate(found.schema):
        if pa.types.is_string(field_.type) or pa.types.is_large_string(field_.type):
            found = found.set_column(place, field_.name, _without_addresses(found.column(place), digests))
    return found.combine_chunks()


def _column(name: str, kind: str) -> str:
    """In a type that Perspective has."""
    if name in _NAMES:
        return f'{_NAMES[name]} AS "{name}"'
    if kind in {"BOOLEAN", "BIGINT", "INTEGER"}:
        return f'CAST("{name}" AS INTEGER) AS "{name}"'
    if kind.startswith("TIMESTAMP"):
        return f'CAST("{name}" AS TIMESTAMP_MS) AS "{name}"'
    return f'"{name}"' if kind == "DOUBLE" else f'CAST("{name}" AS VARCHAR) AS "{name}"'


def _without_addresses(column: pa.ChunkedArray, digests: Digests) -> pa.ChunkedArray:
    """A column of texts as a dictionary, each text of which is cleaned once, if any may hold an address."""
    chunks = column.combine_chunks().dictionary_encode()
    whole = chunks if isinstance(chunks, pa.DictionaryArray) else chunks.combine_chunks()
    if not pc.any(pc.match_substring_regex(whole.dictionary, "@|%(25)*40")).as_py():
        return pa.chunked_array([whole])
    cleaned = [digests.without_addresses(text) for text in whole.dictionary.to_pylist()]
    texts = list(dict.fromkeys(cleaned))
    places = {text: place for place, text in enumerate(texts)}
    mapping = pa.array([places[text] for text in cleaned], pa.int32())
    indices = mapping.take(whole.indices) if len(mapping) else pa.nulls(len(whole), pa.int32())
    return pa.chunked_array([pa.DictionaryArray.from_arrays(indices, pa.array(texts, pa.string()))])
