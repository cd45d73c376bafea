"""`mailjet-segment report`: its command line."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mailjet_segment.analytics.options import add_period, add_place
from mailjet_segment.commands.command import Command


def _add_arguments(parser: ArgumentParser) -> None:
    add_place(parser)
    add_period(parser, with_zone=True)
    parser.add_argument("--campaign", metavar="C", help="only this campaign: its id or its name")
    parser.add_argument(
        "--with-recipients", action="store_true", help="names and addresses too; else the page holds no address"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="F", help="where it goes (default: beside the DuckDB file, .report.html)"
    )


def _run(options: Namespace) -> None:
    from mailjet_segment.report.command import run_report

    run_report(options)


COMMAND = Command(
    "report",
    "answer",
    "what became of the emails, as one HTML file",
    _add_arguments,
    _run,
    examples=(
        "mailjet-segment report --duckdb mailjet.duckdb",
        "mailjet-segment report --since 2026-10-01 --until 2026-11-01 --timezone Europe/Paris -o october.html",
        "mailjet-segment report --database postgresql://user@host/database -o report.html",
    ),
)
