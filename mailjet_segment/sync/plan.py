"""The plan of a sync, as a value: the accounts, Segment, the targets, the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from destination_segment.config import parse_config as parse_destination
from mailjet_collector.config import SegmentConfig
from mailjet_collector.forwarding import Manner
from mailjet_reading.config import Config
from mailjet_segment.loads.target import Target
from mailjet_segment.sync.history import Wishes
from program.failure import FieldError
from segment_api.retry import RetryRule


@dataclass(frozen=True)
class Segment:
    """The Segment source that gets the events, and how; `place`: its address and region, for people."""

    source: SegmentConfig
    manner: Manner
    place: str


@dataclass(frozen=True)
class Plan:
    """The plan of a sync. `store`: the event store's address; `names`: names of accounts for people, by key digest."""

    accounts: tuple[Config, ...]
    segment: Segment | None
    targets: tuple[Target, ...]
    store: str = field(repr=False)
    wishes: Wishes = field(default_factory=Wishes)
    names: Mapping[str, str] = field(default_factory=dict)

    def name(self, config: Config) -> str:
        """The account's name, if there are several: else it is clear which one is meant."""
        return self.names.get(config.api_key_digest, "") if len(self.names) > 1 else ""


def plan_segment(raw: Mapping[str, Any]) -> Segment:
    """How the events get to Segment, by the destination's configuration; raises `ConfigurationError`."""
    config = parse_destination(raw)
    if config.records:
        raise FieldError("records", "must be left out, or have the shape 'segment_rows', for sync")
    location = (raw.get("region") or {}).get("location", "us")
    return Segment(
        SegmentConfig(config.write_key, config.origin, None),
        Manner(config.num_workers, config.max_requests_per_second, RetryRule(), config.skip_rejected),
        f"{config.origin} (region {location})",
    )
