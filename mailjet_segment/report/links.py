"""The links that were clicked most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import duckdb

from mailjet_segment.report.audience import Figure
from mailjet_segment.report.campaigns import NAMELESS
from mailjet_segment.report.privacy import without_query

MOST = 100
_CLICKERS = """
SELECT coalesce(campaign_id, '') AS campaign_id, coalesce(link_id, link_url, '') AS link_id,
    count(DISTINCT coalesce(messages.contact_id, recipient)) AS recipients
FROM (SELECT email_id, link_id, link_url FROM mailjet__events WHERE kind = 'clicked')
JOIN (SELECT email_id, campaign_id, contact_id, recipient FROM mailjet__messages) AS messages USING (email_id)
GROUP BY 1, 2"""
"""How many people a link was clicked by: somebody may get several messages with a link of their own."""


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
        f"WITH clickers AS ({_CLICKERS}) SELECT link_url, campaign_name, campaign_id, messages_people, messages_all,"
        " clicks_human, clicks_bot, share_of_delivered, recipients"
        " FROM mailjet__links LEFT JOIN clickers USING (campaign_id, link_id)"
        f" ORDER BY messages_people DESC, messages_all DESC, campaign_id, link_id LIMIT {MOST}"
    ).fetchall()
    [(count,)] = connection.execute("SELECT count(*) FROM mailjet__links").fetchall()
    links = []
    for url, name, campaign_id, people, everybody, human, bot, share, recipients in found:
        shown = (url or "") if with_recipients or (recipients or 0) > 1 else without_query(url or "")
        campaign = clean(name) or clean(campaign_id) or NAMELESS
        messages, clicks = Figure((people, people, everybody)), Figure((human, human, human + bot))
        links.append(Link(clean(shown) or "(no address)", campaign, messages, clicks, share))
    return Links(links, count)
