"""What a connection remembers from sync to sync: the state of each feed, and its form in Airbyte's STATE messages.

An event stream's state holds one feed, `tracks` holds all five. The form has a version; what cannot be read is refused,
because a state that is ignored means a history that is read, and paid for, twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import pendulum

from mailjet_reading.packing import pack, unpack
from mailjet_rest.windows import Span, contains, merge, subtract
from program.failure import ConfigurationError

VERSION = 1
MOST_REMEMBERED = 50_000
"""Digests of a feed's emitted events in a STATE message; with more, the oldest are forgotten and emitted again.

It bounds each feed alike in its own stream and in `tracks`: from states that differ, a feed is read twice.
"""
WAITED_S = 3600
"""A message that is pending so long after its `ArrivedAt` was not delivered then (contract, "Times of deliveries")."""

SEEN_BYTES = 6
"""Bytes of a digest in `seen`: with 90,000 members, a message is taken for a seen one with a chance of 3 in 10^10."""

_WIDTHS = {"recent": 8, "pending": 8, "waited": 8, "seen": SEEN_BYTES, "lacking": SEEN_BYTES}

EDGE_S = 2
"""How far beyond a window its listing may reach: one second is asked for more, and filters may include their bound."""


class Look(NamedTuple):
    """What a completed sync emitted: the events of `[since, until)` of messages sent from `sends_since` on."""

    since: int
    until: int
    sends_since: int


@dataclass(frozen=True)
class FeedState:
    """What is known of one feed. Instants are Unix seconds.

    `covered`: the windows that were read to their end, by the feed's own clock. `read_until`: the latest end of one.
    `recent`: digest of each emitted event that a later sync may list again, with its second. `recent_since`: from where
    on `recent` is complete. `pending`: message id and arrival of what was not delivered yet; `waited`: those of them
    that were seen pending `WAITED_S` or more after their arrival; `is_watched`: the sends before the start were looked
    at for such. `seen`: what is known of unsubscribes and complaints (`emitted_before.py`), with the sending of their
    message; `seen_since`: from which sending on that is complete; `looks`: which events, of which sends, each completed
    sync has emitted; `starts`: the starts that `seen` was written for; `lacking`: the messages whose history did not
    tell of the unsubscribe or complaint that they show, with the second when it was asked for.

    Release 0.1.0 wrote neither `waited` nor `lacking`, and leaves them aside where it reads them.
    """

    covered: tuple[Span, ...] = ()
    read_until: int = 0
    recent: Mapping[int, int] = field(default_factory=dict)
    recent_since: int = 0
    pending: Mapping[int, int] = field(default_factory=dict)
    waited: Mapping[int, int] = field(default_factory=dict)
    is_watched: bool = False
    seen: Mapping[int, int] = field(default_factory=dict)
    seen_since: int = 0
    looks: tuple[Look, ...] = ()
    starts: tuple[int, ...] = ()
    lacking: Mapping[int, int] = field(default_factory=dict)

    def known_until(self, lookback_s: int) -> int:
        """From where on the last windows are read again; what a sync did not remember it does not look back to."""
        return max(self.read_until - lookback_s, self.recent_since)

    def missing(self, since: int, until: int, lookback_s: int) -> list[Span]:
        """The windows of `[since, until)` that a sync has to read: those never read, and the lookback before the last
        end.
        """
        done = subtract(self.covered, [(self.known_until(lookback_s), max(until, self.read_until) + 1)])
        return subtract([(since, until)], done)

    def begin(self, spans: list[Span]) -> FeedState:
        """The state while `spans` are being read: they are not covered until each is closed."""
        return replace(self, covered=tuple(subtract(self.covered, spans)))

    def close(self, span: Span, lookback_s: int) -> FeedState:
        """The state after a window was read to its end; forgets what can no longer be listed again."""
        read_until = max(self.read_until, span[1])
        covered = merge([*self.covered, span])
        since = read_until - lookback_s
        kept = {
            number: second
            for number, second in self.recent.items()
            if second >= since - EDGE_S
            or not all(contains(covered, second + away) for away in range(-EDGE_S, EDGE_S + 1))
        }
        complete_since = max(since, self.recent_since)
        return replace(self, covered=tuple(covered), read_until=read_until, recent=kept, recent_since=complete_since)

    def newest(self, most: int) -> FeedState:
        """The state with at most so many remembered events: the newest, and of one second always the same."""
        if len(self.recent) <= most:
            return self
        ordered = sorted(self.recent.items(), key=lambda member: (-member[1], member[0]))
        return replace(self, recent=dict(ordered[:most]))

    def to_json(self) -> dict[str, Any]:
        """The feed's part of a STATE message; what is empty is left out."""
        written: dict[str, Any] = {
            "covered": [[_text(since), _text(until)] for since, until in self.covered],
            "read_until": _text(self.read_until),
            "recent_since": _text(self.recent_since),
        }
        for name, width in _WIDTHS.items():
            members: Mapping[int, int] = getattr(self, name)
            if members or (name == "waited" and self.pending):
                written[name] = pack(members, width)
        if self.is_watched:
            written["is_watched"] = True
        if self.starts or self.looks or self.seen_since:
            written |= {
                "seen_since": _text(self.seen_since),
                "looks": [[_text(second) for second in look] for look in self.looks],
                "starts": [_text(second) for second in self.starts],
            }
        return written


def parse_feed(written: Mapping[str, Any]) -> FeedState:
    """The feed state that `to_json` wrote; raises `ValueError`, `TypeError` or `KeyError` for anything else."""
    covered = [(_second(since), _second(until)) for since, until in _list(written["covered"])]
    read_until = _second(written["read_until"])
    if any(not since < until <= read_until for since, until in covered):
        raise ValueError("windows that cannot be")
    if not isinstance(written.get("is_watched", False), bool):
        raise TypeError("is_watched")
    pending = _members(written, "pending")
    return FeedState(
        covered=tuple(merge(covered)),
        read_until=read_until,
        recent=_members(written, "recent"),
        recent_since=_second(written["recent_since"]),
        pending=pending,
        waited=_members(written, "waited") if "waited" in written else _long_before(pending, read_until),
        seen=_members(written, "seen"),
        is_watched=written.get("is_watched", False),
        seen_since=_second(written.get("seen_since", _text(0))),
        looks=tuple(Look(*map(_second, look)) for look in _list(written.get("looks", []))),
        starts=tuple(map(_second, _list(written.get("starts", [])))),
        lacking=_members(written, "lacking"),
    )


def _long_before(pending: Mapping[int, int], seen_at: int) -> dict[int, int]:
    """Those that had waited when they were seen last: a release that did not write it saw all at the end of a sync."""
    return {message: arrived_at for message, arrived_at in pending.items() if seen_at - arrived_at >= WAITED_S}


def format_state(feeds: Mapping[str, FeedState], api_key_digest: str) -> dict[str, Any]:
    """A stream's state as its STATE message carries it."""
    return {
        "version": VERSION,
        "api_key_sha256": api_key_digest,
        "feeds": {name: feed.newest(MOST_REMEMBERED).to_json() for name, feed in feeds.items()},
    }


def parse_stream_state(
    stream: str, written: Mapping[str, Any], feeds: list[str], api_key_digest: str
) -> dict[str, FeedState]:
    """The states of a stream's feeds from its STATE message; an empty message is a first sync.

    Raises `ConfigurationError` for a state of another version, of another Mailjet key, or of something else altogether.
    """
    if not written:
        return {feed: FeedState() for feed in feeds}
    mend = "clear this connection's data to read everything again, or restore the state that belongs to it"
    if not isinstance(written.get("feeds"), Mapping) or not isinstance(written.get("version"), int):
        raise ConfigurationError(f"The state of stream '{stream}' was not written by this connector: {mend}.")
    if written["version"] != VERSION:
        raise ConfigurationError(
            f"The state of stream '{stream}' has version {written['version']}, and this release reads version "
            f"{VERSION}: use the release that wrote it or a newer one, or clear this connection's data."
        )
    if written.get("api_key_sha256") != api_key_digest:
        raise ConfigurationError(
            f"The state of stream '{stream}' belongs to another Mailjet API key: use a new connection, or clear this "
            "one's data (with mailjet-segment sync: another --duckdb file)."
        )
    try:
        return {feed: parse_feed(written["feeds"][feed]) for feed in feeds}
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ConfigurationError(f"The state of stream '{stream}' is damaged: {mend}.") from None


def _list(written: object) -> list[Any]:
    if not isinstance(written, list):
        raise TypeError("no list")
    return written


def _members(written: Mapping[str, Any], name: str) -> dict[int, int]:
    return unpack(written.get(name, ""), _WIDTHS[name])


def _text(second: int) -> str:
    return str(pendulum.from_timestamp(second).strftime("%Y-%m-%dT%H:%M:%SZ"))


def _second(text: str) -> int:
    return int(pendulum.from_format(text, "YYYY-MM-DDTHH:mm:ss[Z]", tz="UTC").timestamp())
