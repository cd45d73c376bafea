"""The command line: arguments in, an exit code out. 0 for success, 1 with one sentence for what the user can mend."""

from __future__ import annotations

import argparse
import os
import resource
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from mailjet_segment.failure import Failure, missing_part

INTERRUPTED = 130
"""What a shell expects of a program that Ctrl-C ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    options = _parser().parse_args(arguments)
    # No image of this process, which holds the keys, is written should it ever crash.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    try:
        options.run(options)
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
        missing = missing_part(error.name, sys.version_info[:2]) if isinstance(error, ModuleNotFoundError) else None
        if missing:
            return _complain(str(missing))
        return _complain(f"something unexpected went wrong ({type(error).__name__}); --debug shows where.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mailjet-segment",
        description="Mailjet's email events as tables in DuckDB and as track calls at Segment, without Airbyte.",
    )
    parser.add_argument("--version", action="version", version=_version())
    parser.add_argument("--debug", action="store_true", help="show where an unexpected error came from")
    commands = parser.add_subparsers(required=True, metavar="demo | sync | sandbox")
    _add_demo(commands.add_parser("demo", help="the whole way, on a made-up account"))
    _add_sync(commands.add_parser("sync", help="a real account, incrementally"))
    _add_sandbox(commands.add_parser("sandbox", help="serve stand-ins for Mailjet and Segment until stopped"))
    return parser


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--directory", type=Path, default=Path("demo"), help="where its DuckDB file goes (default: demo)"
    )
    parser.set_defaults(run=_demo)


def _add_sync(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--source-config", type=Path, required=True, metavar="F", help="JSON: the source's configuration"
    )
    parser.add_argument(
        "--destination-config", type=Path, metavar="F", help="JSON: the destination's; none, DuckDB alone"
    )
    parser.add_argument(
        "--duckdb",
        type=Path,
        default=Path("mailjet.duckdb"),
        metavar="F",
        help="the database, which also remembers what was read and sent (default: mailjet.duckdb)",
    )
    parser.set_defaults(run=_sync)


def _add_sandbox(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=1, help="which account (default: 1)")
    parser.add_argument("--messages", type=_positive, default=2_000, help="emails it has sent (default: 2000)")
    parser.add_argument("--days", type=_positive, default=30, help="days it has sent them in (default: 30)")
    parser.add_argument(
        "--newsletter",
        action="store_true",
        help="an account that sends newsletters to all its contacts, of up to 10 million emails",
    )
    parser.set_defaults(run=_sandbox)


def _demo(options: argparse.Namespace) -> None:
    from mailjet_segment.demo import run_demo

    run_demo(options.directory)


def _sync(options: argparse.Namespace) -> None:
    from mailjet_segment.sync_command import run_sync

    run_sync(options.source_config, options.destination_config, options.duckdb)


def _sandbox(options: argparse.Namespace) -> None:
    from mailjet_segment.sandbox_command import run_sandbox

    run_sandbox(options.seed, options.messages, options.days, options.newsletter)


def _complain(sentence: str) -> int:
    print(f"mailjet-segment: {sentence}", file=sys.stderr)
    return 1


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _version() -> str:
    try:
        return version("mailjet-segment")
    except PackageNotFoundError:
        return "unknown"
