"""`mailjet-segment reconcile`: its command line."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mailjet_segment.analytics.options import add_period, add_place, period_of, place_of
from mailjet_segment.commands.command import Command
from mailjet_segment.commands.values import positive


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--source-config",
        type=Path,
        required=True,
        action="append",
        metavar="F",
        help="JSON: the source's configuration; once for each account whose events are in the tables",
    )
    add_place(parser)
    add_period(parser, with_zone=True)
    parser.add_argument("--campaigns", action="store_true", help="compare each campaign too, a request or more each")
    parser.add_argument(
        "--max-requests",
        type=positive,
        default=500,
        metavar="N",
        help="how many requests may be made; what is not looked up then stays unexplained (default: 500)",
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON with all differences")


def _run(options: Namespace) -> None:
    place, period = place_of(options), period_of(options)
    from mailjet_segment.reconciling.command import run_reconcile

    run_reconcile(options.source_config, place, period, options.campaigns, options.max_requests, options.json)


COMMAND = Command(
    "reconcile",
    "answer",
    "hold the tables against Mailjet's own counters, by day and kind",
    _add_arguments,
    _run,
    examples=("mailjet-segment reconcile --source-config source.json",),
)
