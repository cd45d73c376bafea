"""What a sync prints when it has ended."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from mailjet_segment.progress import Progress
from mailjet_segment.summary import to_calls_table, to_collections_table, to_funnel_table
from mailjet_segment.sync import Outcome


def where(database: Path) -> str:
    """Where the tables are, and how to look into them with what is there."""
    sql = "FROM tracks LIMIT 10"
    look = f'import duckdb; duckdb.connect("{database}").sql("{sql}").show()'
    command = f'duckdb {database} "{sql}"' if shutil.which("duckdb") else f"{shlex.quote(sys.executable)} -c '{look}'"
    return f"The tables are in {database}; this shows some rows: {command}"


def print_outcome(outcome: Outcome, calls_title: str, calls: Mapping[str, int] | None, progress: Progress) -> None:
    """The tables of a sync; `calls` per event name, None where there is no destination."""
    console = progress.console
    console.print()
    console.print(to_collections_table(outcome.rows_before, outcome.rows_after))
    if calls is not None:
        console.print()
        console.print(to_calls_table(calls_title, calls))
    if outcome.funnels:
        console.print()
        console.print(to_funnel_table(outcome.funnels, console.width))
        console.print("Messages, not events; without those that only bots opened or clicked. Bounces: of all sent.")
    console.print()
