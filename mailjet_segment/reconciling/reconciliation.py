"""Holds the counts of the tables against Mailjet's, hour by hour, and looks for an explanation of each difference.

A count that differs costs requests only where it does: Mailjet is asked which events it lists for those hours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone, tzinfo

from mailjet_rest.counters import HOUR_S, Timing, read_hour_counts
from mailjet_rest.windows import DAY_S, Span
from mailjet_segment.reconciling.deliveries import lost_deliveries
from mailjet_segment.reconciling.difference import KINDS, Difference, Kind, Outcome, Reason
from mailjet_segment.reconciling.listings import Listed, Listings, OutOfRequests
from mailjet_segment.reconciling.tables import Hours, Stored, Tables

RETRIED_S = 7 * DAY_S
"""How long a message may be retried: deliveries are compared from so long before the period on."""
NEAR_S = 2
"""Seconds by which a webhook's time of an event may differ from REST's."""

OurCounts = Mapping[Kind, tuple[Hours, Hours]]
TheirCounts = Mapping[Kind, Hours]


@dataclass(frozen=True)
class Bounds:
    """The hours that are compared, in Unix seconds, and whose days are meant.

    `first` and `last` bound them. `earliest`: where the tables begin. `begun`: the hours in which they do, for an
    account each. `settled`: from then on counts may still change. `end`: until then Mailjet may have counted what the
    tables do not have yet.
    """

    first: int
    last: int
    earliest: int
    begun: frozenset[int]
    settled: int
    end: int
    zone: tzinfo

    def day(self, hour: int) -> date:
        """The day that an hour belongs to: that in which it begins."""
        return datetime.fromtimestamp(hour, self.zone).date()

    def is_unsettled(self, hour: int) -> bool:
        """Whether events of an hour may not have been read yet."""
        return hour + HOUR_S > self.settled

    def is_at_an_edge(self, hour: int) -> bool:
        """Whether an hour is not all in the tables."""
        return hour in self.begun or self.is_unsettled(hour)


class Reconciliation:
    """A comparison of the tables with the counters of accounts."""

    def __init__(self, tables: Tables, listings: Listings, bounds: Bounds) -> None:
        self._tables, self._listings, self._bounds = tables, listings, bounds
        self._kinds = tables.kinds()
        self._counts_bots: bool | None = None

    def run(self, with_campaigns: bool, hear: Callable[[str], None] = lambda what: None) -> Outcome:
        """Compares all messages, then each campaign; `hear` gets the name of each comparison. Raises `Failure`."""
        bounds = self._bounds
        span = (bounds.first, bounds.last)
        hear("all messages")
        ours, theirs = self._tables.hours(span, None), self._their_counts("Event", span, None)
        self._counts_bots = counts_bots(ours, theirs)
        differences = self._differences(ours, theirs, None)
        for campaign_id in self._tables.campaigns(span) if with_campaigns else ():
            hear(f"campaign {campaign_id}")
            counts = self._tables.hours(span, campaign_id), self._their_counts("Event", span, campaign_id)
            differences += self._differences(*counts, campaign_id)
        return Outcome(
            since=datetime.fromtimestamp(bounds.first, timezone.utc),
            until=datetime.fromtimestamp(bounds.last, timezone.utc),
            ours={kind: ours[kind][0].total() for kind in self._kinds},
            theirs={kind: theirs[kind].total() for kind in self._kinds},
            differences=differences,
            bots=self._counts_bots,
            requests=self._listings.requests,
        )

    def _their_counts(self, timing: Timing, span: Span, campaign_id: str | None) -> TheirCounts:
        """Mailjet's counts of all accounts, each from the hour of its `start_date` on."""
        theirs: dict[Kind, Hours] = {kind: Counter() for kind in KINDS}
        for account in self._listings.accounts:
            since = max(span[0], account.start - account.start % HOUR_S)
            for counts in read_hour_counts(account.api, (since, span[1]), timing, campaign_id):
                for kind in KINDS:
                    theirs[kind][counts.at] += getattr(counts, kind)
        return theirs

    def _differences(self, ours: OurCounts, theirs: TheirCounts, campaign_id: str | None) -> list[Difference]:
        """All differences, in order of days and kinds."""
        by_day: dict[tuple[date, Kind], Difference] = {}
        for kind in self._kinds:
            comparison = Comparison(kind, campaign_id, ours[kind], theirs[kind], self._bounds, self._counts_bots)
            self._explain(comparison)
            by_day |= comparison.differences()
        return [by_day[key] for key in sorted(by_day, key=lambda key: (key[0], KINDS.index(key[1])))]

    def _explain(self, comparison: Comparison) -> None:
        """Looks for explanations of the differences of a kind."""
        comparison.explain_edges()
        if not comparison.open_hours():
            return
        try:
            if comparison.kind == "delivered":
                self._explain_deliveries(comparison)
            elif comparison.kind in {"unsubscribed", "complained"}:
                self._explain_statuses(comparison)
            else:
                self._explain_by_listing(comparison)
        except OutOfRequests:
            comparison.is_looked_up = False

    def _explain_deliveries(self, comparison: Comparison) -> None:
        """Tells late deliveries from lost ones, and names these."""
        bounds, campaign_id = self._bounds, comparison.campaign_id
        span = (max(bounds.earliest - bounds.earliest % HOUR_S, bounds.first - RETRIED_S), bounds.end)
        ours = self._tables.hours(span, campaign_id)["delivered"][0]
        by_delivery = _gaps(self._their_counts("Event", span, campaign_id)["delivered"], ours)
        by_sending = _gaps(self._their_counts("Message", span, campaign_id)["delivered"], ours)
        unread, sent_then = (
            sum(gap for hour, gap in gaps.items() if bounds.is_unsettled(hour)) for gaps in (by_delivery, by_sending)
        )
        lost = lost_deliveries(
            {hour: gap for hour, gap in by_delivery.items() if not bounds.is_at_an_edge(hour)},
            {hour: gap for hour, gap in by_sending.items() if not bounds.is_at_an_edge(hour)},
            delivered_since=max(0, unread - sent_then),
        )
        for hour in sorted({*comparison.gaps, *lost}):
            if bounds.first <= hour < bounds.last and not bounds.is_at_an_edge(hour):
                comparison.explain(hour, "delivered late", comparison.gaps[hour] - lost[hour])
        wanted = [hour for hour in comparison.open_hours() if comparison.gaps[hour] > 0]
        if wanted:
            self._name_missing(comparison, self._listings.events("delivered", wanted, campaign_id))

    def _explain_by_listing(self, comparison: Comparison) -> None:
        """Events that are listed twice under one id, those that a later status hides, and those that are missing."""
        kind = comparison.kind
        wanted = [hour for hour in comparison.open_hours() if comparison.gaps[hour] > 0]
        if not wanted:
            return
        listed = self._listings.events(kind, wanted, comparison.campaign_id)
        by_bots = self._name_missing(comparison, listed)
        for hour in wanted:
            here = {event: count for event, count in listed.items() if event.second - event.second % HOUR_S == hour}
            unnamed = comparison.gaps[hour] - comparison.lost[hour]
            if kind in {"opened", "clicked"}:
                twice = sum(
                    count - 1
                    for event, count in here.items()
                    if self._counts_bots is not False or event.event_id not in by_bots
                )
                comparison.explain(hour, "same second, one id", min(twice, max(0, unnamed)))
            elif kind != "blocked":
                comparison.explain(hour, "status overwritten since", max(0, unnamed))

    def _explain_statuses(self, comparison: Comparison) -> None:
        """Unsubscribes and complaints that no status shows any more, those that came too late, and the missing ones."""
        kind, bounds = comparison.kind, self._bounds
        everything = (0, bounds.last + DAY_S)
        known = {event.email_id for event in self._tables.events([kind], everything)}
        for sought in self._listings.not_among(kind, known, bounds.last, comparison.campaign_id):
            hour = sought.listed.second - sought.listed.second % HOUR_S
            if comparison.gaps[hour] <= 0 or sought.changed_at > bounds.settled:  # the next sync finds it
                continue
            if sought.age_s > self._listings.engagement_s():
                comparison.explain(hour, "later than engagement_days", 1)
            else:
                comparison.lose(hour, sought.listed.event_id)
        for hour in comparison.open_hours():
            comparison.explain(hour, "status overwritten since", max(0, comparison.gaps[hour] - comparison.lost[hour]))

    def _name_missing(self, comparison: Comparison, listed: Mapping[Listed, int]) -> set[str]:
        """Names the listed events that the tables do not have; the ids of those there that bots did."""
        if not listed:
            return set()
        seconds = [event.second for event in listed]
        kinds: Iterable[Kind] = (
            ("bounced_hard", "bounced_soft") if comparison.kind.startswith("bounced") else (comparison.kind,)
        )
        near_s = NEAR_S if comparison.kind in {"opened", "clicked"} else RETRIED_S
        stored = self._tables.events(kinds, (min(seconds) - near_s, max(seconds) + near_s + 1))
        there = _Index(stored)
        for event in listed:
            hour = event.second - event.second % HOUR_S
            if not there.has(event, comparison.kind) and comparison.gaps[hour] > 0:
                comparison.lose(hour, event.event_id)
        return {event.event_id for event in stored if event.is_bot}


class Comparison:
    """The counts of a kind in each hour. `gaps`: Mailjet's surplus that nothing explains yet; below 0: ours.

    `lost`: how many of these are named in `missing`.
    """

    def __init__(
        self,
        kind: Kind,
        campaign_id: str | None,
        ours: tuple[Hours, Hours],
        theirs: Hours,
        bounds: Bounds,
        counts_bots: bool | None,
    ) -> None:
        self.kind, self.campaign_id, self._bounds = kind, campaign_id, bounds
        self._ours, self._theirs = ours[0], theirs
        self.gaps = _gaps(theirs, ours[0])
        self.lost: Counter[int] = Counter()
        self.missing: dict[int, list[str]] = {}
        self.is_looked_up = True
        self._explained: dict[int, Counter[Reason]] = {}
        if counts_bots is False:
            for hour, by_bots in ours[1].items():
                if by_bots:
                    self.explain(hour, "bots, which Mailjet leaves out", -by_bots)

    def open_hours(self) -> list[int]:
        """The hours in which something is not explained, in order."""
        return sorted(hour for hour, gap in self.gaps.items() if gap)

    def explain(self, hour: int, reason: Reason, events: int) -> None:
        """Explains so many events of Mailjet's surplus, or of its deficit."""
        if events:
            self._explained.setdefault(hour, Counter())[reason] += events
            self.gaps[hour] -= events

    def lose(self, hour: int, event_id: str) -> None:
        """Notes an event that Mailjet lists and the tables do not have."""
        named = self.missing.setdefault(hour, [])
        if event_id not in named:
            named.append(event_id)
            self.lost[hour] += 1

    def explain_edges(self) -> None:
        """The hour in which the tables begin, of which Mailjet counts all, and the last ones."""
        for hour in self.open_hours():
            if self._bounds.is_unsettled(hour):
                self.explain(hour, "in the last hour", self.gaps[hour])
            elif hour in self._bounds.begun and self.gaps[hour] > 0:
                self.explain(hour, "before start_date", self.gaps[hour])

    def differences(self) -> dict[tuple[date, Kind], Difference]:
        """The days on which counts differ; events that only move within a day make no difference."""
        days: dict[tuple[date, Kind], Difference] = {}
        for hour in sorted({*self._explained, *self.open_hours()}):
            day = self._bounds.day(hour)
            found = days.setdefault((day, self.kind), Difference(day, self.kind, self.campaign_id))
            found.explained.update(self._explained.get(hour, {}))
            found.unexplained += self.gaps[hour]
            found.missing += self.missing.get(hour, [])
            found.is_looked_up = self.is_looked_up
        for hour in {*self._ours, *self._theirs}:
            if counted := days.get((self._bounds.day(hour), self.kind)):
                counted.ours += self._ours[hour]
                counted.theirs += self._theirs[hour]
        return {key: found for key, found in days.items() if found.differs}


class _Index:
    """Stored events by the keys under which a listed event is looked up."""

    def __init__(self, stored: Sequence[Stored]) -> None:
        self._ids = {event.event_id for event in stored}
        self._by_message: dict[str, list[Stored]] = {}
        for event in stored:
            self._by_message.setdefault(event.email_id, []).append(event)

    def has(self, listed: Listed, kind: Kind) -> bool:
        """By its id; or, as a webhook's second may be another, by its message (and link) and about its time."""
        if listed.event_id in self._ids:
            return True
        near = self._by_message.get(listed.email_id, [])
        if kind not in {"opened", "clicked"}:
            return bool(near)
        link = listed.event_id.rpartition("-")[2] if kind == "clicked" else ""
        return any(
            abs(event.second - listed.second) <= NEAR_S and event.event_id.endswith(link if kind == "clicked" else "")
            for event in near
        )


def counts_bots(ours: OurCounts, theirs: TheirCounts) -> bool | None:
    """Whether Mailjet's counters include bots: the answer by which more hours fit exactly; None if no hour tells."""
    with_bots = without = 0
    for kind in ("opened", "clicked"):
        events, by_bots = ours[kind]
        for hour in by_bots:
            if by_bots[hour]:
                with_bots += theirs[kind][hour] == events[hour]
                without += theirs[kind][hour] == events[hour] - by_bots[hour]
    return None if with_bots == without else with_bots > without


def _gaps(theirs: Hours, ours: Hours) -> Counter[int]:
    return Counter({hour: theirs[hour] - ours[hour] for hour in {*theirs, *ours} if theirs[hour] != ours[hour]})
