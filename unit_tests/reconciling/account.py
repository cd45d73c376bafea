"""A made-up account and the tables of it, as a sync would have filled them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import orjson

from mailjet_sandbox.sandbox import Sandbox
from mailjet_segment.loads.database import ALL_TABLES, Database, make_tables
from mailjet_segment.loads.tables import to_tables
from mailjet_segment.rows import Events
from unit_tests.conftest import configure


def fill_tables(sandbox: Sandbox, file: Path, **fields: Any) -> Mapping[str, Any]:
    """Reads the account by REST into a DuckDB file; the configuration that did it."""
    config = configure(sandbox, **fields)
    with duckdb.connect(str(file)) as connection:
        make_tables(Database(connection, "duckdb", str(file)), ALL_TABLES)
        for stream, rows in Events(config).batches():
            for name, table in to_tables({stream: [orjson.dumps(row).decode() for row in rows]}).items():
                connection.register("read", table)
                connection.execute(
                    f"INSERT INTO main.{name} BY NAME SELECT * FROM read ANTI JOIN main.{name} USING (id)"
                )
    return config
