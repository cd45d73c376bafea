"""The options that all commands share which answer: where the tables are, and the period. It imports nothing heavy."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from datetime import timezone
from pathlib import Path

from mailjet_segment.analytics.period import Period, make_period, parse_bound, parse_zone
from mailjet_segment.analytics.place import Place, duckdb_place, parse_place
from mailjet_segment.loads.target import DEFAULT_DATABASE


def add_place(parser: ArgumentParser) -> None:
    """`--duckdb F | --database URL`, and `--conversions TABLE`."""
    places = parser.add_mutually_exclusive_group()
    places.add_argument(
        "--duckdb", type=Path, metavar="F", help=f"the DuckDB file with the tables (default: {DEFAULT_DATABASE})"
    )
    places.add_argument(
        "--database",
        metavar="URL",
        help="where else they are: postgresql://user@host/database, or sqlite:///F for the store of a collector or of "
        "sync",
    )
    parser.add_argument(
        "--conversions",
        metavar="TABLE",
        help="a table there of what people did after an email, such as order_completed or schema.order_completed",
    )


def add_period(parser: ArgumentParser, with_zone: bool = False) -> None:
    """`--since D`, `--until D`, and `--timezone` for a command that speaks of days."""
    parser.add_argument(
        "--since", type=parse_bound, metavar="D", help="from then on: a date (its midnight) or an instant"
    )
    parser.add_argument("--until", type=parse_bound, metavar="D", help="what happened before: a date or an instant")
    if with_zone:
        parser.add_argument(
            "--timezone", type=parse_zone, default=timezone.utc, metavar="ZONE", help="whose days (default: UTC)"
        )


def place_of(options: Namespace) -> Place:
    """The place that `add_place` had somebody name; raises `Failure`."""
    place = parse_place(options.database) if options.database else duckdb_place(options.duckdb or DEFAULT_DATABASE)
    return replace(place, conversions=options.conversions)


def period_of(options: Namespace) -> Period:
    """The period of `add_period`; raises `Failure`."""
    return make_period(options.since, options.until, getattr(options, "timezone", timezone.utc))
