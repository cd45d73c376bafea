"""The command `source-mailjet-segment`: spec, check, discover, read, as the Airbyte protocol has them."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from typing import Any, TextIO, cast

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.logger import PRINT_BUFFER
from airbyte_cdk.models import AirbyteMessage, ConnectorSpecification
from airbyte_cdk.sources.connector_state_manager import HashableStreamDescriptor
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from program.failure import ConfigurationError, Failure, unexpected
from program.memory import collect_seldom, share_heaps
from source_mailjet_segment.config import parse_config
from source_mailjet_segment.ending import leave_nothing
from source_mailjet_segment.log_filters import drop_noise
from source_mailjet_segment.record_batch import RecordBatch
from source_mailjet_segment.source import SourceMailjetSegment
from source_mailjet_segment.trace import TracedFailure, hide_secrets, traced, without_stack


class Entrypoint(AirbyteEntrypoint):
    """The CDK's entry point, but for its validation, whose sentence names no field and quotes values, and for records,
    which are printed many at once.
    """

    source: SourceMailjetSegment

    def read(
        self, source_spec: ConnectorSpecification, config: Mapping[str, Any], catalog: Any, state: list[Any]
    ) -> Iterator[AirbyteMessage]:
        """The messages of a sync but for its records, which it prints itself, in their place between the messages."""
        self.set_up_secret_filter(config, source_spec.connectionSpecification)
        counts: defaultdict[HashableStreamDescriptor, float] = defaultdict(float)
        with closing(self.source.read_batches(self.logger, config, catalog, state)) as messages:
            for message in messages:
                if isinstance(message, RecordBatch):
                    counts[HashableStreamDescriptor(name=message.stream)] += len(message.rows)
                    write_past_buffer(message.lines())
                else:
                    yield self.handle_record_counts(message, counts)
        for message in self._emit_queued_messages(self.source):
            yield self.handle_record_counts(message, counts)

    @staticmethod
    def validate_connection(source_spec: ConnectorSpecification, config: Mapping[str, Any]) -> None:
        """Raises `TracedFailure` for a configuration that cannot be: the CDK makes a status of that."""
        with traced():
            parse_config(config)

    @staticmethod
    def set_up_secret_filter(config: Mapping[str, Any], connection_specification: Mapping[str, Any]) -> None:
        """Has the log and all errors show `****` for the keys, plain and as HTTP Basic sends them."""
        hide_secrets(config)


def main(source: SourceMailjetSegment | None = None) -> None:
    """Runs the command with this process's arguments; exits with 1, after one sentence, if that is not possible.

    `source` is for tests that cannot wait.
    """
    leave_nothing()
    share_heaps()
    collect_seldom()
    for handler in logging.getLogger().handlers:  # not on a logger: its filters do not see the records of its children
        handler.addFilter(drop_stack_of_sentences)
        handler.addFilter(drop_noise)
    entrypoint = Entrypoint(source or SourceMailjetSegment())
    arguments = entrypoint.parse_args(sys.argv[1:])
    messages = cast("Generator[str, None, None]", entrypoint.run(arguments))
    try:
        check_temporary_folder()
        if not arguments.command:
            raise ConfigurationError("No command is given: use spec, check, discover or read.")
        with closing(messages), PRINT_BUFFER:
            for message in messages:
                # The buffer keeps messages of the last 0.1 s until more come, which may be after a wait of minutes.
                print(f"{message}\n", end="", flush=not message.startswith('{"type":"RECORD"'))
    except Failure as failure:
        _explain(TracedFailure(failure))
    except AirbyteTracedException as error:
        _explain(error)
    except BrokenPipeError:
        # Nobody reads any more: the last flush of the interpreter goes nowhere.
        sys.stdout = sys.stderr = sys.__stdout__
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)
    except Exception as error:
        _explain(TracedFailure(unexpected(error)))


def _explain(error: AirbyteTracedException) -> None:
    """Ends the process with the sentence of an error."""
    trace = without_stack(error.as_sanitized_airbyte_message())
    print(AirbyteEntrypoint.airbyte_message_to_string(trace), flush=True)
    sys.exit(1)


def write_past_buffer(lines: bytes) -> None:
    """Writes lines to stdout after the messages and log lines in the CDK's buffer, which must not mix with them.

    The buffer takes text, four bytes a character once one needs them; most of the output are records.
    """
    out = cast("TextIO", sys.__stdout__).buffer
    with PRINT_BUFFER.lock:
        PRINT_BUFFER.flush()
        out.write(lines)
        out.flush()


def check_temporary_folder() -> None:
    """Raises `ConfigurationError` if none can be written to: the CDK needs one for each command."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        raise ConfigurationError(
            "No temporary folder can be written: give the container one at /tmp (docker run --tmpfs /tmp), or name one "
            "in the environment variable TMPDIR."
        ) from None


def drop_stack_of_sentences(record: logging.LogRecord) -> bool:
    """A log filter: an error that is a sentence for the user is logged without the stack, which would bury it."""
    if record.exc_info and isinstance(record.exc_info[1], Failure | TracedFailure):
        record.exc_info = None
    return True


if __name__ == "__main__":
    main()
