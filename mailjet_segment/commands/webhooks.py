"""`mailjet-segment webhooks`: its command line."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from mailjet_segment.commands.command import Command
from mailjet_segment.commands.options import add_collector_config


def _add_arguments(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="register | status | remove", dest="action")
    register = actions.add_parser("register", help="have Mailjet post all its types of event to the collector")
    register.add_argument(
        "--take-over",
        action="store_true",
        help="replace another address; it gets copies of its posts, and its place back by 'remove'",
    )
    others = (
        actions.add_parser("status", help="where Mailjet posts each type of event"),
        actions.add_parser("remove", help="remove the collector's addresses, and put former ones back"),
    )
    for action in (register, *others):
        add_collector_config(action)
        action.add_argument("--json", action="store_true", help="print where each type goes as JSON")


def _run(options: Namespace) -> None:
    from mailjet_segment.webhooks_command import run_webhooks

    run_webhooks(options.action, options.config, getattr(options, "take_over", False), options.json)


COMMAND = Command(
    "webhooks",
    "move",
    "the collector's addresses at Mailjet",
    _add_arguments,
    _run,
    (
        "mailjet-segment webhooks register --config collector.json",
        "mailjet-segment webhooks status --config collector.json --json",
    ),
)
