"""What the models must say, from what happened alone: written a second time, in plain Python, from docs/models.md.

No line of this may read the definitions in `analytics/`: it is what they are held against.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mailjet_sandbox.happened import Happened

PREFETCH_DELAY_S, SCANNER_DELAY_S, SCANNER_SPAN_S, SCANNER_LINKS, TOO_FAST_S = 10, 30, 10, 3, 3
SOFTWARE = (
    "barracuda",
    "mimecast",
    "proofpoint",
    "scanner",
    "bot",
    "headless",
    "python-requests",
    "http-client",
    "curl/",
)

Figure = float | None


@dataclass
class Message:
    """One message: its events, each once, and who made each open and click."""

    campaign_id: str
    is_known: bool
    events: list[Happened] = field(default_factory=list)
    actors: dict[str, str] = field(default_factory=dict)

    def times(self, kind: str) -> list[datetime]:
        return [event.at for event in self.events if event.kind == kind]

    @property
    def delivered_at(self) -> datetime | None:
        return min(self.times("delivered"), default=None)

    @property
    def outcome(self) -> str:
        bounces = [event for event in self.events if event.kind == "bounced"]
        hard = [event for event in bounces if event.bounce_type == "hard"]
        last = max((event.at for event in hard or bounces), default=None)
        if last and (self.delivered_at is None or last >= self.delivered_at):
            return "hard" if hard else "soft"
        if self.delivered_at:
            return "delivered"
        return "blocked" if self.times("blocked") else "unknown"

    def has(self, kinds: Iterable[str], audience: str) -> bool:
        """Whether somebody of the audience did one of these."""
        allowed = {"people": {"human"}, "with_privacy": {"human", "likely_privacy"}}.get(audience)
        return any(
            event.kind in kinds and (allowed is None or self.actors[event.id] in allowed) for event in self.events
        )

    def opened(self, audience: str) -> bool:
        return self.has(("opened", "clicked"), audience)

    def clicked(self, audience: str) -> bool:
        return self.has(("clicked",), audience)

    @property
    def first_open_at(self) -> datetime | None:
        """The first human open or click, without the fetches that only a click confirms."""
        seen = [
            event.at
            for event in self.events
            if event.kind in ("opened", "clicked")
            and self.actors[event.id] == "human"
            and not (event.kind == "opened" and self._is_prefetch(event))
        ]
        return min(seen, default=None)

    @property
    def seconds_to_open(self) -> float | None:
        if self.first_open_at is None or self.delivered_at is None:
            return None
        return max(0.0, (self.first_open_at - self.delivered_at).total_seconds())

    def decide_actors(self) -> None:
        reactions = [event for event in self.events if event.kind in ("opened", "clicked")]
        burst_until = self._burst_until([event for event in reactions if not _is_software(event)])
        for event in reactions:
            after = self._seconds_after(event)
            in_burst = burst_until is not None and after is not None and after <= burst_until
            too_fast = event.kind == "clicked" and after is not None and abs(after) <= TOO_FAST_S
            software = "bot" if _is_software(event) else "likely_scanner" if in_burst or too_fast else None
            self.actors[event.id] = software or "human"
        if not self.clicked("people"):
            for event in reactions:
                if event.kind == "opened" and self.actors[event.id] == "human" and self._is_prefetch(event):
                    self.actors[event.id] = "likely_privacy"

    def _seconds_after(self, event: Happened) -> float | None:
        if self.delivered_at:
            return (event.at - self.delivered_at).total_seconds()
        return event.click_delay_s

    def _burst_until(self, reactions: Sequence[Happened]) -> float | None:
        """Until how many seconds after the delivery a scanner followed links, if one did."""
        after = {event.id: self._seconds_after(event) for event in reactions}
        timed = [(seconds, event) for event in reactions if (seconds := after[event.id]) is not None]
        first = min((seconds for seconds, event in timed if event.kind == "clicked"), default=None)
        if first is None or first > SCANNER_DELAY_S:
            return None
        until = first + SCANNER_SPAN_S
        links = {event.link_url for seconds, event in timed if event.kind == "clicked" and seconds <= until}
        later = [event for seconds, event in timed if seconds > until and not _is_apples(event)]
        if len(links) >= SCANNER_LINKS or (len(links) == 2 and not later):
            return until
        return None

    def _is_prefetch(self, event: Happened) -> bool:
        after = self._seconds_after(event)
        unknown = event.agent is None or (event.agent.browser == "Unknown" and not event.agent.full)
        return _is_apples(event) or (unknown and after is not None and after <= PREFETCH_DELAY_S)


def _is_software(event: Happened) -> bool:
    """By Mailjet's word, or by the text of the agent, which REST shows of opens alone."""
    text = event.agent.full.lower() if event.agent and event.kind == "opened" else ""
    return bool(event.is_bot) or any(word in text for word in SOFTWARE)


def _is_apples(event: Happened) -> bool:
    return event.kind == "opened" and event.agent is not None and event.agent.full == "Mozilla/5.0"


def to_messages(events: Iterable[Happened]) -> Mapping[str, Message]:
    """The messages of these events by email id."""
    found: dict[str, Message] = {}
    seen: set[str] = set()
    for event in events:
        message = found.setdefault(event.email_id, Message(event.campaign_id, event.user_id is not None))
        if event.id not in seen:
            seen.add(event.id)
            message.events.append(event)
    for message in found.values():
        message.decide_actors()
    return found


def _share(part: int, whole: int) -> Figure:
    return part / whole if whole else None


def _quantile(values: Sequence[float], share: float) -> Figure:
    """Between two values in proportion, as SQL's percentile_cont."""
    if not values:
        return None
    ordered, place = sorted(values), share * (len(values) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def figures_of(messages: Sequence[Message]) -> Mapping[str, Figure]:
    """All metrics of a campaign, by their columns."""
    delivered = [message for message in messages if message.outcome == "delivered"]
    outcomes = Counter(message.outcome for message in messages)
    hard, soft = outcomes["hard"], outcomes["soft"]
    known = sum(message.is_known for message in messages)
    unsubscribed = sum(bool(message.times("unsubscribed")) for message in delivered)
    complained = sum(bool(message.times("spam")) for message in delivered)
    handed_over = len(delivered) + hard + soft
    delays = [seconds for message in delivered if (seconds := message.seconds_to_open) is not None]
    figures: dict[str, Figure] = {
        "messages": len(messages),
        "known": known,
        "delivered": len(delivered),
        "bounced_hard": hard,
        "bounced_soft": soft,
        "blocked": outcomes["blocked"],
        "unsubscribed": unsubscribed,
        "complained": complained,
        "delivery_rate": _share(len(delivered), handed_over),
        "hard_bounce_rate": _share(hard, handed_over),
        "soft_bounce_rate": _share(soft, handed_over),
        "unsubscribe_rate": _share(unsubscribed, len(delivered)),
        "complaint_rate": _share(complained, len(delivered)),
        "identity_coverage": _share(known, len(messages)),
        "median_seconds_to_open": _quantile(delays, 0.5),
        "p90_seconds_to_open": _quantile(delays, 0.9),
    }
    opened = {}
    for audience in ("people", "with_privacy", "all"):
        opened[audience] = sum(message.opened(audience) for message in delivered)
        clicked = sum(message.clicked(audience) for message in delivered)
        figures |= {
            f"opened_{audience}": opened[audience],
            f"clicked_{audience}": clicked,
            f"open_rate_{audience}": _share(opened[audience], len(delivered)),
            f"click_rate_{audience}": _share(clicked, len(delivered)),
            f"click_to_open_rate_{audience}": _share(clicked, opened[audience]),
        }
    figures["privacy_open_share"] = _share(opened["with_privacy"] - opened["people"], len(delivered))
    figures["bot_open_share"] = _share(opened["all"] - opened["with_privacy"], len(delivered))
    return figures


def figures_by_campaign(events: Iterable[Happened]) -> Mapping[str, Mapping[str, Figure]]:
    """The metrics of each campaign by its id."""
    grouped: dict[str, list[Message]] = {}
    for message in to_messages(events).values():
        grouped.setdefault(message.campaign_id, []).append(message)
    return {campaign: figures_of(messages) for campaign, messages in grouped.items()}
