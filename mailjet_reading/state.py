"""The memory of a connection from sync to sync: the state of each feed, and its form in Airbyte's STATE messages.

The state of a feed is its windows and one memory. An event stream's state holds one feed, `tracks` holds all. The form
has a version. A state that cannot be read is refused: if it were ignored, the whole history would be read, and paid
for, twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from mailjet_reading.feeds.feed import Feed
from mailjet_reading.limits import MOST_REMEMBERED
from mailjet_reading.memory import Memory, NoMemory
from mailjet_reading.state_version_1 import to_version_2
from mailjet_reading.windows import Windows, parse_windows
from mailjet_rest.windows import Span
from program.failure import ConfigurationError

M = TypeVar("M")
VERSION = 2
"""1: all members of a feed on one level (release 0.1.0); 2: members that only some feeds have are in `memory`."""
MEND = "clear this connection's data to read everything again, or restore the state that belongs to it"
"""The advice for a state that cannot be gone on from."""


@dataclass(frozen=True)
class FeedState:
    """The state of one feed; `memory` is of the kind that the feed's row names."""

    windows: Windows = field(default_factory=Windows)
    memory: Memory = field(default_factory=NoMemory)

    def memory_as(self, kind: type[M]) -> M:
        """The memory, for the file that plans and reads the feed; raises `TypeError` if the row names another kind."""
        if not isinstance(self.memory, kind):
            raise TypeError(f"the memory of this feed is {type(self.memory).__name__}, not {kind.__name__}")
        return self.memory

    def uncover(self, spans: Sequence[Span]) -> FeedState:
        """The state while `spans` are being read."""
        return replace(self, windows=self.windows.uncover(spans))

    def learn(self, recent: Mapping[int, int], lesson: object) -> FeedState:
        """The state with the lesson of a part: emitted events that can be listed again, and its lesson."""
        return FeedState(self.windows.learn(recent) if recent else self.windows, self.memory.learn(lesson))

    def cover(self, spans: Sequence[Span], lookback_s: int) -> FeedState:
        """The state after these windows were read to their end."""
        windows = self.windows
        for span in spans:
            windows = windows.cover(span, lookback_s)
        return replace(self, windows=windows)

    def to_json(self) -> dict[str, Any]:
        """The feed's part of a STATE message."""
        written, memory = self.windows.to_json(), self.memory.to_json()
        return written | {"memory": memory} if memory else written


def begin_feed(feed: Feed) -> FeedState:
    """The state of a feed that was never read: it is read from the start date on."""
    return FeedState(memory=feed.memory())


def parse_feed_state(feed: Feed, written: Mapping[str, Any]) -> FeedState:
    """The state that `FeedState.to_json` wrote; raises `ValueError`, `TypeError` or `KeyError` for anything else."""
    return FeedState(parse_windows(written), feed.memory.parse(written.get("memory", {})))


def format_state(feeds: Mapping[str, FeedState], api_key_digest: str) -> dict[str, Any]:
    """A stream's state as its STATE message carries it."""
    return {
        "version": VERSION,
        "api_key_sha256": api_key_digest,
        "feeds": {
            name: replace(feed, windows=feed.windows.newest(MOST_REMEMBERED)).to_json() for name, feed in feeds.items()
        },
    }


def parse_stream_state(
    stream: str, written: Mapping[str, Any], feeds: Sequence[Feed], api_key_digest: str
) -> dict[str, FeedState]:
    """The states of a stream's feeds, by name, from its STATE message; an empty message is a first sync.

    A feed that the state does not have was added by a later release than the one that wrote it: it begins empty. Raises
    `ConfigurationError` for a state of another version, of another Mailjet key, or of another connector.
    """
    if not written:
        return {feed.name: begin_feed(feed) for feed in feeds}
    states, version = _refuse_foreign(stream, written, api_key_digest)
    try:
        if not any(feed.name in states for feed in feeds):
            raise KeyError("no feed of this stream")
        return {
            feed.name: parse_feed_state(feed, to_version_2(states[feed.name]) if version == 1 else states[feed.name])
            if feed.name in states
            else begin_feed(feed)
            for feed in feeds
        }
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ConfigurationError(f"The state of stream '{stream}' is damaged: {MEND}.") from None


def _refuse_foreign(stream: str, written: Mapping[str, Any], api_key_digest: str) -> tuple[Mapping[str, Any], int]:
    """The feeds and the version of a state that is this connection's; raises `ConfigurationError` for any other."""
    feeds, version = written.get("feeds"), written.get("version")
    if not isinstance(feeds, Mapping) or type(version) is not int:
        raise ConfigurationError(f"The state of stream '{stream}' was not written by this connector: {MEND}.")
    if not 1 <= version <= VERSION:
        raise ConfigurationError(
            f"The state of stream '{stream}' has version {version}, and this release reads versions 1 to {VERSION}: "
            "use the release that wrote it or a newer one, or clear this connection's data."
        )
    if written.get("api_key_sha256") != api_key_digest:
        raise ConfigurationError(
            f"The state of stream '{stream}' belongs to another Mailjet API key: use a new connection, or clear this "
            "one's data (with mailjet-segment sync: another --duckdb file)."
        )
    return feeds, version
