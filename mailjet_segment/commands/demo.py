"""`mailjet-segment demo`: its command line."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mailjet_segment.commands.command import Command


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--directory", type=Path, default=Path("demo"), help="where its database goes (default: demo)")
    parser.add_argument(
        "--live", action="store_true", help="events as webhooks post them, by a collector, in half a minute"
    )


def _run(options: Namespace) -> None:
    if options.live:
        from mailjet_segment.live_demo import run_live_demo

        run_live_demo(options.directory)
        return
    from mailjet_segment.demo import run_demo

    run_demo(options.directory)


COMMAND = Command(
    "demo",
    "begin",
    "the whole way, on a made-up account",
    _add_arguments,
    _run,
    ("mailjet-segment demo", "mailjet-segment demo --live"),
)
