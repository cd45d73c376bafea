"""Options that several commands share."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path


def add_collector_config(parser: ArgumentParser) -> None:
    """`--config`, required: the file of the collector."""
    parser.add_argument("--config", type=Path, required=True, metavar="F", help="JSON: the collector's configuration")
