"""The text that a sync prints when it has ended."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from mailjet_segment.progress import Progress
from mailjet_segment.summary import to_calls_table, to_collections_table, to_funnel_table
from mailjet_segment.sync import Outcome

LOOK = "SELECT campaign_name, delivered, opened, clicked, unsubscribed, bounced, spam FROM campaign_funnel"


def where(database: Path) -> str:
    """The place of the tables, and on a second line a command that shows the campaigns with installed programs."""
    if shutil.which("duckdb"):
        words = ["duckdb", "-readonly", str(database), LOOK]
    else:
        look = f'db = duckdb.connect({json.dumps(str(database))}, read_only=True); db.sql("{LOOK}").show()'
        words = [sys.executable, "-c", f"import duckdb; {look}"]
    there = f"The tables are in {database}, with the views messages and campaign_funnel. To see the campaigns:"
    return f"{there}\n{shlex.join(words)}"


def print_outcome(outcome: Outcome, calls_title: str, calls: Mapping[str, int] | None, progress: Progress) -> None:
    """The tables of a sync; `calls` per event name, None if there is no destination."""
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
