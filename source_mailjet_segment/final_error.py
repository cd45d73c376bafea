"""The last word of a sync in which streams failed.

The CDK raises all streams' errors once more, as one text that repeats each sentence for each stream, and calls it a
configuration error, so that a platform asks its user for another configuration when all that was needed was to try
again (`ConcurrentReadProcessor.is_done`). Delete this when it raises an error that the user can act on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from airbyte_cdk.models import AirbyteMessage
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from mailjet_reading.reading import Reading
from program.failure import Failure


def with_own_error(messages: Iterator[AirbyteMessage], readings: Sequence[Reading]) -> Iterator[AirbyteMessage]:
    """The messages of a sync. If readings failed, it ends with the sentence that matters most instead of the CDK's."""
    try:
        yield from messages
    except AirbyteTracedException:
        failures = {failure.sentence: failure for reading in readings if (failure := reading.turn.failure)}
        if not failures:
            raise
        raise summarise([*failures.values()]) from None


def summarise(failures: Sequence[Failure]) -> Failure:
    """The error that the user must mend first, with its kind, and the number of other errors."""
    first = min(failures, key=lambda failure: failure.kind != "config_error")
    others = len(failures) - 1
    more = f" (And {others} more: see the errors of the streams.)" if others else ""
    return Failure(f"{first.sentence}{more}", first.kind)
