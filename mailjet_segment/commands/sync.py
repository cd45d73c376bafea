"""`mailjet-segment sync`: its command line."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mailjet_segment.commands.command import Command
from mailjet_segment.commands.values import day_or_instant


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--source-config",
        type=Path,
        required=True,
        action="append",
        metavar="F",
        help="JSON: the source's configuration; may be repeated, once for each account",
    )
    parser.add_argument(
        "--destination-config", type=Path, metavar="F", help="JSON: the destination's; none, no Segment"
    )
    parser.add_argument(
        "--to",
        action="append",
        default=[],
        metavar="URL",
        help="duckdb:///F, postgresql://user@host/database, or a destination of dlt; may be repeated",
    )
    parser.add_argument(
        "--duckdb", type=Path, metavar="F", help="the same as --to duckdb:///F (default without --to: mailjet.duckdb)"
    )
    parser.add_argument(
        "--store",
        metavar="F",
        help="where events are kept, and what was read and sent: a file, or postgresql://... (default: beside the "
        "DuckDB file, with .events.db)",
    )
    parser.add_argument(
        "--history",
        choices=["send", "skip"],
        help="whether a write key and region that this store has not sent to gets events older than a day",
    )
    parser.add_argument(
        "--resend-from",
        type=day_or_instant,
        metavar="D",
        help="send again what happened from D on, with the same ids: 2026-01-31, or 2026-01-31T12:00:00Z",
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing but warnings and errors")
    parser.add_argument("--json", action="store_true", help="print one line of JSON with all counts")
    parser.set_defaults(refuse=parser.error)


def _run(options: Namespace) -> None:
    if (options.history or options.resend_from) and not options.destination_config:
        options.refuse("--history and --resend-from are about a destination: give --destination-config too")
    from mailjet_segment.configurations import read_configurations

    configurations = read_configurations(options.source_config, options.destination_config)
    from mailjet_segment.sync.command import Choices, run_sync
    from mailjet_segment.sync.history import Wishes

    wishes = Wishes(options.history, options.resend_from)
    choices = Choices(options.to, options.duckdb, options.store, wishes, options.quiet, options.json)
    run_sync(configurations, choices)


COMMAND = Command(
    "sync",
    "move",
    "a real account, incrementally",
    _add_arguments,
    _run,
    (
        "mailjet-segment sync --source-config source.json --destination-config destination.json",
        "mailjet-segment sync --source-config source.json --to postgresql://me@db/shop",
    ),
)
