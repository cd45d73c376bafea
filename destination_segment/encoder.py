"""Row to call: one function for the shape that the configuration names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

from destination_segment.config import Config
from destination_segment.mapped import record_to_call
from destination_segment.segment_rows import only_repeats, row_to_call
from segment_api.call import encode_call, id_suffix


class Encode(Protocol):
    """A record of a stream as the call that is sent; raises `Rejected` and `Deleted`."""

    def __call__(self, stream: str, record: Mapping[str, Any], namespace: str | None = None) -> bytes: ...


def encoder(config: Config) -> Encode:
    """The function that turns records into calls for this configuration."""
    suffix = id_suffix(config.write_key)
    if config.records is None:
        return lambda stream, record, namespace=None: encode_call(row_to_call(stream, record), suffix)
    to_call = partial(record_to_call, config.records)
    return lambda stream, record, namespace=None: encode_call(to_call(stream, record, namespace), suffix)


def event_namer(config: Config) -> Callable[[str, Mapping[str, Any]], str]:
    """The function that names the event of a record, for records that the encoder takes."""
    rule = config.records
    if rule is None:
        return lambda stream, record: str(record["event_text"])
    return lambda stream, record: rule.event_name.replace("{stream}", stream)


def leaves_out(config: Config, stream: str) -> bool:
    """Whether the records of a stream are passed over, because their events come by other streams."""
    return config.records is None and only_repeats(stream)
