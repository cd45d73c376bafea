"""`mailjet-segment init`: its command line."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mailjet_segment.commands.command import Command
from mailjet_segment.commands.options import add_hosts
from mailjet_segment.commands.values import day_or_instant


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--directory", type=Path, default=Path(), metavar="DIR", help="where the files go (default: this folder)"
    )
    parser.add_argument("--start-date", type=day_or_instant, metavar="D", help="read events since: 2026-01-31")
    parser.add_argument(
        "--user-id-property", metavar="NAME", help="the contact property with your user ids, or none (default: found)"
    )
    parser.add_argument("--region", metavar="R", help="of your Segment workspace: us, eu, or an address")
    parser.add_argument("--no-segment", action="store_true", help="tables alone: ask for no write key")
    add_hosts(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace files that are there")
    parser.add_argument(
        "--no-input",
        action="store_true",
        help="never ask: keys from MAILJET_API_KEY, MAILJET_API_KEY_SECRET and, if wanted, SEGMENT_WRITE_KEY",
    )


def _run(options: Namespace) -> None:
    from mailjet_segment.first_steps.command import Wishes, run_init

    wishes = Wishes(
        folder=options.directory,
        hosts=options.api_url,
        start=options.start_date,
        property=options.user_id_property,
        region=options.region,
        wants_segment=not options.no_segment,
        overwrites=options.overwrite,
        asks=not options.no_input,
    )
    run_init(wishes)


COMMAND = Command(
    "init",
    "begin",
    "asks for your keys, tests them, and writes the configuration files",
    _add_arguments,
    _run,
    ("mailjet-segment init", "mailjet-segment init --no-input --region eu --start-date 2026-01-31"),
)
