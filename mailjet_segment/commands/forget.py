"""`mailjet-segment forget`: its command line."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from mailjet_segment.commands.command import Command
from mailjet_segment.commands.options import add_collector_config


def _add_arguments(parser: ArgumentParser) -> None:
    add_collector_config(parser)
    parser.add_argument("--email", required=True, metavar="A", help="the address, in any case")


def _run(options: Namespace) -> None:
    from mailjet_segment.forget_command import run_forget

    run_forget(options.config, options.email)


COMMAND = Command(
    "forget",
    "look after",
    "delete an address from a collector's store",
    _add_arguments,
    _run,
    ("mailjet-segment forget --config collector.json --email anna@example.com",),
)
