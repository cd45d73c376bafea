"""Why messages were not delivered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import duckdb

MOST = 40


@dataclass(frozen=True)
class Reason:
    """An outcome of messages (`hard`, `soft`, `blocked`) and the error that Mailjet names for it."""

    outcome: str
    error: str
    messages: int
    share: float


def read_bounces(connection: duckdb.DuckDBPyConnection, clean: Callable[[object], str]) -> list[Reason]:
    """The most frequent first; `share` is of all messages that were not delivered."""
    found = connection.execute(
        "WITH blocked AS (SELECT email_id, min(error) AS error FROM mailjet__events WHERE kind = 'blocked' GROUP BY 1)"
        " SELECT outcome, coalesce(bounce_error, error, ''), count(*) FROM mailjet__messages LEFT JOIN blocked"
        " USING (email_id) WHERE outcome IN ('hard', 'soft', 'blocked') GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"
    ).fetchall()
    whole = sum(count for _, _, count in found)
    reasons = [
        Reason(outcome, clean(error) or "no reason given", count, count / whole) for outcome, error, count in found
    ]
    rest = sum(reason.messages for reason in reasons[MOST:])
    return [*reasons[:MOST], *([Reason("", "all others", rest, rest / whole)] if rest else [])]
