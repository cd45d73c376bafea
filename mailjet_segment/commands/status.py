"""`mailjet-segment status`: its command line."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from datetime import timedelta
from pathlib import Path

from mailjet_segment.commands.command import Command
from mailjet_segment.commands.values import positive_hours


def _add_arguments(parser: ArgumentParser) -> None:
    places = parser.add_mutually_exclusive_group()
    places.add_argument(
        "--duckdb", type=Path, metavar="F", help="the DuckDB file of your syncs (default: mailjet.duckdb)"
    )
    places.add_argument("--database", metavar="URL", help="postgresql://user@host/database with tables or store")
    places.add_argument(
        "--store", metavar="F", help="the event store of syncs or of a collector: a file, or postgresql://"
    )
    parser.add_argument(
        "--max-age-hours",
        type=positive_hours,
        metavar="N",
        help="exit with 1 if the last complete sync, or the last post, is older",
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON")


def _run(options: Namespace) -> None:
    from mailjet_segment.status_command import Place, run_status

    max_age = None if options.max_age_hours is None else timedelta(hours=options.max_age_hours)
    run_status(Place(options.duckdb, options.database, options.store), options.json, max_age)


COMMAND = Command(
    "status",
    "look after",
    "the last sync or post, what is new, what waits",
    _add_arguments,
    _run,
    (
        "mailjet-segment status --duckdb mailjet.duckdb",
        "mailjet-segment status --store postgresql://me@db/shop --max-age-hours 2",
    ),
)
