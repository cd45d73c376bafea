"""The command `source-mailjet-segment`: spec, check, discover, read, as the Airbyte protocol has them."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
from collections.abc import Generator, Mapping
from contextlib import closing
from typing import Any, cast

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.logger import PRINT_BUFFER
from airbyte_cdk.models import ConnectorSpecification
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_mailjet_segment.config import parse_config
from source_mailjet_segment.errors import ConfigurationError, SyncError, without_stack
from source_mailjet_segment.source import SourceMailjetSegment
from source_mailjet_segment.temporary_folder import require_temporary_folder


class Entrypoint(AirbyteEntrypoint):
    """The CDK's entry point, but for its validation, whose sentence names no field and quotes values."""

    @staticmethod
    def validate_connection(source_spec: ConnectorSpecification, config: Mapping[str, Any]) -> None:
        """Raises `ConfigurationError` for a configuration that cannot be."""
        parse_config(config)


def main() -> None:
    """Runs the command with this process's arguments; exits with 1, after one sentence, where it cannot be done."""
    exit_when_told()
    logging.getLogger("airbyte").addFilter(drop_stack_of_sentences)
    entrypoint = Entrypoint(SourceMailjetSegment())
    arguments = entrypoint.parse_args(sys.argv[1:])
    messages = cast("Generator[str, None, None]", entrypoint.run(arguments))
    try:
        check_files(arguments)
        with closing(messages), PRINT_BUFFER:
            for message in messages:
                print(f"{message}\n", end="")
    except AirbyteTracedException as error:
        trace = without_stack(error.as_sanitized_airbyte_message())
        print(entrypoint.airbyte_message_to_string(trace), flush=True)
        sys.exit(1)
    except BrokenPipeError:
        # Nobody reads any more: what the interpreter still flushes at its end goes nowhere.
        sys.stdout = sys.stderr = sys.__stdout__
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)


def exit_when_told() -> None:
    """Has SIGTERM end the process in order, with 143: PyAirbyte takes one that dies of the signal for a success."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


def check_files(arguments: argparse.Namespace) -> None:
    """Raises `SyncError` for a file, or a machine, that the CDK would answer with a stack of calls."""
    require_temporary_folder()
    if not arguments.command:
        raise ConfigurationError("No command is given: use spec, check, discover or read.")
    for name in ("config", "catalog", "state"):
        path = getattr(arguments, name, None)
        content = _read_json(name, path) if path else None
        if name == "catalog" and path and not _is_configured_catalog(content):
            raise ConfigurationError(
                "The file of --catalog is not a configured catalog: it needs 'streams', each with 'stream' as discover "
                "prints it, 'sync_mode' and 'destination_sync_mode'."
            )


def _read_json(name: str, path: str) -> Any:
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except OSError as error:
        raise ConfigurationError(f"The file of --{name} cannot be read ({error.strerror}): give its path.") from None
    except ValueError:
        raise ConfigurationError(f"The file of --{name} is not JSON: mend it, or write it again.") from None


def _is_configured_catalog(content: Any) -> bool:
    streams = content.get("streams") if isinstance(content, dict) else None
    return isinstance(streams, list) and all(
        isinstance(one, dict) and isinstance(one.get("stream"), dict) and "sync_mode" in one for one in streams
    )


def drop_stack_of_sentences(record: logging.LogRecord) -> bool:
    """A log filter: an error that is a sentence for the user is logged without the stack, which would bury it."""
    if record.exc_info and isinstance(record.exc_info[1], SyncError):
        record.exc_info = None
    return True


if __name__ == "__main__":
    main()
