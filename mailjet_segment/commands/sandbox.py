"""`mailjet-segment sandbox`: its command line."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mailjet_segment.commands.command import Command
from mailjet_segment.commands.values import port, positive


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=1, help="which account, with keys of its own (default: 1)")
    parser.add_argument("--host", default="127.0.0.1", metavar="H", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument(
        "--port", type=port, default=0, metavar="P", help="port of Mailjet; Segment's is the next (default: free ones)"
    )
    parser.add_argument(
        "--write-config",
        type=Path,
        metavar="DIR",
        help="write source.json, destination.json and collector.json into this folder",
    )
    parser.add_argument("--messages", type=positive, default=2_000, help="emails it has sent (default: 2000)")
    parser.add_argument("--days", type=positive, default=30, help="days it has sent them in (default: 30)")
    parser.add_argument(
        "--newsletter",
        action="store_true",
        help="an account that sends newsletters to all its contacts, of up to 10 million emails",
    )
    parser.add_argument(
        "--trouble", metavar="NAME", help="with something wrong that doctor finds, such as mailjet-permission"
    )


def _run(options: Namespace) -> None:
    from mailjet_segment.sandbox_command import AccountChoice, run_sandbox

    account = AccountChoice(options.seed, options.messages, options.days, options.newsletter, options.trouble)
    run_sandbox(account, options.host, options.port, options.write_config)


COMMAND = Command(
    "sandbox",
    "begin",
    "serve stand-ins for Mailjet and Segment until stopped",
    _add_arguments,
    _run,
    ("mailjet-segment sandbox --write-config try", "mailjet-segment sandbox --newsletter --messages 100000"),
)
