"""Failures in the form of the CDK and the platform: its exceptions and TRACE messages, without secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from airbyte_cdk.models import AirbyteMessage, FailureType, StreamDescriptor
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets, update_secrets
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from program.credential import secret_forms
from program.failure import Failure


class TracedFailure(AirbyteTracedException):
    """A failure as the CDK passes it on; its TRACE has the sentence alone, which a stack would bury."""

    def __init__(self, failure: Failure) -> None:
        sentence = filter_secrets(failure.sentence)
        super().__init__(internal_message=sentence, message=sentence, failure_type=FailureType(failure.kind))

    def as_airbyte_message(self, stream_descriptor: StreamDescriptor | None = None) -> AirbyteMessage:
        """The TRACE of the failure, with nothing but the sentence."""
        return without_stack(super().as_airbyte_message(stream_descriptor))


@contextmanager
def traced() -> Iterator[None]:
    """Raises a `Failure` from inside as the CDK's own exception, which its callers know."""
    try:
        yield
    except Failure as failure:
        raise TracedFailure(failure) from None


def hide_secrets(config: Mapping[str, Any]) -> None:
    """Has the log and all errors of this process show `****` for both keys, plain and as HTTP Basic sends them."""
    update_secrets(secret_forms(*(str(config.get(name) or "") for name in ("api_key", "api_key_secret"))))


def without_stack(message: AirbyteMessage) -> AirbyteMessage:
    """An error's TRACE without its stack trace, which would bury the sentence."""
    if message.trace and message.trace.error:
        message.trace.error.stack_trace = None
    return message
