"""The command line: arguments in, an exit code out. 0 is success, 1 a failure with one sentence for the user."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from io import TextIOWrapper

from mailjet_segment.command_line import Parser, make_parser
from mailjet_segment.commands.commands import COMMANDS
from program.failure import Failure, Interrupted
from program.process import fill_closed_streams, leave_no_core

INTERRUPTED = 130
"""The exit code that a shell expects of a program that Ctrl-C ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    _prepare_output()
    options = whole_parser().parse_args(arguments)
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
        if isinstance(error, ModuleNotFoundError):
            from mailjet_segment.failure import missing_part

            if missing := missing_part(error.name):
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


def whole_parser() -> Parser:
    """The parser of all commands."""
    return make_parser(COMMANDS, _version())


def _complain(sentence: str) -> int:
    print(f"mailjet-segment: {sentence}", file=sys.stderr)
    return 1


def _version() -> str:
    try:
        return version("mailjet-segment")
    except PackageNotFoundError:
        return "unknown"
