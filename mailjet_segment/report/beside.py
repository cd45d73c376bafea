"""What a sync makes of the models at its end: the funnel on the terminal, and the report beside its DuckDB file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mailjet_segment.analytics.place import duckdb_place
from mailjet_segment.ending import print_funnels
from mailjet_segment.funnel import read_funnels, read_total
from mailjet_segment.progress import Progress
from mailjet_segment.warehouse import open_warehouse, row_counts
from program.failure import Failure
from segment_events.kinds import TRACKS

MOST_EVENTS = 100_000
"""Above that, a report takes longer than all else that most syncs do: then only the command makes one."""

MEMORY = "192MB"
"""What DuckDB may take: a sync is to fit into half a gigabyte. The rest goes to disk."""


def show_campaigns(database: Path, progress: Progress, conversions: str | None = None) -> None:
    """Prints the funnel of each campaign, writes the report and says where it is.

    What was loaded is there whatever becomes of it, so a failure is a warning. `conversions`: the table of what people
    did after an email, if there is one.
    """
    try:
        with open_warehouse(database) as connection:
            events = row_counts(connection)[TRACKS]
        if events > MOST_EVENTS:
            progress.say(f"For the rates of all {events:,} events: mailjet-segment report --duckdb {database}")
            return
        from mailjet_segment.analytics.answers import open_answers
        from mailjet_segment.report.command import Wanted, report_file, write_page

        place = replace(duckdb_place(database), conversions=conversions)
        output = report_file(place)
        with open_answers(place, memory=MEMORY) as connection:
            print_funnels(read_funnels(connection), read_total(connection), progress)
            elsewhere = f"mailjet-segment report --duckdb {database} -o FILE writes it elsewhere"
            write_page(connection, place, Wanted(), output, elsewhere)
    except Failure as failure:
        progress.warn(f"The report was not written: {failure.sentence}")
    except Exception as error:  # the sync has done its work
        progress.warn(
            f"The report was not written ({type(error).__name__}): mailjet-segment --debug report --duckdb {database} "
            "shows why."
        )
    else:
        progress.say(f"The report is {output}: open it in a browser.")
