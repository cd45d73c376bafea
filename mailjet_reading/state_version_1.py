"""The form of a feed's state that release 0.1.0 wrote: all members on one level, whatever the feed.

Delete this when no release is supported any more that wrote it; `unit_tests/releases` has its states.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailjet_reading.limits import WAITED_S
from mailjet_reading.packing import pack, unpack
from mailjet_reading.written import parse_second

MEMORY = ("pending", "waited", "is_watched", "seen", "seen_since", "looks", "starts", "lacking")
"""The members that are now in `memory`."""


def to_version_2(feed: Mapping[str, Any]) -> dict[str, Any]:
    """A feed of version 1 in the form of version 2; raises `ValueError`, `TypeError` or `KeyError` if it is damaged."""
    memory = {name: feed[name] for name in MEMORY if name in feed}
    if "pending" in feed and "waited" not in feed:
        memory["waited"] = pack(_long_before(unpack(feed["pending"]), parse_second(feed["read_until"])))
    return {**{name: value for name, value in feed.items() if name not in MEMORY}, "memory": memory}


def _long_before(pending: Mapping[int, int], seen_at: int) -> dict[int, int]:
    """Those that had waited when they were seen last: release 0.1.0 did not write it, and saw all at a sync's end."""
    return {message: arrived_at for message, arrived_at in pending.items() if seen_at - arrived_at >= WAITED_S}
