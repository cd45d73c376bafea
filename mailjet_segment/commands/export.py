"""`mailjet-segment export`: its command line."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mailjet_segment.analytics.options import add_period, add_place, period_of, place_of
from mailjet_segment.commands.command import Command


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--format", required=True, choices=["parquet", "csv", "xlsx"], help="a file for each table, or one workbook"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="PATH",
        help="the folder that gets the files (parquet, csv), or the file (xlsx); what is there by these names is "
        "replaced",
    )
    add_place(parser)
    add_period(parser)
    parser.add_argument(
        "--with-sources", action="store_true", help="also the tables of events, whole, of which the others are made"
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing but warnings and errors")


def _run(options: Namespace) -> None:
    place, period = place_of(options), period_of(options)
    from mailjet_segment.exporting.command import run_export

    run_export(place, period, options.format, options.output, options.with_sources, options.quiet)


COMMAND = Command(
    "export",
    "answer",
    "the tables of the models as Parquet, CSV or a workbook",
    _add_arguments,
    _run,
    examples=(
        "mailjet-segment export --format xlsx -o mailjet.xlsx",
        "mailjet-segment export --format parquet -o exported --since 2026-01-01",
    ),
)
