"""`mailjet-segment load`: its command line."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from mailjet_segment.commands.command import Command
from mailjet_segment.commands.options import add_collector_config
from mailjet_segment.commands.values import positive


def _add_arguments(parser: ArgumentParser) -> None:
    add_collector_config(parser)
    parser.add_argument(
        "--to",
        action="append",
        required=True,
        metavar="URL",
        help="duckdb:///F, postgresql://..., or the name of a destination of dlt; may be repeated",
    )
    parser.add_argument("--every", type=positive, metavar="MINUTES", help="load again so often, until stopped")
    parser.add_argument("--quiet", action="store_true", help="print nothing but warnings and errors")
    parser.add_argument("--json", action="store_true", help="print what each load did as one line of JSON")


def _run(options: Namespace) -> None:
    from mailjet_segment.load_command import run_load

    every_s = options.every * 60 if options.every else None
    run_load(options.config, options.to, every_s, options.quiet, options.json)


COMMAND = Command(
    "load",
    "move",
    "events of a collector's store into warehouses",
    _add_arguments,
    _run,
    ("mailjet-segment load --config collector.json --to duckdb:///mailjet.duckdb --every 15",),
)
