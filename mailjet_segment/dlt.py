"""A source for pipelines of dlt: the seven tables of an account, read incrementally, for who uses dlt already.

import dlt
from mailjet_segment.dlt import mailjet_events

pipeline = dlt.pipeline("mailjet", destination="duckdb", dataset_name="mailjet")
pipeline.run(mailjet_events(config))
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dlt
import orjson
from dlt.extract import DltResource

from mailjet_segment.loads.database import TABLES
from mailjet_segment.loads.tables import empty_table, to_tables
from mailjet_segment.rows import Events

_STATE = "state"


@dlt.source(name="mailjet")
def mailjet_events(config: dict[str, Any] = dlt.secrets.value) -> DltResource:
    """The tables of the six kinds of event and `tracks`, merged by `id`.

    `config`: as the source takes it (docs/configuration.md); else dlt's secrets `sources.mailjet.config`. dlt keeps
    the state beside the tables.
    """
    return _events(config)


@dlt.resource(name="mailjet_events", write_disposition="merge", primary_key="id")
def _events(config: dict[str, Any]) -> Iterator[Any]:
    """Arrow tables; all columns exist from the first run on."""
    kept = dlt.current.resource_state()
    events = Events(config, kept.get(_STATE))
    if _STATE not in kept:
        yield from (dlt.mark.with_table_name(empty_table(name), name) for name in TABLES)
    for stream, rows in events.batches():
        for name, table in to_tables({stream: [orjson.dumps(row).decode() for row in rows]}).items():
            yield dlt.mark.with_table_name(table, name)
        kept[_STATE] = events.state
    kept[_STATE] = events.state
