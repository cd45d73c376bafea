"""The command `source-mailjet-segment`: spec, check, discover, read, as the Airbyte protocol has them."""

from __future__ import annotations

import logging
import os
import resource
import shutil
import signal
import sys
import traceback
from collections.abc import Generator, Mapping
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import Any, cast

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.logger import PRINT_BUFFER
from airbyte_cdk.models import ConnectorSpecification, FailureType
from airbyte_cdk.utils.constants import ENV_REQUEST_CACHE_PATH
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_mailjet_segment.config import parse_config
from source_mailjet_segment.errors import ConfigurationError, SyncError, hide_secrets, without_stack
from source_mailjet_segment.source import SourceMailjetSegment


class Entrypoint(AirbyteEntrypoint):
    """The CDK's entry point, but for its validation, whose sentence names no field and quotes values."""

    @staticmethod
    def validate_connection(source_spec: ConnectorSpecification, config: Mapping[str, Any]) -> None:
        """Raises `ConfigurationError` for a configuration that cannot be."""
        parse_config(config)

    @staticmethod
    def set_up_secret_filter(config: Mapping[str, Any], connection_specification: Mapping[str, Any]) -> None:
        """Has the log and all errors show `****` for the keys, plain and as HTTP Basic sends them."""
        hide_secrets(config)


def main() -> None:
    """Runs the command with this process's arguments; exits with 1, after one sentence, where it cannot be done."""
    logging.getLogger("airbyte").addFilter(drop_stack_of_sentences)
    leave_no_core()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end_at_once)
    entrypoint = Entrypoint(SourceMailjetSegment())
    arguments = entrypoint.parse_args(sys.argv[1:])
    messages = cast("Generator[str, None, None]", entrypoint.run(arguments))
    try:
        if not arguments.command:
            raise ConfigurationError("No command is given: use spec, check, discover or read.")
        with closing(messages), PRINT_BUFFER:
            for message in messages:
                print(f"{message}\n", end="")
    except AirbyteTracedException as error:
        _explain(error)
    except BrokenPipeError:
        # Nobody reads any more: what the interpreter still flushes at its end goes nowhere.
        sys.stdout = sys.stderr = sys.__stdout__
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)
    except Exception as error:
        _explain(unexpected(error))


def leave_no_core() -> None:
    """Has the system write no image of this process, which holds the keys, should it ever crash."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _explain(error: AirbyteTracedException) -> None:
    """Ends the process with the sentence of an error."""
    trace = without_stack(error.as_sanitized_airbyte_message())
    print(AirbyteEntrypoint.airbyte_message_to_string(trace), flush=True)
    sys.exit(1)


def unexpected(error: Exception) -> SyncError:
    """An error that nobody foresaw, by its kind and place: its text and its stack may quote keys or people."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return SyncError(
        f"This failed in a way that is not expected ({type(error).__name__} in {Path(place.filename).name}, line "
        f"{place.lineno}): start it again, and report it with this line if it stays.",
        FailureType.system_error,
    )


def end_at_once(number: int, frame: FrameType | None) -> None:
    """A signal handler that removes the folder which the CDK makes for each command, then ends the process.

    What was printed is all that counts, and the next sync goes on from it. Process 1 of a container, which a signal's
    default action does not end, exits with 128 plus the signal.
    """
    shutil.rmtree(os.environ.get(ENV_REQUEST_CACHE_PATH, ""), ignore_errors=True)
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)


def drop_stack_of_sentences(record: logging.LogRecord) -> bool:
    """A log filter: an error that is a sentence for the user is logged without the stack, which would bury it."""
    if record.exc_info and isinstance(record.exc_info[1], SyncError):
        record.exc_info = None
    return True


if __name__ == "__main__":
    main()
