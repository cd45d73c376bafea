"""The events in the tables: how many of each kind in each hour, and which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb

from mailjet_rest.counters import HOUR_S
from mailjet_rest.windows import Span
from mailjet_segment.reconciling.difference import KINDS, Kind

_BOUNCE = "CASE WHEN bounce_type = 'hard' THEN 'bounced_hard' ELSE 'bounced_soft' END"
_COUNTED: Mapping[str, tuple[str, str]] = {
    "email_delivered": ("'delivered'", "false"),
    "email_opened": ("'opened'", "coalesce(is_bot, false)"),
    "email_link_clicked": ("'clicked'", "coalesce(is_bot, false)"),
    "email_unsubscribed": ("'unsubscribed'", "false"),
    "email_marked_as_spam": ("'complained'", "false"),
    "email_bounced": (_BOUNCE, "false"),
    "email_blocked": ("'blocked'", "false"),
}
"""Of each table, the kind as it is counted, and whether software did it that Mailjet recognises."""

Hours = Counter[int]
"""A count for each hour, by the Unix second in which it begins."""


@dataclass(frozen=True)
class Stored:
    """An event of the tables."""

    event_id: str
    email_id: str
    second: int
    is_bot: bool


class Tables:
    """The events of a connection that has the tables `source.<stream>`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        parts = " UNION ALL ".join(
            f"SELECT {kind} AS kind, id, email_id, campaign_id, epoch(timestamp)::BIGINT AS second, {is_bot} AS is_bot "
            f"FROM source.{table}"
            for table, (kind, is_bot) in _COUNTED.items()
        )
        connection.execute(f"CREATE VIEW counted AS {parts}")

    def last_read(self) -> int | None:
        """When the newest of the events was read, in Unix seconds; None if there are none."""
        parts = " UNION ALL ".join(f"SELECT received_at FROM source.{table}" for table in _COUNTED)
        row = self._connection.execute(f"SELECT epoch(max(received_at))::BIGINT FROM ({parts})").fetchone()
        return row[0] if row else None

    def kinds(self) -> tuple[Kind, ...]:
        """The kinds that are compared: blocked messages only if there are any, for they are read on request."""
        [(blocked,)] = self._connection.execute("SELECT count(*) FROM source.email_blocked").fetchall()
        return tuple(kind for kind in KINDS if kind != "blocked" or blocked)

    def hours(self, span: Span, campaign_id: str | None) -> Mapping[Kind, tuple[Hours, Hours]]:
        """Of each kind, the events of each hour, and those of them that bots did."""
        found = self._connection.execute(
            "SELECT kind, second - second % ?, count(*), count(*) FILTER (is_bot) FROM counted "
            "WHERE second >= ? AND second < ? AND (? IS NULL OR campaign_id = ?) GROUP BY ALL",
            [HOUR_S, *span, campaign_id, campaign_id],
        )
        hours: dict[Kind, tuple[Hours, Hours]] = {kind: (Counter(), Counter()) for kind in KINDS}
        for kind, hour, events, by_bots in found.fetchall():
            hours[kind][0][hour] = events
            hours[kind][1][hour] = by_bots
        return hours

    def events(self, kinds: Iterable[Kind], span: Span) -> list[Stored]:
        """The events of these kinds in a span."""
        marks = list(kinds)
        found = self._connection.execute(
            "SELECT id, email_id, second, is_bot FROM counted "
            f"WHERE second >= ? AND second < ? AND kind IN ({', '.join('?' * len(marks))})",
            [*span, *marks],
        )
        return [Stored(*row) for row in found.fetchall()]

    def campaigns(self, span: Span) -> list[str]:
        """The campaigns with an event in a span."""
        found = self._connection.execute(
            "SELECT DISTINCT campaign_id FROM counted "
            "WHERE second >= ? AND second < ? AND coalesce(campaign_id, '') NOT IN ('', '0') ORDER BY 1",
            list(span),
        )
        return [campaign_id for (campaign_id,) in found.fetchall()]
