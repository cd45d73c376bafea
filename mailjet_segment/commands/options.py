"""Options that several commands share."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path


def add_collector_config(parser: ArgumentParser) -> None:
    """`--config`, required: the file of the collector."""
    parser.add_argument("--config", type=Path, required=True, metavar="F", help="JSON: the collector's configuration")


def add_hosts(parser: ArgumentParser) -> None:
    """`--api-url`, which may be repeated: hosts to try keys at."""
    parser.add_argument(
        "--api-url",
        action="append",
        default=[],
        metavar="URL",
        help="a host to try the keys at, such as a proxy; may be repeated (default: those of Mailjet)",
    )
