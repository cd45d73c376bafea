"""`mailjet-segment explore`: messages and events in one HTML file."""

from __future__ import annotations

import time
from pathlib import Path

from mailjet_segment.analytics.answers import open_answers
from mailjet_segment.analytics.output import refuse_impossible, refuse_own_file
from mailjet_segment.analytics.period import Period
from mailjet_segment.analytics.place import Place
from mailjet_segment.exploring.rendering import render
from mailjet_segment.exploring.views import VIEWS, read_tables
from mailjet_segment.progress import Progress, make_console
from mailjet_segment.whole_file import whole_file


def run_explore(place: Place, period: Period, path: Path) -> None:
    """Writes the page; raises `Failure` if the place cannot answer, or the file cannot be written."""
    refuse_impossible(path)
    refuse_own_file(place, path)
    progress = Progress(make_console(), time.monotonic)
    with progress.step(f"Rows to explore in {path}") as step:
        with open_answers(place, period, say=progress.warn) as connection:
            tables = read_tables(connection)
        page = render("Mailjet's messages and events", tables, VIEWS)
        with whole_file(path) as new:
            new.write_text(page, encoding="utf-8")
        step.add(sum(table.num_rows for table in tables.values()))
