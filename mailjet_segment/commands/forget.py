"""`mailjet-segment forget`: its command line."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mailjet_segment.commands.command import Command


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="F", help="JSON: the configuration of a collector")
    parser.add_argument(
        "--store", metavar="F", help="or the event store of syncs, with all its accounts: a file, or postgresql://"
    )
    parser.add_argument("--email", required=True, metavar="A", help="the address, in any case")
    parser.set_defaults(refuse=parser.error)


def _run(options: Namespace) -> None:
    if (options.config is None) == (options.store is None):
        options.refuse("give either --config of a collector or --store of syncs")
    from mailjet_segment.forget_command import run_forget

    run_forget(options.store if options.config is None else options.config, options.email)


COMMAND = Command(
    "forget",
    "look after",
    "delete an address from the event store of a collector, or of syncs",
    _add_arguments,
    _run,
    (
        "mailjet-segment forget --config collector.json --email anna@example.com",
        "mailjet-segment forget --store mailjet.events.db --email anna@example.com",
    ),
)
