"""The log lines at both ends of a sync: the windows, the events, the requests, and why events were left out."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence

from mailjet_reading.config import Config
from mailjet_reading.feeds.feeds import ENGAGEMENTS, MESSAGES
from mailjet_reading.feeds.pending import Pending
from mailjet_reading.reading import Reading
from mailjet_reading.report import LACKING, Report
from mailjet_rest.client import Mailjet
from mailjet_rest.phrases import duration, instant, listed, stretch
from mailjet_rest.windows import DAY_S, Span, subtract
from segment_events.kinds import ALL_KINDS, BLOCKED, CLICKED, KINDS, OPENED, TRACKS

LOGGER = logging.getLogger("airbyte")


def log_beginning(config: Config, streams: Sequence[str], readings: Sequence[Reading], until: int) -> None:
    """Logs which windows are read, for which streams."""
    which = f"{len(streams)} streams" if len(streams) > len(KINDS) else ", ".join(streams)
    LOGGER.info("Reading %s up to %s; start_date is %s.", which, instant(until), instant(config.start))
    feeds_by_spans: dict[tuple[tuple[Span, ...], int], list[str]] = {}
    for reading in readings:
        again_s = _length(reading.spans) - _length(subtract(reading.spans, reading.before.windows.covered))
        feeds_by_spans.setdefault((tuple(reading.spans), again_s), []).append(reading.feed.name)
    for (spans, again_s), feeds in feeds_by_spans.items():
        again = f", {duration(again_s)} of it again for rows that are listed late" if again_s else ""
        LOGGER.info("Window of %s: %s%s.", ", ".join(dict.fromkeys(feeds)), stretch(spans), again)
    first = min(
        (reading.spans[0][0] for reading in readings if reading.feed is ENGAGEMENTS and reading.spans), default=None
    )
    if first is not None:
        since = instant(max(0, first - config.engagement_days * DAY_S))
        LOGGER.info("Unsubscribes and complaints are looked for among the messages sent since %s.", since)
    watched = _pending(readings)
    if watched:
        LOGGER.info("Messages that were on their way at the last sync, and are looked at again: %d.", watched)


def log_end(
    report: Report, api: Mailjet, streams: Collection[str], readings: Sequence[Reading], unread: Sequence[Reading]
) -> None:
    """Logs which events were emitted and left out, how many requests that took, and anything odd.

    `unread`: the readings that did not end.
    """
    LOGGER.info("%s", _emitted(report, streams))
    LOGGER.info("Left out: %s.", listed(report.left_out) or "nothing")
    if pending := _pending(readings):
        LOGGER.info("Messages still on their way, which the next syncs look at again: %d.", pending)
    _log_requests(api)
    if unread:
        feeds = ", ".join(dict.fromkeys(reading.feed.name for reading in unread))
        LOGGER.info("Not read to the end, so that the next sync goes on there: %s.", feeds)
    _warn_of_odd_events(report, api)
    _warn_of_tracking(report, streams)


def _log_requests(api: Mailjet) -> None:
    counts = api.counts
    if counts.gone:
        LOGGER.info(
            "No longer at Mailjet (404), so the columns that come from them are empty: %s.", listed(counts.gone)
        )
    LOGGER.info("Asked Mailjet %d times: %s.", sum(counts.requests.values()), listed(counts.requests))
    LOGGER.info("Waited for Mailjet's rate limit: %s; waits: %d.", duration(api.budget.waited_s), api.budget.waits)
    if counts.retries:
        by_reason = [f"{listed(resources)}, as Mailjet {reason}" for reason, resources in counts.retries.items()]
        LOGGER.info("Tried again: %s.", "; ".join(by_reason))


def _warn_of_odd_events(report: Report, api: Mailjet) -> None:
    lacking = report.left_out.get(LACKING, 0)
    if lacking:
        LOGGER.warning(
            "%d messages show an unsubscribe or a complaint that their history at Mailjet lacks, so nobody knows when "
            "it happened, and it is not emitted: each of these histories is requested again once a day, until "
            "'engagement_days' after the sending. If the number does not fall, tell Mailjet's support.",
            lacking,
        )
    if nameless := listed(api.counts.rows_without_message):
        LOGGER.warning("Left out rows that name no message, because no event can be made of them: %s.", nameless)


def _warn_of_tracking(report: Report, streams: Collection[str]) -> None:
    for kind in (OPENED, CLICKED):
        if report.is_untracked(kind) and {kind.stream, TRACKS} & {*streams}:
            LOGGER.warning(
                "There are deliveries but no %s events, because %s tracking was off for all of these messages: turn it "
                "on in Mailjet's account settings, or when sending.",
                kind.event_text,
                "open" if kind is OPENED else "click",
            )


def _emitted(report: Report, streams: Collection[str]) -> str:
    """Events by kind. `tracks` is named apart if its numbers differ, because it was read from another state."""
    emitted = report.emitted
    of_kinds = {kind.name: emitted.get((kind.name, kind.stream), 0) for kind in ALL_KINDS if kind.stream in streams}
    tracks = {kind.name: emitted.get((kind.name, TRACKS), 0) for kind in KINDS}
    facts = [f"{sum(of_kinds.values()):,} events: {_by_kind(of_kinds)}"] if of_kinds else []
    if TRACKS in streams:
        is_same = bool(of_kinds) and all(of_kinds.get(name, 0) == count for name, count in tracks.items())
        ours = "all but the blocked" if of_kinds.get(BLOCKED.name) else "all"
        facts.append(f"{ours} in tracks too" if is_same else f"{sum(tracks.values()):,} to tracks: {_by_kind(tracks)}")
    return f"Emitted {'; '.join(facts)}."


def _by_kind(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _pending(readings: Sequence[Reading]) -> int:
    """Messages that may yet be delivered; two readings of the feed watch the same ones."""
    return max(
        (len(reading.state.now.memory_as(Pending).pending) for reading in readings if reading.feed is MESSAGES),
        default=0,
    )


def _length(spans: Sequence[Span]) -> int:
    return sum(until - since for since, until in spans)
