"""`mailjet-segment report`, and the report that a sync leaves beside its DuckDB file."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import duckdb

from mailjet_segment.analytics.answers import open_answers
from mailjet_segment.analytics.options import period_of, place_of
from mailjet_segment.analytics.output import refuse_impossible, refuse_own_file
from mailjet_segment.analytics.period import ALL, Period
from mailjet_segment.analytics.place import Place
from mailjet_segment.analytics.reconciled import read_reconciled
from mailjet_segment.report.content import Scope, read_content
from mailjet_segment.whole_file import whole_file
from program.failure import Failure


@dataclass(frozen=True)
class Wanted:
    """What the report is to be about."""

    period: Period = ALL
    campaign: str | None = None
    with_recipients: bool = False


def run_report(options: Namespace) -> None:
    """Writes the page that the command line asks for, and says where it is; raises `Failure`."""
    place = place_of(options)
    output = options.output or report_file(place)
    wanted = Wanted(period_of(options), options.campaign, options.with_recipients)
    write_report(place, wanted, output)
    print(f"The report is {output}: open it in a browser.")


def report_file(place: Place) -> Path:
    """Where the report of a place goes if nobody names a file: beside it, or into the present folder."""
    file = place.file
    return file.with_name(f"{file.stem}.report.html") if file else Path("mailjet.report.html")


def write_report(place: Place, wanted: Wanted, output: Path) -> None:
    """Writes the page of a place; raises `Failure` with one sentence."""
    refuse_impossible(output)
    refuse_own_file(place, output)
    with open_answers(place, wanted.period, campaign=wanted.campaign) as connection:
        write_page(connection, place, wanted, output)


def write_page(
    connection: duckdb.DuckDBPyConnection,
    place: Place,
    wanted: Wanted,
    output: Path,
    advice: str = "give another file as -o",
) -> None:
    """Writes the page of answers that are open already; raises `Failure` with one sentence, which ends with `advice` if
    the file cannot be written.

    A page with names of recipients is for its owner alone.
    """
    from mailjet_segment.report.rendering import render

    scope = Scope(
        place=place.name,
        zone=wanted.period.zone,
        made_at=datetime.now(timezone.utc),
        since=wanted.period.since,
        until=wanted.period.until,
        campaign=wanted.campaign,
        with_recipients=wanted.with_recipients,
        reconciled=read_reconciled(place),
    )
    content = read_content(connection, scope)
    if wanted.campaign is not None and not content.campaigns:
        raise Failure(
            f"{place.name} has no messages of a campaign with the id or name {wanted.campaign!r} in that time."
        )
    page = render(content)
    with whole_file(output, is_private=wanted.with_recipients, advice=advice) as new:
        new.write_text(page, encoding="utf-8")
