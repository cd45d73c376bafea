"""The recipients: how many are in which state, who left, and, if asked for, who they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb

from mailjet_segment.report.campaigns import NAMELESS
from mailjet_segment.report.instants import seconds

MOST = 5_000
STATES = ("new", "engaged", "lapsing", "dormant", "unreachable", "objected")


@dataclass(frozen=True)
class State:
    """How many recipients are in a state, and how many of them have a user id."""

    name: str
    recipients: int
    known: int
    share: float


@dataclass(frozen=True)
class Recipient:
    """A recipient, by name: only with `--with-recipients`."""

    name: str
    email: str
    state: str
    reason: str
    messages: int
    opened: int
    clicked: int


@dataclass(frozen=True)
class Departure:
    """Somebody who complained or unsubscribed, by name: only with `--with-recipients`."""

    campaign: str
    name: str
    email: str
    complained_at: int | None
    unsubscribed_at: int | None


@dataclass(frozen=True)
class People:
    """All recipients by state. `recipients` and `departures` are empty unless they were asked for."""

    states: Sequence[State]
    count: int
    known: int
    recipients: Sequence[Recipient]
    departures: Sequence[Departure]


def read_people(connection: duckdb.DuckDBPyConnection, clean: Callable[[object], str], with_recipients: bool) -> People:
    """The counts, and at most `MOST` names of each list."""
    found = connection.execute("SELECT state, count(*), count(user_id) FROM mailjet__recipients GROUP BY 1").fetchall()
    by_state = {state: (count, known) for state, count, known in found}
    count = sum(recipients for recipients, _ in by_state.values())
    states = [State(name, *by_state.get(name, (0, 0)), by_state.get(name, (0, 0))[0] / (count or 1)) for name in STATES]
    return People(
        states,
        count,
        sum(known for _, known in by_state.values()),
        _read_recipients(connection, clean) if with_recipients else (),
        _read_departures(connection, clean) if with_recipients else (),
    )


def _read_recipients(connection: duckdb.DuckDBPyConnection, clean: Callable[[object], str]) -> list[Recipient]:
    found = connection.execute(
        "SELECT recipient, email, state, state_reason, messages, opened, clicked FROM mailjet__recipients"
        f" ORDER BY clicked DESC, opened DESC, recipient LIMIT {MOST}"
    )
    return [
        Recipient(clean(name), clean(email), state, clean(reason), messages, opened, clicked)
        for name, email, state, reason, messages, opened, clicked in found.fetchall()
    ]


def _read_departures(connection: duckdb.DuckDBPyConnection, clean: Callable[[object], str]) -> list[Departure]:
    found = connection.execute(
        f"SELECT coalesce(nullif(campaign_name, ''), nullif(campaign_id, ''), '{NAMELESS}'), recipient, email,"
        f" {seconds('complained_at')}, {seconds('unsubscribed_at')} FROM mailjet__messages"
        " WHERE complained_at IS NOT NULL OR unsubscribed_at IS NOT NULL"
        f" ORDER BY coalesce(complained_at, unsubscribed_at) DESC, email_id LIMIT {MOST}"
    )
    return [
        Departure(clean(campaign), clean(name), clean(email), complained_at, unsubscribed_at)
        for campaign, name, email, complained_at, unsubscribed_at in found.fetchall()
    ]
