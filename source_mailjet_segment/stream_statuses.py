"""The statuses of the running streams while Mailjet limits the rate, as Airbyte's own messages.

The limit belongs to the key, so it holds for every running stream. Only the thread that prints knows for sure which
streams run: a worker puts a `RateWord` on the queue of records, and that thread turns it into messages. So no such
message comes after its stream's COMPLETE or before its STARTED.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStreamStatus,
    AirbyteStreamStatusReason,
    AirbyteStreamStatusReasonType,
    StreamDescriptor,
    Type,
)
from airbyte_cdk.models.airbyte_protocol import AirbyteStreamStatusRateLimitedReason  # type: ignore[attr-defined]
from airbyte_cdk.utils.stream_status_utils import as_airbyte_message

ENDED = frozenset({AirbyteStreamStatus.COMPLETE, AirbyteStreamStatus.INCOMPLETE})


@dataclass
class RateWord(AirbyteMessage):
    """Word on the queue that a wait for the rate limit began or, with `reasons` None, that it is over.

    It is an Airbyte message only so that the CDK passes it through its queue; it is never printed.
    """

    reasons: list[AirbyteStreamStatusReason] | None = None


class StreamStatuses:
    """Follows the statuses of a sync's streams, and adds those of rate limits; `put` is that of the queue."""

    def __init__(self, put: Callable[[AirbyteMessage], None]) -> None:
        self._put = put
        self._running: dict[str, None] = {}
        self._is_limited = False

    def rate_limited(self, until_s: float | None) -> None:
        """All requests wait from now on, until that Unix time if Mailjet named one."""
        if self._running:
            self._put(RateWord(Type.TRACE, reasons=[_reason(until_s)]))

    def rate_lifted(self) -> None:
        """Mailjet answers again."""
        if self._running:
            self._put(RateWord(Type.TRACE))

    def follow(self, messages: Iterable[AirbyteMessage]) -> Iterator[AirbyteMessage]:
        """The messages, with those of rate limits in their places."""
        for message in messages:
            if isinstance(message, RateWord):
                yield from self._tell(message.reasons)
            else:
                self._note(message)
                yield message

    def _tell(self, reasons: list[AirbyteStreamStatusReason] | None) -> Iterator[AirbyteMessage]:
        if reasons or self._is_limited:
            self._is_limited = bool(reasons)
            for name in self._running:
                yield as_airbyte_message(StreamDescriptor(name=name), AirbyteStreamStatus.RUNNING, reasons)

    def _note(self, message: AirbyteMessage) -> None:
        status = message.trace.stream_status if message.trace else None
        if status and status.status is AirbyteStreamStatus.STARTED:
            self._running[status.stream_descriptor.name] = None
        elif status and status.status in ENDED:
            self._running.pop(status.stream_descriptor.name, None)


def _reason(until_s: float | None) -> AirbyteStreamStatusReason:
    """The reason with the time of the reset in Unix milliseconds (Airbyte protocol, `quota_reset`), if it is known."""
    reset = None if until_s is None else AirbyteStreamStatusRateLimitedReason(quota_reset=int(until_s * 1000))
    return AirbyteStreamStatusReason(AirbyteStreamStatusReasonType.RATE_LIMITED, reset)
