"""`mailjet-segment explore`: its command line."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mailjet_segment.analytics.options import add_period, add_place, period_of, place_of
from mailjet_segment.commands.command import Command


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("mailjet-explore.html"),
        metavar="F",
        help="the HTML file (default: mailjet-explore.html)",
    )
    add_place(parser)
    add_period(parser)


def _run(options: Namespace) -> None:
    place, period = place_of(options), period_of(options)
    from mailjet_segment.exploring.command import run_explore

    run_explore(place, period, options.output)


COMMAND = Command(
    "explore",
    "answer",
    "messages and events in one HTML file, to pivot and chart offline, without addresses",
    _add_arguments,
    _run,
    examples=("mailjet-segment explore -o mailjet-explore.html",),
)
