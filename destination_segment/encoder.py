"""Row to call: one function for the shape that the configuration names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from destination_segment.call import encode_call, id_suffix
from destination_segment.config import Config
from destination_segment.mapped import record_to_call
from destination_segment.segment_rows import is_left_out, row_to_call

Encode = Callable[[str, Mapping[str, Any]], bytes]
"""A stream's name and a record of it as the call that is sent; raises `Rejected`."""


def encoder(config: Config) -> Encode:
    """How this configuration turns records into calls."""
    to_call = row_to_call if config.records is None else partial(record_to_call, config.records)
    suffix = id_suffix(config.write_key)
    return lambda stream, record: encode_call(to_call(stream, record), suffix)


def event_namer(config: Config) -> Callable[[str, Mapping[str, Any]], str]:
    """How the events of a stream's records are called, for records that the encoder takes."""
    rule = config.records
    if rule is None:
        return lambda stream, record: str(record["event_text"])
    return lambda stream, record: rule.event_name.replace("{stream}", stream)


def leaves_out(config: Config, stream: str) -> bool:
    """Whether the records of a stream are passed over, because their events come by other streams."""
    return config.records is None and is_left_out(stream)
