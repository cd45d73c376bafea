"""Everything that the page shows, read from the models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

import duckdb

from mailjet_segment.analytics.reconciled import Reconciled
from mailjet_segment.report.bounces import Reason, read_bounces
from mailjet_segment.report.campaigns import Campaign, read_campaigns
from mailjet_segment.report.clock import Stretch, Week, read_stretches, read_week
from mailjet_segment.report.conversions import Conversions, read_conversions
from mailjet_segment.report.freshness import Freshness, read_freshness
from mailjet_segment.report.links import Links, read_links
from mailjet_segment.report.people import People, read_people
from mailjet_segment.report.privacy import cleaner
from mailjet_segment.report.providers import Provider, read_providers
from mailjet_segment.report.totals import Total, read_totals


@dataclass(frozen=True)
class Scope:
    """The scope of a report, and the result of the place's last `reconcile`."""

    place: str
    zone: tzinfo
    made_at: datetime
    since: datetime | None = None
    until: datetime | None = None
    campaign: str | None = None
    with_recipients: bool = False
    reconciled: Reconciled | None = None


@dataclass(frozen=True)
class Content:
    """The figures of the page, section by section."""

    scope: Scope
    totals: Mapping[str, Total]
    stretches: Sequence[Stretch]
    campaigns: Sequence[Campaign]
    providers: Sequence[Provider]
    bounces: Sequence[Reason]
    week: Week
    links: Links
    people: People
    conversions: Conversions | None
    freshness: Freshness

    @property
    def departures(self) -> list[Campaign]:
        """The campaigns that somebody complained about or unsubscribed from, the worst first."""
        lost = [campaign for campaign in self.campaigns if any(map(campaign.count, ("unsubscribed", "complained")))]
        return sorted(lost, key=lambda campaign: (-campaign.count("complained"), -campaign.count("unsubscribed")))


def read_content(connection: duckdb.DuckDBPyConnection, scope: Scope) -> Content:
    """Asks the models, which `connection` has as tables."""
    clean = cleaner(scope.with_recipients)
    return Content(
        scope=scope,
        totals=read_totals(connection),
        stretches=read_stretches(connection, scope.zone),
        campaigns=read_campaigns(connection, clean),
        providers=read_providers(connection),
        bounces=read_bounces(connection, clean),
        week=read_week(connection, scope.zone),
        links=read_links(connection, clean, scope.with_recipients),
        people=read_people(connection, clean, scope.with_recipients),
        conversions=read_conversions(connection, clean),
        freshness=read_freshness(connection, scope.zone),
    )
