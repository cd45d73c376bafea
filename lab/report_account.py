"""A database of any number of campaigns, for what the report's page must stand: the same one each time, in a second.

It has a little of everything: providers, bounces, blocked messages, complaints, proxies, bots, gaps, and texts that
would break a page that took them for HTML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from mailjet_segment.loads.database import TYPES
from segment_events.kinds import ALL_KINDS, columns_of

HOSTILE = "</script><img src=x onerror=alert(1)><script>alert(2)</script>"
"""A subject, and part of a link and of an error."""
ADDRESS = "anna.of.vienna@example.org"
"""Stands in a subject and in links. No recipient's own address ends in `example.org`."""

_DOMAINS = ["gmail.com"] * 8 + ["yahoo.com"] * 4 + ["outlook.com"] * 4 + ["icloud.com"] * 2 + ["example.net", "gmx.de"]
_COMMON = """'e-' || kind || '-' || email_id || '-' || n AS id, user_id,
CASE WHEN user_id IS NULL THEN address END AS anonymous_id, address AS context_traits_email, email_id, campaign_id,
campaign_name, email_subject, contact_id, happened_at AS "timestamp", happened_at + INTERVAL 1 HOUR AS received_at"""

_MESSAGES = """
CREATE TEMP TABLE message AS
SELECT
    (c * 1000000 + m)::VARCHAR AS email_id,
    CASE WHEN c > 0 THEN (1000 + c)::VARCHAR END AS campaign_id,
    CASE WHEN c > 0 THEN CASE c % 4 WHEN 0 THEN 'Weekly letter ' WHEN 1 THEN 'Welcome ' WHEN 2 THEN 'Offers of week '
        ELSE 'Product news ' END || c END AS campaign_name,
    CASE c WHEN 1 THEN $hostile WHEN 2 THEN 'A letter to ' || $address ELSE 'What is new in week ' || c END
        AS email_subject,
    (m % 997)::VARCHAR AS contact_id,
    'person' || (m % 997) || '@' || list_extract($domains, (m % 997) % len($domains) + 1) AS address,
    CASE WHEN (m % 997) % 100 < 61 THEN 'user-' || (m % 997) END AS user_id,
    TIMESTAMPTZ '2026-09-01 06:00:00+00' + to_seconds(c * 86400 * 60 // $campaigns + c % 5 * 3600 + m * 3) AS sent_at,
    hash(c, m) % 1000 AS luck,
    hash(m, c, 'later') % 86400 AS later
FROM range($campaigns) AS campaign(c), range($messages) AS number(m)
WHERE c % 11 <> 7 OR m % 5 = 0
"""
_EVENTS = {
    "email_delivered": "SELECT 'delivered' AS kind, 0 AS n, *, sent_at AS happened_at FROM message WHERE luck >= 25",
    "email_opened": """
SELECT 'opened' AS kind, 0 AS n, *, sent_at + to_seconds(60 + later % 40000) AS happened_at, 'Firefox' AS agent_browser,
    'Linux' AS agent_platform, false AS is_bot, NULL AS context_user_agent FROM message WHERE luck BETWEEN 300 AND 649
UNION ALL SELECT 'opened', 1, *, sent_at + to_seconds(4), NULL, NULL, true, NULL FROM message
    WHERE luck BETWEEN 650 AND 699
UNION ALL SELECT 'opened', 2, *, sent_at + to_seconds(9), 'Mozilla', NULL, false, 'Mozilla/5.0' FROM message
    WHERE luck >= 700 AND address LIKE '%icloud.com'""",
    "email_link_clicked": """
SELECT 'clicked' AS kind, 0 AS n, *, sent_at + to_seconds(200 + later % 50000) AS happened_at,
    'Firefox' AS agent_browser, false AS is_bot, 'https://example.com/page/' || later % 4 ||
    CASE WHEN later % 4 = 1 THEN '?who=' || $address
    WHEN later % 4 = 2 THEN $hostile ELSE '' END AS link_url, 'link' || later % 4 AS link_id,
    200 + later % 50000 AS click_delay_s
FROM message WHERE luck BETWEEN 300 AND 360
UNION ALL SELECT 'clicked', 1, *, sent_at + to_seconds(5), NULL, true, 'https://example.com/page/0', 'link0', 5
FROM message WHERE luck BETWEEN 650 AND 680""",
    "email_unsubscribed": """SELECT 'unsubscribed' AS kind, 0 AS n, *, sent_at + to_seconds(1 + later) AS happened_at
FROM message WHERE luck BETWEEN 300 AND 303""",
    "email_bounced": """
SELECT 'bounced' AS kind, 0 AS n, *, sent_at AS happened_at,
    CASE WHEN luck < 12 THEN 'hard' ELSE 'soft' END AS bounce_type,
    CASE luck WHEN 0 THEN $hostile WHEN 1 THEN 'no such mailbox ' || $address ELSE
    CASE luck % 3 WHEN 0 THEN 'user unknown' WHEN 1 THEN 'mailbox full' ELSE 'spam content' END END AS error
FROM message WHERE luck < 22""",
    "email_marked_as_spam": """SELECT 'spam' AS kind, 0 AS n, *, sent_at + to_seconds(1 + later) AS happened_at
FROM message WHERE luck BETWEEN 310 AND 311 AND address NOT LIKE '%gmail.com'""",
    "email_blocked": """SELECT 'blocked' AS kind, 0 AS n, *, sent_at AS happened_at, 'preblocked' AS error
FROM message WHERE luck BETWEEN 22 AND 24""",
}


def make_report_account(file: Path, campaigns: int, messages: int = 400) -> None:
    """Writes the database: so many campaigns (the first one has no name) of so many messages each."""
    given = {"campaigns": max(campaigns, 1), "messages": messages if campaigns else 0}
    texts = {"hostile": HOSTILE, "address": ADDRESS}
    with duckdb.connect(str(file)) as connection:
        _run(connection, _MESSAGES, {**given, **texts, "domains": _DOMAINS})
        for kind in ALL_KINDS:
            columns = columns_of(kind.stream)
            declared = ", ".join(f'"{name}" {TYPES[type_]}' for name, type_ in columns.items())
            connection.execute(f'CREATE TABLE "{kind.stream}" ({declared})')
            there = [name for name in columns if name in _given(kind.stream)]
            extra = "".join(f", {name}" for name in there)
            query = f"INSERT INTO {kind.stream} BY NAME SELECT {_COMMON}{extra} FROM ({_EVENTS[kind.stream]})"
            _run(connection, query, texts)


def _given(stream: str) -> Sequence[str]:
    """The columns that the query of a stream fills beside the common ones."""
    return {
        "email_opened": ("agent_browser", "agent_platform", "is_bot", "context_user_agent"),
        "email_link_clicked": ("agent_browser", "is_bot", "link_url", "link_id", "click_delay_s"),
        "email_bounced": ("bounce_type", "error"),
        "email_blocked": ("error",),
    }.get(stream, ())


def _run(connection: duckdb.DuckDBPyConnection, query: str, values: Mapping[str, object]) -> None:
    connection.execute(query, {name: value for name, value in values.items() if f"${name}" in query})
