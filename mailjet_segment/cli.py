"""The command line: arguments in, an exit code out. 0 is success, 1 a failure with one sentence for the user."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from io import TextIOWrapper
from pathlib import Path

from mailjet_segment.failure import missing_part
from program.failure import Failure, Interrupted
from program.process import fill_closed_streams, leave_no_core
from program.signals import end_with_0_on_sigterm

INTERRUPTED = 130
"""The exit code that a shell expects of a program that Ctrl-C ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    _prepare_output()
    options = _parser().parse_args(arguments)
    leave_no_core()
    try:
        options.run(options)
    except Interrupted as interrupted:
        _complain(str(interrupted))
        return INTERRUPTED
    except Failure as failure:
        return _complain(str(failure))
    except KeyboardInterrupt:
        print("\nmailjet-segment: stopped.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if options.debug:
            raise
        missing = missing_part(error.name) if isinstance(error, ModuleNotFoundError) else None
        if missing:
            return _complain(str(missing))
        return _complain(f"something unexpected went wrong ({type(error).__name__}); --debug shows where.")
    return 0


def _prepare_output() -> None:
    """A closed standard stream leads nowhere, and a character that a stream cannot show becomes a question mark.

    People read this output. Programs read the output of the connectors, so a connector ends if its output is closed.
    """
    fill_closed_streams()
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mailjet-segment",
        description="Mailjet's email events as tables in a warehouse and as track calls at Segment, without Airbyte.",
    )
    parser.add_argument("--version", action="version", version=_version())
    parser.add_argument("--debug", action="store_true", help="show where an unexpected error came from")
    commands = parser.add_subparsers(
        required=True, metavar="demo | sync | sandbox | collect | load | webhooks | forget"
    )
    _add_demo(commands.add_parser("demo", help="the whole way, on a made-up account"))
    _add_sync(commands.add_parser("sync", help="a real account, incrementally"))
    _add_sandbox(commands.add_parser("sandbox", help="serve stand-ins for Mailjet and Segment until stopped"))
    _add_collect(commands.add_parser("collect", help="take events as Mailjet posts them, until stopped"))
    _add_load(commands.add_parser("load", help="events of a collector's store into warehouses"))
    _add_webhooks(commands.add_parser("webhooks", help="the collector's addresses at Mailjet"))
    _add_forget(commands.add_parser("forget", help="delete an address from a collector's store"))
    return parser


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--directory", type=Path, default=Path("demo"), help="where its database goes (default: demo)")
    parser.add_argument(
        "--live", action="store_true", help="events as webhooks post them, by a collector, in half a minute"
    )
    parser.set_defaults(run=_demo)


def _add_sync(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--source-config",
        type=Path,
        required=True,
        action="append",
        metavar="F",
        help="JSON: the source's configuration; may be repeated, once for each account",
    )
    parser.add_argument(
        "--destination-config", type=Path, metavar="F", help="JSON: the destination's; none, no Segment"
    )
    _add_targets(parser)
    parser.add_argument(
        "--duckdb", type=Path, metavar="F", help="the same as --to duckdb:///F (default without --to: mailjet.duckdb)"
    )
    parser.add_argument(
        "--store",
        metavar="F",
        help="where events are kept, and what was read and sent: a file, or postgresql://... (default: beside the "
        "DuckDB file, with .events.db)",
    )
    parser.add_argument(
        "--history",
        choices=["send", "skip"],
        help="whether a write key and region that this store has not sent to gets events older than a day",
    )
    parser.add_argument(
        "--resend-from",
        type=_day_or_instant,
        metavar="D",
        help="send again what happened from D on, with the same ids: 2026-01-31, or 2026-01-31T12:00:00Z",
    )
    _add_output(parser)
    parser.set_defaults(run=_sync, refuse=parser.error)


def _add_targets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--to",
        action="append",
        default=[],
        metavar="URL",
        help="duckdb:///F, postgresql://user@host/database, or a destination of dlt; may be repeated",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="print nothing but warnings and errors")
    parser.add_argument("--json", action="store_true", help="print one line of JSON with all counts")


def _add_sandbox(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=1, help="which account, with keys of its own (default: 1)")
    parser.add_argument("--host", default="127.0.0.1", metavar="H", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument(
        "--port", type=_port, default=0, metavar="P", help="port of Mailjet; Segment's is the next (default: free ones)"
    )
    parser.add_argument(
        "--write-config",
        type=Path,
        metavar="DIR",
        help="write source.json, destination.json and collector.json into this folder",
    )
    parser.add_argument("--messages", type=_positive, default=2_000, help="emails it has sent (default: 2000)")
    parser.add_argument("--days", type=_positive, default=30, help="days it has sent them in (default: 30)")
    parser.add_argument(
        "--newsletter",
        action="store_true",
        help="an account that sends newsletters to all its contacts, of up to 10 million emails",
    )
    parser.set_defaults(run=_sandbox)


def _add_webhooks(parser: argparse.ArgumentParser) -> None:
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
        _add_collector_config(action)
        action.add_argument("--json", action="store_true", help="print where each type goes as JSON")
        action.set_defaults(run=_webhooks)


def _add_collect(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action", nargs="?", choices=["replay-rejected"], help="take rejected items again, after an upgrade, and end"
    )
    _add_collector_config(parser)
    parser.add_argument("--host", default="127.0.0.1", metavar="H", help="for Mailjet and readers (default: 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8080, metavar="P", help="of the same (default: 8080)")
    parser.add_argument("--admin-host", default="127.0.0.1", metavar="H", help="for operators (default: 127.0.0.1)")
    parser.add_argument("--admin-port", type=_port, default=8081, metavar="P", help="of the same (default: 8081)")
    parser.set_defaults(run=_collect)


def _add_load(parser: argparse.ArgumentParser) -> None:
    _add_collector_config(parser)
    parser.add_argument(
        "--to",
        action="append",
        required=True,
        metavar="URL",
        help="duckdb:///F, postgresql://..., or the name of a destination of dlt; may be repeated",
    )
    parser.add_argument("--every", type=_positive, metavar="MINUTES", help="load again so often, until stopped")
    parser.add_argument("--quiet", action="store_true", help="print nothing but warnings and errors")
    parser.add_argument("--json", action="store_true", help="print what each load did as one line of JSON")
    parser.set_defaults(run=_load)


def _add_forget(parser: argparse.ArgumentParser) -> None:
    _add_collector_config(parser)
    parser.add_argument("--email", required=True, metavar="A", help="the address, in any case")
    parser.set_defaults(run=_forget)


def _add_collector_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, required=True, metavar="F", help="JSON: the collector's configuration")


def _demo(options: argparse.Namespace) -> None:
    if options.live:
        from mailjet_segment.live_demo import run_live_demo

        run_live_demo(options.directory)
        return
    from mailjet_segment.demo import run_demo

    run_demo(options.directory)


def _sync(options: argparse.Namespace) -> None:
    if (options.history or options.resend_from) and not options.destination_config:
        options.refuse("--history and --resend-from are about a destination: give --destination-config too")
    from mailjet_segment.configurations import read_configurations

    configurations = read_configurations(options.source_config, options.destination_config)
    from mailjet_segment.sync.command import Choices, run_sync
    from mailjet_segment.sync.history import Wishes

    wishes = Wishes(options.history, options.resend_from)
    choices = Choices(options.to, options.duckdb, options.store, wishes, options.quiet, options.json)
    run_sync(configurations, choices)


def _sandbox(options: argparse.Namespace) -> None:
    from mailjet_segment.sandbox_command import AccountChoice, run_sandbox

    account = AccountChoice(options.seed, options.messages, options.days, options.newsletter)
    run_sandbox(account, options.host, options.port, options.write_config)


def _webhooks(options: argparse.Namespace) -> None:
    from mailjet_segment.webhooks_command import run_webhooks

    run_webhooks(options.action, options.config, getattr(options, "take_over", False), options.json)


def _collect(options: argparse.Namespace) -> None:
    if not options.action:
        end_with_0_on_sigterm()  # before the imports, which take a while
    from mailjet_segment.collect_command import run_collect, run_replay

    if options.action:
        run_replay(options.config)
    else:
        run_collect(options.config, (options.host, options.port), (options.admin_host, options.admin_port))


def _load(options: argparse.Namespace) -> None:
    from mailjet_segment.load_command import run_load

    every_s = options.every * 60 if options.every else None
    run_load(options.config, options.to, every_s, options.quiet, options.json)


def _forget(options: argparse.Namespace) -> None:
    from mailjet_segment.forget_command import run_forget

    run_forget(options.config, options.email)


def _complain(sentence: str) -> int:
    print(f"mailjet-segment: {sentence}", file=sys.stderr)
    return 1


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number < 65_535:
        raise argparse.ArgumentTypeError("must be from 1 to 65534, or 0 for any that is free")
    return number


def _day_or_instant(text: str) -> datetime:
    """`2026-01-31` (midnight UTC) or `2026-01-31T12:00:00Z`."""
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"):
        with suppress(ValueError):
            return datetime.strptime(text, form).replace(tzinfo=timezone.utc)
    raise argparse.ArgumentTypeError("must be a date (2026-01-31) or an instant (2026-01-31T12:00:00Z)")


def _version() -> str:
    try:
        return version("mailjet-segment")
    except PackageNotFoundError:
        return "unknown"
