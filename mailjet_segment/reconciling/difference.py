"""A difference between Mailjet's count and ours, its explanation, and the sentence about all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

Kind = Literal[
    "delivered", "opened", "clicked", "unsubscribed", "complained", "bounced_hard", "bounced_soft", "blocked"
]
KINDS: tuple[Kind, ...] = (
    "delivered",
    "opened",
    "clicked",
    "unsubscribed",
    "complained",
    "bounced_hard",
    "bounced_soft",
    "blocked",
)
"""As the models name them; bounces are apart, as Mailjet counts them."""

Reason = Literal[
    "before start_date",
    "in the last hour",
    "same second, one id",
    "bots, which Mailjet leaves out",
    "status overwritten since",
    "later than engagement_days",
    "delivered late",
]
"""`before start_date`: in the hour in which the tables begin. `in the last hour`: before the last event was read.
`same second, one id`: two opens of a message, or clicks of a link, in one second. `status overwritten since`: Mailjet
shows the latest status of a message only, which hides an unsubscribe or a complaint. `delivered late`: retried for a
while; Mailjet counts such a message when it was delivered, we when it was sent, or the other way round."""

MOST_NAMED = 20
"""Ids of missing events that are shown of a day and kind."""


@dataclass
class Difference:
    """A day and kind (and campaign) whose counts differ. `explained` and `unexplained` add up to `theirs - ours`.

    `missing`: ids of events that Mailjet lists and the tables do not have; `is_looked_up` is False if the requests did
    not suffice to ask for them.
    """

    day: date
    kind: Kind
    campaign_id: str | None = None
    ours: int = 0
    theirs: int = 0
    explained: Counter[Reason] = field(default_factory=Counter)
    unexplained: int = 0
    missing: list[str] = field(default_factory=list)
    is_looked_up: bool = True

    @property
    def differs(self) -> bool:
        """Whether anything differs at all."""
        return self.ours != self.theirs or bool(self.unexplained or self.missing)

    def to_json(self) -> dict[str, Any]:
        campaign = {} if self.campaign_id is None else {"campaign_id": self.campaign_id}
        return {
            "day": self.day.isoformat(),
            "kind": self.kind,
            **campaign,
            "ours": self.ours,
            "theirs": self.theirs,
            "explained": dict(self.explained),
            "unexplained": self.unexplained,
            "missing": self.missing[:MOST_NAMED],
        }


def _percent(part: int, whole: int) -> str:
    """`0.02 %`, `35 %`; of nothing, all."""
    percent = 100 * part / whole if whole else 100.0
    return f"{percent:.2g} %" if percent < 99.5 else f"{percent:,.0f} %"


def _count(events: int) -> str:
    return "1 event is" if events == 1 else f"{events:,} events are"


@dataclass(frozen=True)
class Outcome:
    """The result: the counts of each kind, ours and theirs, all differences, in order, and the requests made.

    `bots`: whether opens and clicks by software that Mailjet recognises are in its counters; None if nothing tells.
    """

    since: datetime
    until: datetime
    ours: Mapping[Kind, int]
    theirs: Mapping[Kind, int]
    differences: Sequence[Difference]
    bots: bool | None
    requests: int

    @property
    def red(self) -> list[Difference]:
        """The differences that nothing explains."""
        return [difference for difference in self.differences if difference.unexplained]

    @property
    def unexplained(self) -> int:
        """Events that nothing explains, too few and too many alike; one that its campaign lacks too is one event."""
        counted = Counter(
            difference.campaign_id is None for difference in self.red for _ in range(abs(difference.unexplained))
        )
        return max(counted[True], counted[False])

    @property
    def sentence(self) -> str:
        """For the end of a report. Counts agree if each difference is explained, or the sums are equal."""
        off = sum(abs(difference.theirs - difference.ours) for difference in self._of_all_messages)
        share = _percent(off, sum(self.theirs.values()))
        agrees = f"Agrees with Mailjet's counters {f'to {share}' if off else 'exactly'}"
        if not self.differences:
            return f"{agrees}."
        if not self.red:
            return f"{agrees}; each difference is explained."
        differs = f"Differs from Mailjet's counters by {share}" if off else agrees
        return f"{differs}; {_count(self.unexplained)} not explained."

    @property
    def _of_all_messages(self) -> list[Difference]:
        return [difference for difference in self.differences if difference.campaign_id is None]

    def to_json(self) -> dict[str, Any]:
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "agrees": not self.red,
            "sentence": self.sentence,
            "bots_counted_by_mailjet": self.bots,
            "requests": self.requests,
            "kinds": {kind: {"ours": self.ours[kind], "theirs": self.theirs[kind]} for kind in self.ours},
            "differences": [difference.to_json() for difference in self.differences],
        }
