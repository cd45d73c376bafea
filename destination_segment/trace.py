"""A failed sync as the TRACE message that the platform shows to the user."""

from __future__ import annotations

import time

import orjson
from airbyte_cdk.models import (
    AirbyteErrorTraceMessage,
    AirbyteMessage,
    AirbyteMessageSerializer,
    AirbyteTraceMessage,
    FailureType,
    TraceType,
    Type,
)
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets

from program.failure import Failure


def to_trace(failure: Failure) -> str:
    """The message as a line: one sentence, no stack."""
    sentence = filter_secrets(failure.sentence)
    error = AirbyteErrorTraceMessage(
        message=sentence, internal_message=sentence, failure_type=FailureType(failure.kind)
    )
    trace = AirbyteTraceMessage(type=TraceType.ERROR, emitted_at=time.time() * 1000 // 1, error=error)
    return orjson.dumps(AirbyteMessageSerializer.dump(AirbyteMessage(type=Type.TRACE, trace=trace))).decode()
