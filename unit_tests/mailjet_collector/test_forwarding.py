"""Rows reach Segment in order, once, soon; what it cannot take is passed over, and what it refuses now waits."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from event_store.store import Store
from mailjet_collector.config import SegmentConfig, UserIdRule
from mailjet_collector.forwarding import consumer_name
from mailjet_collector.metrics import Metrics
from mailjet_collector.pipeline import IDLE_S
from mailjet_sandbox.exchange import Exchange
from mailjet_sandbox.faults import Fault, after, calling, if_body, status
from mailjet_sandbox.sandbox import Sandbox
from unit_tests.mailjet_collector.posted import ACCOUNT, deliveries, delivery_ids, post_of
from unit_tests.mailjet_collector.stage import LONG_AGO, account_of, all_rows, leading, open_store, wait_for

NOBODY = UserIdRule("none", "", ())


def at_segment(sandbox: Sandbox) -> list[str]:
    return list(sandbox.segment.message_ids)


def is_marked(store: Store, segment: SegmentConfig | None) -> bool:
    assert segment
    return store.consumer(ACCOUNT, consumer_name(segment)).after == store.read(ACCOUNT, None, 10_000).after


def test_a_post_is_at_segment_within_a_second(sandbox: Sandbox, store: Store) -> None:
    account = account_of(sandbox, user_id=NOBODY)
    with leading(store, account) as led:
        store.receive([post_of(deliveries(0, 1))])
        led.wake(ACCOUNT)
        wait_for(lambda: at_segment(sandbox))
        began_s = time.monotonic()
        store.receive([post_of(deliveries(1, 1))])
        led.wake(ACCOUNT)
        wait_for(lambda: len(at_segment(sandbox)) == 2)
        assert time.monotonic() - began_s < 1
    assert at_segment(sandbox) == delivery_ids(0, 2, sandbox)


def sample(metrics: Metrics, name: str) -> float | None:
    return metrics.registry.get_sample_value(f"mailjet_collector_{name}", {"account": ACCOUNT})


class WatchedStore(Store):
    """A store that counts how often a consumer's place is written: each write takes the lock that posts wait for."""

    advances = 0

    def advance(self, *arguments: Any, **options: Any) -> None:
        self.advances += 1
        super().advance(*arguments, **options)


def test_a_leader_with_nothing_to_send_marks_nothing(sandbox: Sandbox, store: Store, sqlite_address: str) -> None:
    account = account_of(sandbox, user_id=NOBODY)
    watched = WatchedStore(sqlite_address)
    with closing(watched), leading(watched, account):
        watched.receive([post_of(deliveries(0, 1))])
        wait_for(lambda: sandbox.segment.accepted and is_marked(watched, account.segment))
        before = watched.advances
        time.sleep(2 * IDLE_S)  # it looks for rows at least once meanwhile
        assert watched.advances == before


def test_the_call_is_the_row(sandbox: Sandbox, store: Store) -> None:
    with leading(store, account_of(sandbox, user_id=NOBODY)):
        store.receive([post_of(deliveries(0, 1, Payload="p", CustomID="c", smtp_reply="250 OK"))])
        wait_for(lambda: at_segment(sandbox))
    (stored,) = all_rows(store)
    call = sandbox.segment.accepted_calls[0].call
    assert (call["event"], call["anonymousId"]) == (stored.row["event_text"], stored.row["anonymous_id"])
    assert call["properties"] == {
        name: stored.row[name] for name in ("email_id", "contact_id", "custom_id", "payload", "smtp_reply")
    }
    assert call["context"]["library"]["name"] == "source-mailjet-segment"
    assert "sentAt" not in call


def test_a_backlog_is_sent_whole_and_marked_to_its_end(sandbox: Sandbox, store: Store) -> None:
    account = account_of(sandbox, user_id=NOBODY)
    for first in range(0, 5_000, 1_000):
        store.receive([post_of(deliveries(first, 1_000))])
    metrics = Metrics()
    with leading(store, account, metrics=metrics):
        wait_for(lambda: len(at_segment(sandbox)) == 5_000, 30)
        wait_for(lambda: is_marked(store, account.segment))
    assert sorted(at_segment(sandbox)) == sorted(delivery_ids(0, 5_000, sandbox))
    assert sandbox.segment.duplicates == 0
    assert sample(metrics, "events_forwarded_total") == 5_000


def test_blocked_messages_are_kept_for_readers_and_not_sent(sandbox: Sandbox, store: Store) -> None:
    account = account_of(sandbox, user_id=NOBODY)
    with leading(store, account):
        store.receive([post_of([deliveries(0, 1, event="blocked", error="user unknown")[0], *deliveries(1, 1)])])
        wait_for(lambda: at_segment(sandbox))
        wait_for(lambda: is_marked(store, account.segment))
    assert at_segment(sandbox) == delivery_ids(1, 1, sandbox)
    assert [stored.stream for stored in all_rows(store)] == ["email_blocked", "email_delivered"]


@pytest.mark.parametrize(
    "fields, kept",
    [
        ({"Payload": "p" * 33_000, "smtp_reply": "250"}, {"smtp_reply": "250"}),
        ({"Payload": "p", "smtp_reply": "2" * 33_000}, {}),
    ],
    ids=["without its payload", "without its SMTP reply too"],
)
def test_a_call_that_is_too_large_goes_without(
    sandbox: Sandbox, store: Store, fields: dict[str, str], kept: dict[str, str]
) -> None:
    with leading(store, account_of(sandbox, user_id=NOBODY)):
        store.receive([post_of(deliveries(0, 1, **fields))])
        wait_for(lambda: at_segment(sandbox))
    properties = sandbox.segment.accepted_calls[0].call["properties"]
    assert {name: properties[name] for name in ("payload", "smtp_reply") if name in properties} == kept
    assert not sandbox.segment.dropped


def test_what_cannot_be_made_small_enough_is_passed_over_and_counted(sandbox: Sandbox, store: Store) -> None:
    account = account_of(sandbox, user_id=NOBODY)
    with leading(store, account):
        store.receive([post_of([*deliveries(0, 1, CustomID="c" * 33_000), *deliveries(1, 1)])])
        wait_for(lambda: at_segment(sandbox))
        wait_for(lambda: is_marked(store, account.segment))
    assert at_segment(sandbox) == delivery_ids(1, 1, sandbox)
    assert store.consumer(ACCOUNT, consumer_name(account.segment)).passed_over == 1  # type: ignore[arg-type]
    assert len(all_rows(store)) == 2


def test_what_segment_refuses_alone_is_passed_over_and_counted(sandbox: Sandbox, store: Store) -> None:
    account = account_of(sandbox, user_id=NOBODY)
    sandbox.set_segment_faults(Fault("batch", if_body(lambda body: b"-1005-" in body, status(400)), times=None))
    metrics = Metrics()
    with leading(store, account, metrics=metrics):
        store.receive([post_of(deliveries(0, 12))])
        wait_for(lambda: len(at_segment(sandbox)) == 11)
        wait_for(lambda: is_marked(store, account.segment))
    assert delivery_ids(5, 1, sandbox)[0] not in at_segment(sandbox)
    for name, count in {"events_forwarded_total": 11, "events_passed_over_total": 1, "lag_seconds_count": 11}.items():
        assert sample(metrics, name) == count
    assert store.consumer(ACCOUNT, consumer_name(account.segment)).passed_over == 1  # type: ignore[arg-type]


def test_what_segment_refuses_beyond_the_place_that_is_marked_is_counted_once(sandbox: Sandbox, store: Store) -> None:
    """It is in a batch that ends a page, and begins another one, whose end comes with a later batch."""

    async def later_batches_wait(exchange: Exchange) -> None:
        body = await exchange.body()
        if b"-2010-" in body:
            await status(400)(exchange)
            return
        if any(number in body for number in (b"-2500-", b"-3900-", b"-5300-")):
            await asyncio.sleep(3)
        await exchange.send(await exchange.handle())

    metrics, account = Metrics(), account_of(sandbox, user_id=NOBODY)
    for first in range(0, 5_000, 1_000):
        store.receive([post_of(deliveries(first, 1_000))])
    sandbox.set_segment_faults(Fault("batch", status(503), times=None))
    with leading(store, account):  # until all events have rows: batches are cut by pages while they wait for rows
        wait_for(lambda: len(all_rows(store)) == 5_000, 30)
    sandbox.set_segment_faults(Fault("batch", later_batches_wait, times=None))
    with leading(store, account, metrics=metrics):
        wait_for(lambda: len(at_segment(sandbox)) == 4_999, 30)
        wait_for(lambda: is_marked(store, account.segment))
    assert [sample(metrics, f"events_{name}_total") for name in ("forwarded", "passed_over")] == [4_999, 1]


def test_a_backlog_waits_while_segment_is_down_and_drains_afterwards(sandbox: Sandbox, store: Store) -> None:
    account = account_of(sandbox, user_id=NOBODY)
    sandbox.set_segment_faults(Fault("batch", status(503), times=None))
    with leading(store, account) as led:
        for first in range(0, 3_000, 500):
            store.receive([post_of(deliveries(first, 500))])
            led.wake(ACCOUNT)
        wait_for(lambda: len(all_rows(store)) == 3_000)
        assert not at_segment(sandbox)
        sandbox.set_segment_faults()
        wait_for(lambda: len(at_segment(sandbox)) == 3_000, 30)
        wait_for(lambda: is_marked(store, account.segment))
    assert sandbox.segment.duplicates == 0


def test_who_was_forgotten_is_not_sent_when_segment_is_back(sandbox: Sandbox, store: Store) -> None:
    account = account_of(sandbox, user_id=NOBODY)
    sandbox.set_segment_faults(Fault("batch", status(503), times=None))
    with leading(store, account):
        store.receive([post_of(deliveries(0, 3))])
        wait_for(lambda: len(all_rows(store)) == 3)
        time.sleep(0.5)  # the batch is on its way
        assert store.forget("P1@example.com", datetime.now(timezone.utc)).events == 1
        time.sleep(2.5)
        sandbox.set_segment_faults()
        wait_for(lambda: at_segment(sandbox))
        wait_for(lambda: is_marked(store, account.segment))
    assert sorted(at_segment(sandbox)) == sorted([*delivery_ids(0, 1, sandbox), *delivery_ids(2, 1, sandbox)])


def test_a_key_that_is_refused_sends_nothing_and_marks_nothing(
    sandbox: Sandbox, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    account = account_of(sandbox, user_id=NOBODY)
    sandbox.set_segment_faults(Fault("batch", status(401), times=2))
    store.receive([post_of(deliveries(0, 3))])
    with leading(store, account):
        wait_for(lambda: at_segment(sandbox))
    assert at_segment(sandbox) == delivery_ids(0, 3, sandbox)
    assert caplog.text.count("refused the request with 401") == 1


def test_events_before_the_first_start_are_not_sent(sandbox: Sandbox, store: Store) -> None:
    segment = SegmentConfig(sandbox.write_key, sandbox.segment_url, None)
    account = account_of(sandbox, user_id=NOBODY, segment=segment)
    later = int(datetime.now(timezone.utc).timestamp()) + 5
    store.receive([post_of([*deliveries(0, 1), *deliveries(1, 1, time=later)])])
    with leading(store, account):
        wait_for(lambda: is_marked(store, segment) and at_segment(sandbox))
    assert at_segment(sandbox) == delivery_ids(1, 1, sandbox)


def test_an_earlier_forward_from_sends_what_lies_between_and_nothing_twice(sandbox: Sandbox, store: Store) -> None:
    def run(since: datetime, count: int) -> None:
        segment = SegmentConfig(sandbox.write_key, sandbox.segment_url, since)
        with leading(store, account_of(sandbox, user_id=NOBODY, segment=segment)):
            wait_for(lambda: len(at_segment(sandbox)) == count)
            wait_for(lambda: is_marked(store, segment))

    begin = datetime.fromtimestamp(1_700_000_000, timezone.utc)
    store.receive([post_of(deliveries(0, 10))])
    run(begin + timedelta(seconds=7), 3)
    store.receive([post_of(deliveries(10, 10))])
    run(begin + timedelta(seconds=2), 18)
    run(LONG_AGO, 20)
    assert sorted(at_segment(sandbox)) == sorted(delivery_ids(0, 20, sandbox))
    assert sandbox.segment.duplicates == 0


def test_retention_keeps_what_segment_has_not_accepted(sandbox: Sandbox, store: Store) -> None:
    account = account_of(sandbox, user_id=NOBODY)
    long_ago = datetime.now(timezone.utc) - timedelta(days=9)
    store.receive([post_of(deliveries(0, 3))._replace(received_at=long_ago)])
    sandbox.set_segment_faults(Fault("batch", status(503), times=None))
    with leading(store, account, retention_s=86_400):
        wait_for(lambda: len(all_rows(store)) == 3)
    assert len(all_rows(store)) == 3
    sandbox.set_segment_faults()
    with leading(store, account):
        wait_for(lambda: is_marked(store, account.segment))
    with leading(store, account, retention_s=86_400):
        wait_for(lambda: not all_rows(store))


def test_a_kill_between_acceptance_and_mark_sends_the_same_ids_again(sandbox: Sandbox, tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'killed.db'}"
    account = account_of(sandbox, user_id=NOBODY)
    store = open_store(address, account)
    store.receive([post_of(deliveries(0, 50))])
    code = "import sys; from unit_tests.mailjet_collector.leader import main; main(*sys.argv[1:])"
    words = [address, sandbox.mailjet_url, sandbox.segment_url]
    process = subprocess.Popen([sys.executable, "-c", code, *words])
    try:
        # Segment has taken the calls, but who sent them is dead before the answer comes.
        kill = calling(lambda: os.kill(process.pid, signal.SIGKILL), status(500))
        sandbox.set_segment_faults(Fault("batch", after(kill)))
        process.wait(20)
    finally:
        process.kill()
        process.wait()
    wait_for(lambda: len(at_segment(sandbox)) == 50)
    assert not is_marked(store, account.segment)
    with leading(store, account):
        wait_for(lambda: is_marked(store, account.segment))
    store.close()
    assert sorted(at_segment(sandbox)) == sorted(delivery_ids(0, 50, sandbox))
    assert sandbox.segment.duplicates == 50
