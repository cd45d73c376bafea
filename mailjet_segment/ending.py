"""The text that a sync prints when it has ended."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from mailjet_segment.funnel import Funnel
from mailjet_segment.progress import Progress
from mailjet_segment.summary import to_calls_table, to_funnel_table, to_tables_table
from mailjet_segment.warehouse import Waiting, open_warehouse, row_counts

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


def print_database(path: Path, loaded: Mapping[str, int], progress: Progress) -> None:
    """The rows of each table, and those that were loaded just now."""
    with open_warehouse(path, Waiting(progress.warn, lambda _: False)) as connection:
        rows = row_counts(connection)
    console = progress.console
    console.print()
    console.print(to_tables_table(loaded, rows))
    console.print()


def print_funnels(funnels: Sequence[Funnel], total: Funnel, progress: Progress) -> None:
    """The funnel of each campaign; nothing if there is none."""
    if funnels:
        progress.console.print(to_funnel_table(funnels, total, progress.console.width))
        progress.say(
            "Messages, not events; opens and clicks that people made. Rates are of delivered messages, those of "
            "bounces of all that a server took or refused.\n"
        )


def print_calls(title: str, calls: Mapping[str, int], progress: Progress) -> None:
    """Calls by the event's name."""
    progress.console.print(to_calls_table(title, calls))
    progress.say("")
