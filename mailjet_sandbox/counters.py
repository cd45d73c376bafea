"""Mailjet's own counts (`statcounters`), from what truly happened: by hour, day or in all, of the key or a campaign."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from mailjet_sandbox.lives import Event
from mailjet_sandbox.messages import Message
from mailjet_sandbox.query import Query, RefusedError
from mailjet_sandbox.rows import Row, rfc3339
from mailjet_sandbox.switches import Switches
from mailjet_sandbox.user_agents import USER_AGENTS

_KEY_ID = 320_046
_SLICES = {"Hour": 3_600, "Day": 86_400, "Lifetime": 0}
_COUNTED: Mapping[str, str] = {
    "sent": "MessageSentCount",
    "opened": "EventOpenedCount",
    "clicked": "EventClickedCount",
    "unsub": "EventUnsubscribedCount",
    "spam": "EventSpamCount",
    "hardbounced": "MessageHardBouncedCount",
    "softbounced": "MessageSoftBouncedCount",
    "blocked": "MessageBlockedCount",
    "deferred": "MessageDeferredCount",
    "queued": "MessageQueuedCount",
}
"""The counter of each word of a life."""
_FIRST_OF_MESSAGE: Mapping[str, str] = {
    "opened": "MessageOpenedCount",
    "clicked": "MessageClickedCount",
    "unsub": "MessageUnsubscribedCount",
    "spam": "MessageSpamCount",
}
"""What the first event of a message counts in too."""
COUNTERS = (
    *_COUNTED.values(),
    *_FIRST_OF_MESSAGE.values(),
    "EventClickDelay",
    "EventOpenDelay",
    "EventWorkflowExitedCount",
    "MessageWorkFlowExitedCount",
    "Total",
)
_GUIDES_NAMES = {"EventClickedCount": "EventClickCount", "MessageWorkFlowExitedCount": "MessageWorkflowExitedCount"}


@dataclass(frozen=True)
class Slice:
    """The counts from `at` (Unix seconds) on, for an hour, a day or, if it is None, ever."""

    at: int | None
    source_id: int
    counts: Mapping[str, int]


def slices(query: Query) -> list[Slice]:
    """Those with something in them, in order of time."""
    source, campaign = query.text("CounterSource"), query.integer("SourceID", "CampaignID")
    timing, resolution = query.text("CounterTiming"), query.text("CounterResolution") or ""
    if source not in {"APIKey", "Campaign"} or timing not in {"Event", "Message"} or resolution not in _SLICES:
        raise RefusedError(400, "Invalid CounterSource, CounterTiming or CounterResolution")
    if (source == "Campaign") != (campaign is not None):
        raise RefusedError(400, "SourceID is required for this CounterSource")
    if resolution == "Lifetime" and {"FromTS", "ToTS"} & set(query.parameters):
        raise RefusedError(400, "FromTS and ToTS cannot be set for the resolution Lifetime")
    first, last = query.span("FromTS", "ToTS", (query.switches.from_ts_inclusive, query.switches.to_ts_inclusive))
    length_s, account = _SLICES[resolution], query.view.account
    messages = account.messages if campaign is None else account.messages_by_campaign.get(campaign, [])
    counted: dict[int | None, Counter[str]] = {}
    for at, name in _counts(messages, query.view.now, timing == "Event", query.switches):
        begin = at - at % length_s if length_s else None
        if begin is None or first <= begin <= last:
            counted.setdefault(begin, Counter())[name] += 1
    return [Slice(begin, campaign or _KEY_ID, counted[begin]) for begin in sorted(counted, key=lambda at: at or 0)]


def counters_row(counted: Slice, query: Query) -> Row:
    """A row of `statcounters`, spelt as the OpenAPI file has it or as the guide's samples do."""
    row: Row = {"APIKeyID": _KEY_ID, "SourceID": counted.source_id}
    row |= {name: counted.counts.get(name, 0) for name in COUNTERS}
    if query.switches.counters_spelt == "openapi":
        return {**row, "Timeslice": "" if counted.at is None else rfc3339(counted.at)}
    row["Timeslice"] = "" if counted.at is None else counted.at
    return {_GUIDES_NAMES.get(name, name): str(value) for name, value in row.items()}


def _counts(messages: Iterable[Message], now: int, by_event: bool, switches: Switches) -> Iterator[tuple[int, str]]:
    """Each count with the second that it belongs to."""
    for message in messages:
        seen = set[str]()
        for event in message.events:
            if event.at > now or _is_left_out(event, switches):
                continue
            at = event.at if by_event else message.arrived_at
            yield at, _COUNTED[event.status]
            if event.status in _FIRST_OF_MESSAGE and event.status not in seen:
                seen.add(event.status)
                yield at, _FIRST_OF_MESSAGE[event.status]
        if message.arrived_at <= now:
            yield message.arrived_at, "Total"


def _is_left_out(event: Event, switches: Switches) -> bool:
    """Whether software did it, and such events are not counted."""
    agent = USER_AGENTS.get(event.agent)
    is_bot = agent is not None and agent.is_bot and event.status in {"opened", "clicked"}
    return is_bot and not switches.counters_count_bots
