"""`mailjet-segment doctor`: its command line."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from datetime import timedelta
from pathlib import Path

from mailjet_segment.commands.command import Command
from mailjet_segment.commands.options import add_hosts
from mailjet_segment.commands.values import positive_hours


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--source-config",
        type=Path,
        action="append",
        default=[],
        metavar="F",
        help="JSON: the source's configuration; may be repeated, once for each account",
    )
    parser.add_argument("--destination-config", type=Path, metavar="F", help="JSON: the destination's")
    parser.add_argument("--config", type=Path, metavar="F", help="JSON: the collector's configuration")
    parser.add_argument(
        "--duckdb", type=Path, metavar="F", help="the DuckDB file of your syncs (default: mailjet.duckdb)"
    )
    parser.add_argument("--store", metavar="F", help="their event store (default: beside the DuckDB file)")
    parser.add_argument(
        "--max-age-hours",
        type=positive_hours,
        default=26.0,
        metavar="N",
        help="a last complete sync or post that is older must be mended (default: 26)",
    )
    add_hosts(parser)
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.set_defaults(refuse=parser.error)


def _run(options: Namespace) -> None:
    if not options.source_config and not options.config:
        options.refuse("give --source-config, or --config of a collector, or both")
    if options.destination_config and not options.source_config:
        options.refuse("--destination-config goes with --source-config")
    from mailjet_segment.doctor.command import Subject, run_doctor

    subject = Subject(
        sources=options.source_config,
        destination=options.destination_config,
        collector=options.config,
        database=options.duckdb,
        store=options.store,
        hosts=options.api_url,
        max_age=timedelta(hours=options.max_age_hours),
    )
    run_doctor(subject, options.json)


COMMAND = Command(
    "doctor",
    "look after",
    "everything that can be wrong, each thing with its remedy",
    _add_arguments,
    _run,
    (
        "mailjet-segment doctor --source-config source.json",
        "mailjet-segment doctor --source-config source.json --destination-config destination.json --json",
        "mailjet-segment doctor --config collector.json",
    ),
)
