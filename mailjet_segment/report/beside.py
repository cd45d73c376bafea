"""The report that a sync leaves beside its DuckDB file."""

from __future__ import annotations

from pathlib import Path

from mailjet_segment.analytics.place import duckdb_place
from mailjet_segment.progress import Progress
from program.failure import Failure


def write_beside(database: Path, progress: Progress) -> None:
    """Writes it and says where it is. What was loaded is there whatever becomes of it, so a failure is a warning."""
    try:
        from mailjet_segment.report.command import Wanted, report_file, write_report

        place = duckdb_place(database)
        output = report_file(place)
        write_report(place, Wanted(), output)
    except Failure as failure:
        progress.warn(f"The report was not written: {failure.sentence}")
    except Exception as error:  # the sync has done its work
        progress.warn(
            f"The report was not written ({type(error).__name__}): mailjet-segment --debug report --duckdb {database} "
            "shows why."
        )
    else:
        progress.say(f"The report is {output}: open it in a browser.")
