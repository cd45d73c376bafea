"""The down funnel: each conversion once, with its value, and attributed as a second, simple computation says."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from random import Random
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mailjet_sandbox.orders import WINDOW_S, Order
from mailjet_sandbox.sandbox import Sandbox
from unit_tests.analytics.answers_of_truth import make_models
from unit_tests.analytics.model_tables import compiled, load, load_orders
from unit_tests.conftest import Reader

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
NEAR = [*range(-1, 4), *range(WINDOW_S - 2, WINDOW_S + 3), *range(-WINDOW_S - 2, -WINDOW_S + 3)]
"""Seconds between which the edges of the windows lie."""


class Message(NamedTuple):
    email_id: str
    user_id: str | None
    campaign_id: str | None
    sent_at: int


class Touch(NamedTuple):
    event_id: str
    email_id: str
    kind: str
    actor: str
    actor_rule: str
    at: int


class Conversion(NamedTuple):
    id: str
    user_id: str | None
    at: float
    value: float | None


class Account(NamedTuple):
    messages: Sequence[Message]
    touches: Sequence[Touch]
    conversions: Sequence[Conversion]


ACTORS = (
    *[("clicked", "human", "no_sign_of_software"), ("opened", "human", "no_sign_of_software")] * 3,
    ("opened", "human", "confirmed_by_click"),
    ("opened", "likely_privacy", "prefetch_agent"),
    ("clicked", "likely_scanner", "links_at_once"),
    ("clicked", "bot", "flagged_by_mailjet"),
)


def make_account(rng: Random, name: str) -> Account:
    """A few messages, mostly to one person; touches by people and software; conversions about the window's edges."""
    messages = [
        Message(f"{name}m{number}", user and f"{user}{name}", rng.choice(["1", "2", None]), rng.randint(-2, 2))
        for number, user in enumerate(["ann", "ann", "ann", "bob", None])
    ]
    touches = [
        Touch(f"{name}e{number}", rng.choice(messages).email_id, *rng.choice(ACTORS), rng.randint(0, 3))
        for number in range(rng.randint(0, 6))
    ]
    conversions = [
        Conversion(
            f"{name}c{rng.randint(0, 9)}",
            rng.choice([f"ann{name}", f"ann{name}", f"bob{name}", "stranger", None]),
            rng.choice(NEAR) + rng.choice([0, 0.5]),
            rng.choice([rng.randint(0, 10_000) / 100, None]),
        )
        for _ in range(rng.randint(0, 9))
    ]
    return Account(messages, touches, conversions)


def many_accounts(seed: int) -> Account:
    """The accounts of a hundred small worlds in one, none of whom knows another."""
    rng = Random(seed)
    worlds = [make_account(rng, f"-{number:03d}-") for number in range(100)]
    return Account(
        [message for world in worlds for message in world.messages],
        [touch for world in worlds for touch in world.touches],
        [conversion for world in worlds for conversion in world.conversions],
    )


accounts = st.integers(0, 1 << 32).map(many_accounts)


def instant(second: float) -> datetime:
    return START + timedelta(seconds=second)


def tables(account: Account) -> duckdb.DuckDBPyConnection:
    """What the model reads, and the model."""
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA source")
    for name, columns, rows in (
        (
            "source.conversions",
            'id TEXT, user_id TEXT, "timestamp" TIMESTAMPTZ, event TEXT, revenue DOUBLE',
            [(c.id, c.user_id, instant(c.at), "bought", c.value) for c in account.conversions],
        ),
        (
            "mailjet__messages",
            "email_id TEXT, user_id TEXT, campaign_id TEXT, campaign_name TEXT, sent_at TIMESTAMP, is_known BOOLEAN",
            [
                (m.email_id, m.user_id, m.campaign_id, m.campaign_id, instant(m.sent_at), m.user_id is not None)
                for m in account.messages
            ],
        ),
        (
            "mailjet__events",
            "event_id TEXT, email_id TEXT, kind TEXT, actor TEXT, actor_rule TEXT, happened_at TIMESTAMP",
            [(*touch[:5], instant(touch.at)) for touch in account.touches],
        ),
    ):
        names = [column.split()[0].strip('"') for column in columns.split(", ")]
        connection.register("rows", pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows]))
        connection.execute(f"CREATE TABLE {name} ({columns})")
        connection.execute(f"INSERT INTO {name} SELECT * FROM rows")
        connection.unregister("rows")
    connection.execute(f"CREATE TABLE mailjet__down_funnel AS {compiled('mailjet__down_funnel')}")
    return connection


def each_once(conversions: Sequence[Conversion]) -> list[Conversion]:
    """Of equal ids the earliest."""
    in_order = sorted(conversions, key=lambda c: (c.at, c.user_id is None, c.user_id, c.value is None, c.value))
    return list({conversion.id: conversion for conversion in reversed(in_order)}.values())


Touches = Mapping[str | None, Sequence[tuple[Touch, Message]]]
"""The touches of each person that count, with their messages."""


def touches_of(account: Account) -> Touches:
    message_of = {message.email_id: message for message in account.messages}
    found = defaultdict[str | None, list[tuple[Touch, Message]]](list)
    for touch in account.touches:
        if touch.actor == "human" and touch.actor_rule != "confirmed_by_click":
            message = message_of[touch.email_id]
            found[message.user_id].append((touch, message))
    return found


def winner(touches: Touches, conversion: Conversion) -> tuple[Touch, Message] | None:
    """The touch that a conversion is attributed to, looked for among all of its person."""
    return max(
        (
            (touch, message)
            for touch, message in touches.get(conversion.user_id, ())
            if conversion.user_id is not None and 0 <= conversion.at - touch.at < WINDOW_S
        ),
        key=lambda pair: (pair[0].kind == "clicked", pair[0].at, pair[1].sent_at, pair[0].event_id),
        default=None,
    )


@settings(max_examples=4, phases=[Phase.generate])
@given(accounts)
def test_every_conversion_is_there_once_with_its_value_and_the_touch_that_wins(account: Account) -> None:
    with tables(account) as connection:
        rows = connection.execute(
            "SELECT conversion_id, value, email_id, touch, seconds_from_touch FROM mailjet__down_funnel"
        ).fetchall()
        expected, touches = set(), touches_of(account)
        for conversion in each_once(account.conversions):
            won = winner(touches, conversion)
            attributed: tuple[str | int | None, ...] = (None, None, None)
            if won:
                word = {"clicked": "click", "opened": "open"}[won[0].kind]
                attributed = (won[0].email_id, word, int(conversion.at - won[0].at))
            expected.add((conversion.id, conversion.value, *attributed))
        assert len(rows) == len(expected)
        assert not set(rows) ^ expected


@settings(max_examples=2, phases=[Phase.generate])
@given(accounts)
def test_beside_a_campaign_stands_what_its_people_did_before_and_after(account: Account) -> None:
    query = (
        "SELECT campaign_id, conversions_attributed, conversions_before, conversions_after, value_after, messages_known"
        f" FROM ({compiled('mailjet__down_funnel_campaigns')})"
    )
    with tables(account) as connection:
        found = {row[0]: row[1:] for row in connection.execute(query).fetchall()}
    conversions = each_once(account.conversions)
    attributed, touches = Counter[str](), touches_of(account)
    of_person = defaultdict[str | None, list[Conversion]](list)
    for conversion in conversions:
        won = winner(touches, conversion)
        attributed.update([won[1].campaign_id or ""] if won else [])
        of_person[conversion.user_id].append(conversion)
    for campaign in {message.campaign_id or "" for message in account.messages}:
        messages = [message for message in account.messages if (message.campaign_id or "") == campaign]
        before, after = set[Conversion](), set[Conversion]()
        for message in messages:
            for conversion in of_person[message.user_id] if message.user_id else ():
                after_s = conversion.at - message.sent_at
                (before if after_s < 0 else after).update([conversion] if -WINDOW_S <= after_s < WINDOW_S else [])
        value = sum(conversion.value or 0 for conversion in after)
        known = sum(message.user_id is not None for message in messages)
        expected = (attributed[campaign], len(before), len(after), pytest.approx(value), known)
        assert found.pop(campaign) == expected
    assert not found


class Attribution(NamedTuple):
    email_id: str | None
    touch: str | None
    touched_at: datetime | None
    seconds: int | None


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return Sandbox(messages=2_000, planted=True)


@pytest.fixture(scope="module")
def orders(sandbox: Sandbox) -> Sequence[Order]:
    return sandbox.orders()


@pytest.fixture(scope="module")
def found(sandbox: Sandbox, orders: Sequence[Order]) -> dict[str, Attribution]:
    """What the models say of each order of a planted account, which the source has read."""
    with sandbox:
        rows = Reader()(sandbox).records
    with load(rows) as connection:
        load_orders(connection, orders)
        make_models(connection)
        query = "SELECT conversion_id, email_id, touch, touched_at, seconds_from_touch FROM mailjet__down_funnel"
        return {row[0]: Attribution(*row[1:]) for row in connection.execute(query).fetchall()}


def test_every_order_of_a_planted_account_is_there(orders: Sequence[Order], found: dict[str, Attribution]) -> None:
    assert found.keys() == {order.id for order in orders}


def test_nearly_all_orders_of_a_planted_cause_are_found_with_their_message(
    orders: Sequence[Order], found: dict[str, Attribution]
) -> None:
    caused = [order for order in orders if order.cause in ("click", "open")]
    right = [order for order in caused if (order.email_id, order.cause) == found[order.id][:2]]
    assert len(right) >= 0.9 * len(caused) > 30


def test_the_edges_of_the_window_are_where_they_are_said_to_be(
    orders: Sequence[Order], found: dict[str, Attribution]
) -> None:
    seconds = {found[order.id].seconds for order in orders if order.cause == "click"}
    assert {0, WINDOW_S - 1} <= seconds
    assert max(attribution.seconds or 0 for attribution in found.values()) == WINDOW_S - 1


def test_nothing_is_attributed_to_what_software_did(
    sandbox: Sandbox, orders: Sequence[Order], found: dict[str, Attribution]
) -> None:
    """Except for gateways that try a single link, which nobody can tell from a quick person."""
    actors = defaultdict[tuple[str | None, datetime | None], set[str]](set)
    for event in sandbox.truth():
        if event.actor:
            actors[event.email_id, event.at.replace(tzinfo=None)].add(
                "human" if event.plant == "gateway" else event.actor
            )
    attributed = [attribution for attribution in found.values() if attribution.email_id]
    assert all("human" in actors[attribution.email_id, attribution.touched_at] for attribution in attributed)
    after_software = [order for order in orders if order.cause == "after software"]
    assert sum(found[order.id].email_id is None for order in after_software) > 0.7 * len(after_software) > 10
