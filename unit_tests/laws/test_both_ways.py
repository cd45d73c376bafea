"""One account by REST, by webhook and by both: the same events, with the same ids and the same values.

The way of a post is whole: the sandbox posts over HTTP, the collector stores, asks Mailjet who somebody is, sends to
Segment's stand-in and answers the source.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models import AirbyteStateMessage

from mailjet_sandbox.happened import Happened
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.webhook_feed import WebhookSwitches
from mailjet_sandbox.webhook_sender import Patience
from unit_tests.conftest import Reader
from unit_tests.laws.live_account import (
    WITHIN_S,
    LiveAccount,
    found_by_kind,
    free_port,
    wait_for_reading,
    wait_for_rows,
)
from unit_tests.mailjet_collector.process import until

Rows = Mapping[str, Mapping[str, Any]]
"""Rows by the ids of their events."""

OF_SYNC = {"received_at", "sent_at"}
OF_TIME = {"timestamp", "original_timestamp", *OF_SYNC}
OF_WEBHOOKS = {
    *("context_ip", "context_user_agent", "context_location_country", "comment", "complaint_source", "list_id"),
    *("list_name", "smtp_reply", "payload"),
}
OF_REST = {"email_subject", "click_delay_s", "agent_browser", "agent_platform", "is_bot", "is_mobile"}
STREAMS = (
    *("email_delivered", "email_opened", "email_link_clicked"),
    *("email_unsubscribed", "email_bounced", "email_marked_as_spam", "email_blocked"),
)


KINDS = ("delivered", "opened", "clicked", "unsubscribed", "bounced", "spam")
UNREAD = timedelta(seconds=5)
"""What a reading leaves to the next."""
WITH_ODD_LIVES, WITHOUT = {"seed": 8}, {"seed": 10, "hard_cases": False}


@contextmanager
def live_account(folder: Path, **fields: Any) -> Iterator[LiveAccount]:
    with Sandbox(messages=150, days=5, **fields) as sandbox:
        yield LiveAccount(sandbox, folder, free_port())


def rows_by_rest(live: LiveAccount, read: Reader) -> Rows:
    synced = read(live.sandbox, streams=STREAMS)
    assert synced.failed is None
    return {row["id"]: row for rows in synced.records.values() for row in rows}


def rows_by_collector(live: LiveAccount, read: Reader) -> Rows:
    """What the source reads from the collector, each event once."""
    synced = read(live.sandbox, streams=STREAMS, events_from=live.events_from)
    assert synced.failed is None
    rows = [row for rows in synced.records.values() for row in rows]
    by_id = {row["id"]: row for row in rows}
    assert len(rows) == len(by_id)
    return by_id


def ids_of(happened: Iterable[Happened], difference_s: int = 0) -> set[str]:
    """The ids of events whose seconds differ by so much."""
    return {replace(event, at=event.at + timedelta(seconds=difference_s)).id for event in happened}


def assert_apart(happened: Iterable[Happened]) -> None:
    """No opens or clicks of one message are closer than the law asks for."""
    seconds = defaultdict(list)
    for event in happened:
        if event.kind in {"opened", "clicked"}:
            seconds[event.kind, event.email_id, event.link_url].append(event.at)
    gaps = [later - earlier for at in seconds.values() for earlier, later in pairwise(sorted(at))]
    assert min(gaps) >= timedelta(seconds=5)


def assert_same_values(by_webhook: Rows, by_rest: Rows) -> None:
    """What both ways know of an event is equal, but for the columns that the contract names."""
    assert by_webhook.keys() & by_rest.keys()
    for event_id in by_webhook.keys() & by_rest.keys():
        posted, listed = by_webhook[event_id], by_rest[event_id]
        names = (posted.keys() | listed.keys()) - OF_TIME - OF_WEBHOOKS - OF_REST
        assert {name: posted.get(name) for name in names} == {name: listed.get(name) for name in names}
        assert not posted.keys() & OF_REST
        assert not listed.keys() & (OF_WEBHOOKS - {"context_user_agent", "list_id", "list_name"})


@pytest.mark.parametrize(
    ("account", "difference_s"), [(WITH_ODD_LIVES, 0), (WITHOUT, 2), (WITHOUT, -2)], ids=["equal", "later", "earlier"]
)
def test_posts_and_then_rest_bring_the_events_of_rest_once(
    tmp_path: Path, read: Reader, account: dict[str, Any], difference_s: int
) -> None:
    webhooks = WebhookSwitches(difference_s=difference_s)
    with live_account(tmp_path, webhooks=webhooks, **account) as live:
        truth = live.sandbox.truth(with_blocked=True)
        if difference_s:
            assert_apart(truth)
        expected = ids_of(truth, difference_s)
        to_segment = ids_of(live.sandbox.truth(), difference_s)
        by_rest = rows_by_rest(live, read)
        assert by_rest.keys() == ids_of(event for event in truth if not event.beyond_rest)
        with live.collecting() as running:
            assert live.webhooks("register") is None
            live.sandbox.post_webhooks()
            live.wait_for(to_segment)
            wait_for_rows(running)
            by_webhook = rows_by_collector(live, read)
        assert by_webhook.keys() == expected
        assert_same_values(by_webhook, by_rest)
        with live.collecting(completeness_minutes=60) as running:
            wait_for_reading(running)
            assert not any(found_by_kind(running, (*KINDS, "blocked")).values())
            assert rows_by_collector(live, read) == by_webhook
        live.assert_at_segment(to_segment)


@pytest.mark.parametrize(
    ("account", "difference_s"), [(WITH_ODD_LIVES, 0), (WITHOUT, 2), (WITHOUT, -2)], ids=["equal", "later", "earlier"]
)
def test_rest_and_then_posts_bring_the_events_of_rest_once(
    tmp_path: Path, read: Reader, account: dict[str, Any], difference_s: int
) -> None:
    webhooks = WebhookSwitches(difference_s=difference_s)
    with live_account(tmp_path, webhooks=webhooks, **account) as live:
        by_rest = rows_by_rest(live, read)
        with live.collecting(completeness_minutes=60) as running:
            wait_for_reading(running)
            live.wait_for({event_id for event_id in by_rest if "-blocked-" not in event_id})
            by_reading = rows_by_collector(live, read)
            assert by_reading.keys() == by_rest.keys()
            for event_id, row in by_reading.items():
                assert {**row, **dict.fromkeys(OF_SYNC)} == {**by_rest[event_id], **dict.fromkeys(OF_SYNC)}
            assert live.webhooks("register") is None
            assert live.sandbox.post_webhooks().dropped == 0
            live.wait_for(ids_of(live.sandbox.truth()))
            wait_for_rows(running)
            assert rows_by_collector(live, read).keys() == ids_of(live.sandbox.truth(with_blocked=True))
        live.assert_at_segment(ids_of(live.sandbox.truth()))


def test_posts_that_come_while_the_history_is_read_bring_each_event_once(tmp_path: Path, read: Reader) -> None:
    with live_account(tmp_path, **WITH_ODD_LIVES) as live:
        expected = ids_of(live.sandbox.truth())
        assert live.webhooks("register") is None
        with live.collecting(completeness_minutes=60) as running, following(live, read) as seen:
            live.sandbox.post_webhooks()
            wait_for_reading(running)
            live.wait_for(expected)
            wait_for_rows(running)
            found = found_by_kind(running, KINDS)
        live.assert_at_segment(expected)
        assert sorted(seen) == sorted(ids_of(live.sandbox.truth(with_blocked=True)))
        assert 0 < sum(found.values()) < len(expected), "posts and the reading did not meet"


def test_what_came_while_the_collector_was_off_is_there_after_a_reading(tmp_path: Path, read: Reader) -> None:
    patience = Patience(retry_s=0.02, give_up_s=0.05, timeout_s=5)
    with live_account(tmp_path, webhooks=WebhookSwitches(patience=patience), **WITH_ODD_LIVES) as live:
        sandbox, last = live.sandbox, live.sandbox.now
        off, on = last - timedelta(hours=40), last - timedelta(hours=28)
        sandbox.now = off
        with following(live, read) as seen:
            with live.collecting():
                assert live.webhooks("register") is None
                sandbox.post_webhooks(until=off)
                live.wait_for(ids_of(sandbox.truth(until=off)))
            sandbox.now = on
            assert sandbox.post_webhooks(off, on).dropped > 0
            lost = ids_of(event for event in sandbox.truth(off, on) if event.beyond_rest)
            missing = [event for event in sandbox.truth(off, on - UNREAD) if event.id not in lost]
            with live.collecting(completeness_minutes=60) as running:
                wait_for_reading(running)
                live.wait_for(ids_of(sandbox.truth(until=on - UNREAD)) - lost)
                assert found_by_kind(running, KINDS) == {
                    kind: len({event.id for event in missing if event.kind == kind}) for kind in KINDS
                }
                assert "has suspended the address of" in str(live.webhooks("status"))
                assert live.webhooks("register") is None
                sandbox.now = last
                assert sandbox.post_webhooks(on).answers[200] > 0
                live.wait_for(ids_of(sandbox.truth(on)))
            with live.collecting(completeness_minutes=60) as running:
                wait_for_reading(running)
                expected = ids_of(sandbox.truth()) - lost
                live.wait_for(expected)
                with_blocked = ids_of(sandbox.truth(with_blocked=True)) - lost
                until(lambda: with_blocked <= set(seen), WITHIN_S)  # the reader, too, before the collector ends
        live.assert_at_segment(expected)
        assert sorted(seen) == sorted(with_blocked)


@contextmanager
def following(live: LiveAccount, read: Reader) -> Iterator[list[str]]:
    """The ids that a reader gets, which goes on from its states again and again, whatever becomes of the collector."""
    seen: list[str] = []
    ended = threading.Event()

    def follow() -> None:
        states: list[AirbyteStateMessage] = []
        is_last = False
        while not is_last:
            is_last = ended.wait(0.2)
            synced = read(live.sandbox, states, STREAMS, events_from=live.events_from)
            seen.extend(row["id"] for rows in synced.records.values() for row in rows)
            states = list({state_of(state): state for state in (*states, *synced.state)}.values())

    def state_of(message: AirbyteStateMessage) -> str:
        assert message.stream
        return str(message.stream.stream_descriptor.name)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(follow)
        try:
            yield seen
        finally:
            ended.set()
            done.result()
