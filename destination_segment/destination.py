"""The connector as Airbyte runs it: the commands spec, check and write over the CDK's `Destination`.

`run` is overridden for two reasons: the CDK's own `run` prints without flushing, so a state stays in the pipe until the
input ends, and it parses STATE into a class that drops the platform's `id`. Delete the override when the CDK does
neither; the process tests will show it.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson
from airbyte_cdk.destinations import Destination
from airbyte_cdk.exception_handler import init_uncaught_exception_handler
from airbyte_cdk.logger import init_logger
from airbyte_cdk.models import (
    AirbyteConnectionStatus,
    AirbyteMessage,
    AirbyteMessageSerializer,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteCatalogSerializer,
    FailureType,
    Status,
    Type,
)
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets, update_secrets
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from destination_segment import USER_AGENT
from destination_segment.catalog import parse_catalog
from destination_segment.config import Config, load_schema, parse_config
from destination_segment.sync import run_sync
from destination_segment.trace import to_trace
from destination_segment.writer import Timing
from program.configuration import warn_of_unknown_fields
from program.credential import secret_forms
from program.failure import ConfigurationError, Failure, unexpected
from program.json_file import read_object
from segment_api.endpoint import Endpoint
from segment_api.probe import TIMEOUT_S, probe
from segment_api.retry import RetryRule

logger = logging.getLogger("airbyte")


class DestinationSegment(Destination):
    """Sends records to Segment's tracking API; `retry` and `timing` are for tests that cannot wait."""

    check_config_against_spec = False
    """`parse_config` does it, in sentences that do not repeat values."""

    def __init__(self, retry: RetryRule | None = None, timing: Timing | None = None) -> None:
        self._retry, self._timing = retry or RetryRule(), timing or Timing()

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """Whether the configuration holds and Segment can be reached; the write key cannot be proven."""
        _hide_secrets(config)
        try:
            parsed = _parse_config(config)
        except ConfigurationError as error:
            return AirbyteConnectionStatus(Status.FAILED, filter_secrets(str(error)))
        endpoint = Endpoint(parsed.origin, parsed.write_key, TIMEOUT_S, user_agent=USER_AGENT)
        reached, sentence = probe(endpoint.post, parsed.origin, time.sleep)
        return AirbyteConnectionStatus(Status.SUCCEEDED if reached else Status.FAILED, filter_secrets(sentence))

    def write(
        self,
        config: Mapping[str, Any],
        configured_catalog: ConfiguredAirbyteCatalog,
        input_messages: Iterable[AirbyteMessage],
    ) -> Iterable[AirbyteMessage]:
        """The same as the command `write`, for callers in Python: all messages in, then all states out."""
        echoed: list[str] = []
        with tempfile.TemporaryFile(buffering=0) as spool:
            for message in input_messages:
                spool.write(orjson.dumps(AirbyteMessageSerializer.dump(message)) + b"\n")
            spool.seek(0)
            catalog = ConfiguredAirbyteCatalogSerializer.dump(configured_catalog)
            failure = self._try_to_write(config, catalog, spool.fileno(), echoed.append)
        yield from (AirbyteMessageSerializer.load(orjson.loads(line)) for line in echoed)
        if failure:
            raise AirbyteTracedException(message=failure.sentence, failure_type=FailureType(failure.kind))

    def _try_to_write(
        self, config: Mapping[str, Any], catalog: Mapping[str, Any], descriptor: int, emit: Callable[[str], None]
    ) -> Failure | None:
        try:
            self._write(config, catalog, descriptor, emit)
        except Failure as failure:
            return failure
        return None

    def run(self, args: list[str]) -> None:
        """Runs a command; exits with 1 if it failed, with 128 plus the signal (SIGTERM: 143) if that ended it."""
        init_logger("airbyte")
        init_uncaught_exception_handler(logger)
        try:
            code = self._run_command(self.parse_args(args))
        except Failure as failure:
            _print_line(to_trace(failure))
            code = 1
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 1
        except Exception as error:
            _print_line(to_trace(unexpected(error)))
            code = 1
        if code:
            sys.exit(code)

    def _run_command(self, args: Namespace) -> int:
        if args.command == "spec":
            _print_message(AirbyteMessage(type=Type.SPEC, spec=self.spec(logger)))
            return 0
        config = read_object("config", args.config)
        if args.command == "check":
            _print_message(AirbyteMessage(type=Type.CONNECTION_STATUS, connectionStatus=self.check(logger, config)))
            return 0
        stopped_by = self._write(config, read_object("catalog", args.catalog), sys.stdin.fileno(), _print_line)
        return 128 + stopped_by if stopped_by else 0

    def _write(
        self, config: Mapping[str, Any], catalog: Mapping[str, Any], descriptor: int, emit: Callable[[str], None]
    ) -> int | None:
        _hide_secrets(config)
        return run_sync(
            _parse_config(config),
            parse_catalog(catalog),
            descriptor,
            emit=emit,
            log=logger,
            retry=self._retry,
            timing=self._timing,
        )


def _parse_config(config: Mapping[str, Any]) -> Config:
    parsed = parse_config(config)
    warn_of_unknown_fields(load_schema(), config, logger)
    return parsed


def _hide_secrets(config: Mapping[str, Any]) -> None:
    """Makes the log and all messages show `****` for the write key, plain and as HTTP Basic sends it."""
    write_key = config.get("write_key")
    if isinstance(write_key, str):
        update_secrets(secret_forms(write_key))


def _print_message(message: AirbyteMessage) -> None:
    _print_line(orjson.dumps(AirbyteMessageSerializer.dump(message)).decode())


def _print_line(line: str) -> None:
    """One write, so that no log line of another thread gets in between; flushed, so that it is seen at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
