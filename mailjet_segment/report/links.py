"""The links that were clicked most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import duckdb

from mailjet_segment.report.audience import Figure
from mailjet_segment.report.campaigns import NAMELESS
from mailjet_segment.report.privacy import without_query

MOST = 100


@dataclass(frozen=True)
class Link:
    """A link of a campaign: the messages in which it was clicked, and its clicks."""

    url: str
    campaign: str
    messages: Figure
    clicks: Figure
    share: float | None


@dataclass(frozen=True)
class Links:
    """The most clicked ones, and how many there are in all."""

    shown: list[Link]
    count: int


def read_links(connection: duckdb.DuckDBPyConnection, clean: Callable[[object], str], with_recipients: bool) -> Links:
    """A link that a single person clicked is shown without its query, which may say who that is."""
    found = connection.execute(
        "SELECT link_url, campaign_name, campaign_id, messages_people, messages_all, clicks_human, clicks_bot,"
        " share_of_delivered FROM mailjet__links"
        f" ORDER BY messages_people DESC, messages_all DESC, campaign_id, link_id LIMIT {MOST}"
    ).fetchall()
    [(count,)] = connection.execute("SELECT count(*) FROM mailjet__links").fetchall()
    links = []
    for url, name, campaign_id, people, everybody, human, bot, share in found:
        shown = (url or "") if with_recipients or everybody > 1 else without_query(url or "")
        campaign = clean(name) or clean(campaign_id) or NAMELESS
        messages, clicks = Figure((people, people, everybody)), Figure((human, human, human + bot))
        links.append(Link(clean(shown) or "(no address)", campaign, messages, clicks, share))
    return Links(links, count)
