"""Which events Mailjet lists: asked only for hours whose counts differ, and for no more requests than are granted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mailjet_events.from_rest import to_block, to_bounce, to_click, to_delivery, to_open
from mailjet_rest.client import Mailjet
from mailjet_rest.counters import HOUR_S
from mailjet_rest.history import read_history
from mailjet_rest.listing import read_rows
from mailjet_rest.resources import (
    BLOCKED_MESSAGE,
    BOUNCESTATISTICS,
    CLICKSTATISTICS,
    MESSAGE,
    OPENINFORMATION,
    SHOWN,
    EventRow,
    Resource,
)
from mailjet_rest.rows import DELIVERED_STATUSES, Block, Bounce, Click, Message, Open, parse_message
from mailjet_rest.windows import Span, merge
from mailjet_segment.reconciling.difference import Kind

_LISTED_BY: Mapping[Kind, Resource] = {
    "delivered": MESSAGE,
    "opened": OPENINFORMATION,
    "clicked": CLICKSTATISTICS,
    "bounced_hard": BOUNCESTATISTICS,
    "bounced_soft": BOUNCESTATISTICS,
    "blocked": BLOCKED_MESSAGE,
}
_STATUS: Mapping[Kind, tuple[str, str]] = {"unsubscribed": ("unsub", "7"), "complained": ("spam", "6")}
"""The word in a message's history, and the number of the filter `MessageStatus` (types of Mailjet's client)."""
MOST_HISTORIES = 50
"""Messages with another status whose history is asked for, to learn whether this one is hidden by it."""


@dataclass(frozen=True)
class Listed:
    """An event that Mailjet lists, in the words of our ids."""

    event_id: str
    email_id: str
    second: int


@dataclass(frozen=True)
class Sought:
    """An unsubscribe or complaint that Mailjet shows and the tables lack; `age_s`: since its message was sent.

    `changed_at`: the latest event of the message, before which another status was shown.
    """

    listed: Listed
    age_s: int
    changed_at: int


class OutOfRequests(Exception):
    """No more requests are granted."""


@dataclass
class Account:
    """An account of Mailjet's whose events are in the tables. `start`, `engagement_s`: of its configuration."""

    api: Mailjet
    start: int
    engagement_s: int


@dataclass
class Listings:
    """Asks all accounts. `most_requests`: so many may be made for this."""

    accounts: Sequence[Account]
    most_requests: int
    _statuses: dict[Kind, list[Message]] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        """The requests that were made so far, for whatever purpose."""
        return sum(sum(account.api.counts.requests.values()) for account in self.accounts)

    def events(self, kind: Kind, hours: Iterable[int], campaign_id: str | None) -> Counter[Listed]:
        """The events of a kind that are listed for these hours, and how often: equal rows are two events of one second.

        Raises `OutOfRequests`, and `Failure` if Mailjet fails.
        """
        spans = merge((hour, hour + HOUR_S) for hour in hours)
        found: Counter[Listed] = Counter()
        for row in self._rows(_LISTED_BY[kind], spans, {"CampaignID": campaign_id} if campaign_id else {}):
            listed = _to_listed(row, kind)
            if listed and any(since <= listed.second < until for since, until in spans):
                found[listed] += 1
        return found

    def not_among(self, kind: Kind, known: set[str], until: int, campaign_id: str | None) -> Iterator[Sought]:
        """The unsubscribes (or complaints) that Mailjet shows, but for those of the messages `known`.

        A message shows one status only; so those with the other one are looked at too, if they are few. Raises
        `OutOfRequests` after those for which the requests sufficed.
        """
        other: Kind = "complained" if kind == "unsubscribed" else "unsubscribed"
        shown, maybe = (
            [
                message
                for message in self._with_status(status, until)
                if message.email_id not in known and campaign_id in (None, message.campaign_id)
            ]
            for status in (kind, other)
        )
        word = _STATUS[kind][0]
        prefix = "mailjet-unsubscribed" if kind == "unsubscribed" else "mailjet-spam"
        for message in [*shown, *(maybe if len(maybe) <= MOST_HISTORIES else ())]:
            for account in self.accounts:
                self._take()
                history = read_history(account.api, message, {word})
                for event in history:
                    if event.event_type == word:
                        listed = Listed(f"{prefix}-{message.email_id}", message.email_id, event.at)
                        changed_at = max(event.at for event in history)
                        yield Sought(listed, event.at - message.arrived_at, changed_at)

    def engagement_s(self) -> int:
        """How long after a send unsubscribes and complaints are looked for, in the account that looks longest."""
        return max(account.engagement_s for account in self.accounts)

    def _with_status(self, kind: Kind, until: int) -> list[Message]:
        if kind not in self._statuses:
            resource = Resource(
                "message", "FromTS", "ToTS", parse_message, {**SHOWN, "MessageStatus": _STATUS[kind][1]}
            )
            start = min(account.start for account in self.accounts)
            rows = self._rows(resource, [(max(0, start - self.engagement_s()), until)], {})
            self._statuses[kind] = [row for row in rows if isinstance(row, Message)]
        return self._statuses[kind]

    def _rows(self, resource: Resource, spans: Iterable[Span], filters: Mapping[str, str]) -> Iterator[EventRow]:
        for account in self.accounts:
            for span in spans:
                self._take()
                for _, rows in read_rows(account.api, resource, span, filters):
                    yield from rows
                    self._take()

    def _take(self) -> None:
        if self.requests >= self.most_requests:
            raise OutOfRequests


def _to_listed(row: EventRow, kind: Kind) -> Listed | None:
    match row:
        case Open():
            event = to_open(row)
        case Click():
            event = to_click(row)
        case Bounce():
            bounce = to_bounce(row, {})
            if bounce is None or (kind == "bounced_hard") != bool(row.is_permanent):
                return None
            event = bounce
        case Block():
            event = to_block(row, {})
        case Message():
            if row.status not in DELIVERED_STATUSES:
                return None
            event = to_delivery(row, row.arrived_at)
    return Listed(event.id, event.email_id, event.at)
