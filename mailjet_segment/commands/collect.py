"""`mailjet-segment collect`: its command line."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from mailjet_segment.commands.command import Command
from mailjet_segment.commands.options import add_collector_config
from mailjet_segment.commands.values import port
from program.signals import end_with_0_on_sigterm


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "action", nargs="?", choices=["replay-rejected"], help="take rejected items again, after an upgrade, and end"
    )
    add_collector_config(parser)
    parser.add_argument("--host", default="127.0.0.1", metavar="H", help="for Mailjet and readers (default: 127.0.0.1)")
    parser.add_argument("--port", type=port, default=8080, metavar="P", help="of the same (default: 8080)")
    parser.add_argument("--admin-host", default="127.0.0.1", metavar="H", help="for operators (default: 127.0.0.1)")
    parser.add_argument("--admin-port", type=port, default=8081, metavar="P", help="of the same (default: 8081)")


def _run(options: Namespace) -> None:
    if not options.action:
        end_with_0_on_sigterm()  # before the imports, which take a while
    from mailjet_segment.collect_command import run_collect, run_replay

    if options.action:
        run_replay(options.config)
    else:
        run_collect(options.config, (options.host, options.port), (options.admin_host, options.admin_port))


COMMAND = Command(
    "collect",
    "move",
    "take events as Mailjet posts them, until stopped",
    _add_arguments,
    _run,
    ("mailjet-segment collect --config collector.json --host 0.0.0.0",),
)
